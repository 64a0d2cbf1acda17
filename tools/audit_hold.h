/* Holds one customer's keys, as they were at one instant, against the fold and against each other (docs/operations.md). */
#ifndef OBEK_AUDIT_HOLD_H
#define OBEK_AUDIT_HOLD_H

#include "audit_findings.h"
#include "audit_fold.h"

struct pairs { /* field, text, field, text, ... */
    size_t n;
    struct slice *texts;
};

struct snapshot {
    struct slice id;
    int64_t bucket;
    struct slice state; /* data NULL: none */
    struct slice score; /* in the index; data NULL: none */
    struct pairs profile;
    const struct model_in_force *model; /* in force in the bucket */
};

struct holder {
    const struct config *config;
    const struct fold *fold;
    struct findings *findings;
    int decimals;
    struct customer *found, *wanted, *later; /* under the hand */
    struct transitions transitions;
    struct arena arena;
    const struct snapshot *snapshot;
    const struct audited *audited;
    /* Their ledger depends on the order in which sources were read, and is not the fold's: to be settled by hold_told(). */
    void (*undecided)(void *context, const struct snapshot *snapshot);
    void *context;
};

void holder_init(struct holder *holder, const struct config *config, const struct fold *fold, struct findings *findings);
void holder_free(struct holder *holder);

/* Tells what is not as it should be. Returns the customer as found; NULL: none, or their record cannot be read. */
const struct customer *hold_customer(struct holder *holder, const struct snapshot *snapshot);

/* One that was undecided: tells of them if no order of the sources makes their ledger, or if there are too many to say. */
void hold_told(struct holder *holder, const struct snapshot *snapshot, const struct told_customer *told);

/* For its parts: a finding about the customer, with a field made as by printf. */
void hold_tell(struct holder *holder, const char *wanted, const char *found, const char *field, ...)
    __attribute__((format(printf, 4, 5)));
/* Texts of instants and amounts, in the holder's arena; NULL for TIME_NONE. */
const char *hold_instant(struct holder *holder, int64_t ms);
const char *hold_money(struct holder *holder, int64_t minor);
void hold_number(struct holder *holder, int64_t wanted, int64_t found, const char *field);
void hold_time(struct holder *holder, int64_t wanted, int64_t found, const char *field);
/* Against the fold: the ledger. */
void hold_ledger(struct holder *holder, const struct ledger *wanted, const struct ledger *found);
/* Against the model: segments, margins, due time, history. */
void hold_segments(struct holder *holder);

#endif
