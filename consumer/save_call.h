/* One call of the save script: a bucket's records in [mark, m), or just marks (design, section 5 "Save"). */
#ifndef OBEK_SAVE_CALL_H
#define OBEK_SAVE_CALL_H

#include "batch.h"
#include "drops.h"
#include "models.h"
#include "store.h"
#include "worth.h"

#define CALL_CUSTOMERS_MAX 100
#define CALL_RECORDS_MAX 500
#define REVISION_BYTES 8

struct call_customer {
    struct cached_customer *cached;
    struct slice expected; /* revision: 8 bytes, or none: Redis must have no such customer */
    struct slice record;   /* new; length 0: stays as it is, but must be what it was */
    bool absent;           /* of a tick: there is no such customer, who must not be in the index either */
    bool due_changed;
    struct slice score; /* when due_changed */
    bool gone;          /* from the index of due times: a tombstone */
    bool profile_changed;
    size_t n_profile;      /* pairs; 0: the profile goes */
    struct slice *profile; /* field, text, ... */
    uint32_t first, last;  /* its records: a chain through save_call.next */
};

struct call_source {
    struct source *source;
    int64_t expected, next, watermark;
};

struct call_size {
    struct slice field;
    int64_t customers, value;
};

struct save_call {
    struct share *share;            /* NULL: marks only */
    const struct save_call *before; /* of the same share in the same round */
    uint16_t bucket;
    uint32_t from, to; /* of the share's records */
    uint64_t stamp;
    uint32_t *next;                     /* by place in the share - from: the same customer's next record */
    const struct model_in_force *model; /* expected; NULL: any */
    const struct model_in_force *new_model;
    const struct tick *tick;  /* the bucket must have reached its `after`; NULL: none */
    struct slice found_model; /* answered `model`: what the bucket has in force; data NULL: not answered so */
    size_t n_customers, n_sources, n_sizes, n_drops, n_profiles;
    struct call_customer *customers;
    struct call_source *sources;
    struct call_size *sizes;
};

/* Adds to the sizes: a customer enters (sign 1) or leaves (-1) the segments. `worth` is as evaluated with the call's model. */
void save_call_sizes(struct save_call *call, struct arena *arena, const struct scheme_state *schemes, uint8_t n_schemes,
                     const struct worth *worth, int sign);
/* Appends the call to the store's pipeline; scratch is overwritten. Takes the bucket's drops along. */
void save_call_append(struct save_call *call, struct store *store, const struct batch *batch, const struct drops *drops,
                      struct arena *scratch);

#endif
