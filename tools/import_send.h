/* Ledgers -> import records in the control topic, paced, and only of customers who do not have them yet. */
#ifndef OBEK_IMPORT_SEND_H
#define OBEK_IMPORT_SEND_H

#include "controlling.h"
#include "import_rows.h"
#include "obek/control_record.h"

struct import_job {
    const struct config *config;
    struct kafka_look *look;
    struct store *store; /* NULL: obek never ran, nobody has anything */
    struct import_terms terms;
    double rate; /* customers a second */
    int64_t limit_ms;
    bool progress;
};

struct import_outcome {
    uint64_t customers, known; /* sent; had it already (imported or erased up to there) */
    uint64_t records;
    bool runs, through; /* obek runs; it has lived through all of it */
};

/* Sends everything, and waits until obek has lived through it, where it runs. */
bool import_send(struct import_rows *rows, const struct import_job *job, struct import_outcome *outcome, struct error *error);

#endif
