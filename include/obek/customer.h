/* A customer's state and the one function that changes it (design, section 3). Pure: time is an argument. */
#ifndef OBEK_CUSTOMER_H
#define OBEK_CUSTOMER_H

#include "obek/due.h"
#include "obek/ledger.h"
#include "obek/model.h"
#include "obek/scheme.h"

#define CUSTOMER_HISTORY_MAX 8

/* The numbers are stored: never renumber. */
enum cause {
    CAUSE_ORDER = 0,
    CAUSE_CANCELLATION = 1,
    CAUSE_RETURN = 2,
    CAUSE_TIME = 3,
    CAUSE_MODEL = 4,
    CAUSE_IMPORT = 5,
    CAUSE_ERASE = 6,
};

struct scheme_state {
    struct name scheme;
    struct name segment; /* length 0: in none */
    int64_t since;       /* ms; when the customer came into the segment (or left the last one) */
    double margin;       /* at the last evaluation */
};

struct past_transition {
    struct name scheme, from, to;
    enum cause cause;
    int64_t occurred_at;
};

struct customer {
    uint64_t revision; /* of the saved record; 0: never saved */
    uint64_t sequence; /* events published about the customer */
    int64_t as_of;     /* ms; the latest time at which the customer was evaluated; TIME_NONE: never */
    int64_t due;       /* ms; the earliest due time of all schemes; TIME_NEVER */
    int64_t model;     /* number of the model evaluated with; -1: none yet */
    /* Order records that occurred at or before these are duplicates; TIME_NONE: there was none. */
    int64_t imported_until, erased_at;
    struct ledger ledger;
    uint8_t n_schemes;
    struct scheme_state schemes[MODEL_SCHEMES_MAX];
    uint8_t n_history;
    struct past_transition history[CUSTOMER_HISTORY_MAX]; /* oldest first */
};

/* Everything an event says that is not about its carrier. */
struct transition {
    struct name scheme, from, to; /* from length 0: entry; to length 0: leaving */
    enum cause cause;
    int64_t occurred_at;
    uint64_t sequence;
    int64_t previous_since; /* TIME_NONE on entry */
    int n_values;           /* 0 on leaving */
    struct scheme_value values[SCHEME_VALUES_MAX];
    double margin; /* NAN on leaving */
    struct name runner_up;
    int64_t next_change_at; /* TIME_NEVER */
    struct name next_segment;
};

struct transitions { /* grows; owned by the caller; transitions_free() */
    struct transition *items;
    size_t n, capacity;
};

void transitions_clear(struct transitions *transitions);
void transitions_free(struct transitions *transitions);

void customer_init(struct customer *customer, uint16_t ledger_capacity);

/* One step for an order record. `watermark` is W: the greatest occurred_at of the earlier accepted records of its partition
   (TIME_NONE: none). now = max(occurred_at, as_of, W). Appends the transitions in the order of their sequence: MODEL, TIME,
   then the record's own. Anything but LEDGER_APPLIED leaves customer and transitions untouched. */
enum ledger_verdict customer_step(struct customer *customer, const struct model *model, const struct order *order,
                                  int64_t watermark, struct transitions *transitions);

/* A tick reaches the customer: MODEL first if another model is in force, then the TIME transitions due at or before `up_to`,
   each at its own due time. as_of becomes the last due time lived through; where nothing changed at a due time (a timer that
   fired early), only the due time is computed anew. */
void customer_live_until(struct customer *customer, const struct model *model, int64_t up_to, struct transitions *transitions);

/* Where a history led to in a scheme. */
struct came_to {
    struct name scheme, segment;
};

/* What an import says of a customer (design, section 8; issue "import"). */
struct import {
    const struct ledger *ledger; /* no order in it is later than `until`, and nothing waits */
    int64_t until;               /* ms: all that occurred until then is in the ledger */
    int64_t time;                /* ms: evaluated no earlier; TIME_NONE */
    bool publish;                /* false: what the import changes is neither numbered nor told */
    int n_came_to;
    const struct came_to *came_to; /* whoever is in no segment of these schemes is evaluated as coming from there */
};
/* The customer's ledger up to import->until becomes the import's (see ledger_import). First they live through what is due, as in
   a step; then every scheme is evaluated at max(as_of, until, time), cause IMPORT. LEDGER_DUPLICATE: imported or erased up to
   there before; like any other verdict but LEDGER_APPLIED it leaves everything untouched. */
enum ledger_verdict customer_import(struct customer *customer, const struct model *model, const struct import *import,
                                    struct transitions *transitions);

/* Forgets the customer's orders up to `at`, and their history. First they live through what is due; then they leave their
   segments at max(as_of, at), cause ERASE (unless orders remain that occurred later: then they are evaluated with those). What
   stays is a tombstone: sequence, as_of, erased_at. LEDGER_DUPLICATE: erased up to there before; nothing is changed. */
enum ledger_verdict customer_erase(struct customer *customer, const struct model *model, int64_t at,
                                   struct transitions *transitions);
/* Nothing is left but what turns old orders away. */
static inline bool customer_is_tombstone(const struct customer *customer) {
    return customer->erased_at != TIME_NONE && ledger_is_empty(&customer->ledger);
}

/* MODEL alone: under another model than the one last evaluated with, every scheme is evaluated at max(as_of, T). */
void customer_reevaluate(struct customer *customer, const struct model *model, struct transitions *transitions);

#endif
