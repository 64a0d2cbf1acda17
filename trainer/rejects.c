#include "rejects.h"
#include "obek/printing.h"

#include <inttypes.h>

void rejects_head(FILE *out) {
    fputs("line,column,value,reason\n", out);
}

static void write_row(FILE *out, uint32_t line, const char *column, const char *value, const char *reason) {
    fprintf(out, "%" PRIu32 ",", line);
    print_csv_data(out, slice_of(column == NULL ? "" : column));
    fputc(',', out);
    print_csv_data(out, slice_of(value == NULL ? "" : value));
    fputc(',', out);
    print_csv_data(out, slice_of(reason));
    fputc('\n', out);
}

bool rejects_add(struct rejects *rejects, uint32_t line, const char *column, const char *value, const char *reason,
                 struct error *error) {
    struct reject reject = { .line = line };
    if (column != NULL)
        snprintf(reject.text, sizeof reject.text, "column '%.80s': %.200s", column, reason);
    else
        snprintf(reject.text, sizeof reject.text, "%.280s", reason);
    if (!rejects->skip)
        return error_set(error, "%s", reject.text);
    if (rejects->n < REJECTS_SHOWN)
        rejects->first[rejects->n] = reject;
    rejects->n++;
    if (rejects->out != NULL)
        write_row(rejects->out, line, column, value, reason);
    return true;
}

bool rejects_add_later(struct rejects *rejects, uint32_t line, const char *column, const char *reason, struct error *error) {
    return rejects_add(rejects, line, column, NULL, reason, error) || error_context(error, "%s:%" PRIu32, rejects->path, line);
}

void rejects_tell(const struct rejects *rejects, FILE *out) {
    if (rejects->n == 0)
        return;
    fprintf(out, "%" PRIu64 " lines of %s were wrong and are left out%s\n", rejects->n, rejects->path,
            rejects->n > REJECTS_SHOWN ? "; the first of them:" : ":");
    for (uint64_t i = 0; i < rejects->n && i < REJECTS_SHOWN; i++) {
        fprintf(out, "  line %" PRIu32 ": ", rejects->first[i].line);
        print_text(out, slice_of(rejects->first[i].text));
        fputc('\n', out);
    }
}
