/* What `obek redrive` found, counted: by topic, by the reason they died of, and by what becomes of them. */
#ifndef OBEK_REDRIVE_REPORT_H
#define OBEK_REDRIVE_REPORT_H

#include "redrive_judge.h"

#include <stdint.h>

struct report_row {
    char *topic, *reason; /* of the dead letter */
    enum fate fate;
    const char *why; /* FATE_STAYS; static */
    int64_t count;
    char *example; /* of the message: what it died of, or why it stays */
};
struct report {
    struct report_row *rows;
    size_t n, capacity;
    int64_t goes, stays, skipped;
};

void report_add(struct report *report, const struct dead_letter *dead, const struct verdict *verdict);
void report_free(struct report *report);
void report_print(const struct report *report, bool as_json);

#endif
