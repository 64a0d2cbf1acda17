#include "redrive_report.h"
#include "obek/buffer.h"
#include "obek/printing.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

static bool is_row(const struct report_row *row, struct slice topic, struct slice reason, const struct verdict *verdict) {
    bool same_why = row->why == verdict->why || (row->why != NULL && verdict->why != NULL && strcmp(row->why, verdict->why) == 0);
    return row->fate == verdict->fate && same_why && slice_is(topic, row->topic) && slice_is(reason, row->reason);
}

static struct report_row *row_of(struct report *report, const struct dead_letter *dead, const struct verdict *verdict) {
    struct slice topic = slice_of(dead->origin.topic == NULL ? "" : dead->origin.topic);
    for (size_t i = 0; i < report->n; i++)
        if (is_row(&report->rows[i], topic, dead->reason, verdict))
            return &report->rows[i];
    if (report->n == report->capacity) {
        report->capacity = report->capacity == 0 ? 16 : report->capacity * 2;
        report->rows = xrealloc(report->rows, report->capacity * sizeof *report->rows);
    }
    struct slice example = verdict->fate == FATE_STAYS ? slice_of(verdict->error.text) : dead->message;
    struct report_row *row = &report->rows[report->n++];
    *row = (struct report_row){ .topic = xstrndup(topic.data, topic.len),
                                .reason = xstrndup(dead->reason.data, dead->reason.len),
                                .fate = verdict->fate,
                                .why = verdict->why,
                                .example = xstrndup(example.data, example.len) };
    return row;
}

void report_add(struct report *report, const struct dead_letter *dead, const struct verdict *verdict) {
    row_of(report, dead, verdict)->count++;
    *(verdict->fate == FATE_GOES ? &report->goes : verdict->fate == FATE_STAYS ? &report->stays : &report->skipped) += 1;
}

void report_free(struct report *report) {
    for (size_t i = 0; i < report->n; i++) {
        free(report->rows[i].topic);
        free(report->rows[i].reason);
        free(report->rows[i].example);
    }
    free(report->rows);
    *report = (struct report){ 0 };
}

static const char *const fates[] = { [FATE_GOES] = "goes", [FATE_STAYS] = "stays", [FATE_SKIPPED] = "skipped" };

static void print_table(const struct report *report) {
    if (report->n > 0)
        printf("%8s  %-20s %-20s %-8s %s\n", "COUNT", "TOPIC", "REASON", "NOW", "FOR EXAMPLE");
    for (size_t i = 0; i < report->n; i++) {
        const struct report_row *row = &report->rows[i];
        printf("%8" PRId64 "  ", row->count);
        print_padded(stdout, row->topic[0] == '\0' ? "?" : row->topic, 20);
        printf(" %-20s %-8s ", row->reason[0] == '\0' ? "?" : row->reason, fates[row->fate]);
        if (row->why != NULL && strcmp(row->why, row->reason) != 0)
            printf("%s: ", row->why);
        print_text(stdout, slice_of(row->example));
        printf("\n");
    }
    printf("%" PRId64 " go back, %" PRId64 " stay", report->goes, report->stays);
    if (report->skipped > 0)
        printf(", %" PRId64 " were not asked for", report->skipped);
    printf("\n");
}

/* Headers may hold any bytes. */
static json_t *text_json(const char *text) {
    json_t *json = json_string(text);
    return json != NULL ? json : json_string("(not UTF-8)");
}

static void print_json(const struct report *report) {
    json_t *rows = json_array();
    for (size_t i = 0; i < report->n; i++) {
        const struct report_row *row = &report->rows[i];
        json_array_append_new(rows, json_pack("{s:o, s:o, s:s, s:s?, s:I, s:o}", "topic", text_json(row->topic), "reason",
                                              text_json(row->reason), "now", fates[row->fate], "why", row->why, "count",
                                              (json_int_t)row->count, "example", text_json(row->example)));
    }
    json_t *answer = json_pack("{s:I, s:I, s:I, s:o}", "goes", (json_int_t)report->goes, "stays", (json_int_t)report->stays,
                               "skipped", (json_int_t)report->skipped, "rows", rows);
    json_dumpf(answer, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(answer);
}

void report_print(const struct report *report, bool as_json) {
    (as_json ? print_json : print_table)(report);
}
