#include "audit_findings.h"
#include "obek/printing.h"
#include "text_json.h"

#include <stdio.h>

static void write_json(const struct finding *finding) {
    json_t *line = json_pack("{s:s, s:s}", "type", finding->undecided ? "undecided" : "difference", "kind", finding->kind);
    text_json_set(line, "place", finding->place);
    json_object_set_new(line, "field", json_string(finding->field));
    json_object_set_new(line, "expected", finding->wanted == NULL ? json_null() : json_string(finding->wanted));
    text_json_set(line, "found", finding->found);
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

static void write_text(const struct finding *finding) {
    printf("%s ", finding->kind);
    print_text(stdout, finding->place);
    printf(": %s: expected %s, found ", finding->field, finding->wanted == NULL ? "none" : finding->wanted);
    print_text(stdout, finding->found.data == NULL ? slice_of("none") : finding->found);
    puts(finding->undecided ? " (undecided: it depends on the order in which its sources were read)" : "");
}

void finding_tell(struct findings *findings, const struct finding *finding) {
    if (finding->undecided)
        findings->undecided++;
    else
        findings->differences++;
    if (!findings->silent)
        (findings->as_json ? write_json : write_text)(finding);
}
