/* The fold of `obek audit`: records of the logs, through the core, into the book. Of a customer's state it makes what is a
   function of their records: the ledger, what was imported and erased until when, and for those of one source when they were last
   evaluated. */
#ifndef OBEK_AUDIT_FOLD_H
#define OBEK_AUDIT_FOLD_H

#include "../consumer/models.h"
#include "../consumer/schemas.h"
#include "audit_book.h"
#include "audit_logs.h"
#include "audit_told.h"
#include "obek/control_record.h"
#include "obek/customer.h"
#include "obek/decode.h"
#include "obek/progress.h"

/* A bucket's mark of a source. */
struct audit_mark {
    int64_t next, watermark;
    int64_t reached; /* W there, as the log has it */
    int64_t behind;  /* the first offset that is committed and not applied, of a record for this bucket; OFFSET_NONE */
};

struct fold {
    const struct config *config;
    struct logs *logs;
    struct book book;
    struct schemas *schemas;
    struct decoder *decoder;
    int64_t buckets, ledger_orders;
    size_t control;           /* index of the control topic's source */
    int64_t *from;            /* by bucket, source: folded up to here */
    struct audit_mark *marks; /* by bucket, source: and to here */
    struct mark_order *order; /* by source: its buckets, ascending by mark */
    int64_t *accepted_until;  /* by source: what occurred later was refused, see fold.c */
    struct models models;
    struct model_in_force **in_force; /* one after the other */
    size_t n_in_force;
    struct customer *customer; /* the one under the hand */
    struct telling *telling;   /* NULL: records go into the book */
    struct buffer record;
    struct progress progress;
};

bool fold_init(struct fold *fold, struct logs *logs, struct store *store, struct error *error);
void fold_free(struct fold *fold);

static inline struct audit_mark *fold_mark(const struct fold *fold, int64_t bucket, size_t source) {
    return &fold->marks[(size_t)bucket * fold->logs->n + source];
}

/* Reads the logs from fold->from to fold->marks (and on to what is committed, for what should have been applied), which then is
   where the next call goes on; a bar with this label tells how far it is. `reached` and `behind` are filled. Logs must begin at 0
   and have been looked at. */
bool fold_read(struct fold *fold, const char *label, struct error *error);
/* Reads the same once more, for what it says of some customers; the book stays as it is. */
bool fold_tell(struct fold *fold, struct telling *telling, struct error *error);
/* What the book has of a customer. False: nothing; the customer is then as at the beginning. */
bool fold_customer(const struct fold *fold, struct slice id, struct customer *customer, const struct audited **audited);
/* The model in force in a bucket whose mark of the control topic is `next`; NULL: none. */
const struct model_in_force *fold_model_at(const struct fold *fold, int64_t next);
/* The one that record put in force; NULL: none did. */
const struct model_in_force *fold_model(const struct fold *fold, int64_t number);

#endif
