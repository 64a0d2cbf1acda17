/* The ledger of one customer's orders (design, section 3): a ring of the newest orders and a base of what fell out.
   Records about at most `capacity` distinct order ids give the same ledger (to the byte) in any order of arrival. */
#ifndef OBEK_LEDGER_H
#define OBEK_LEDGER_H

#include "obek/order.h"

#define LEDGER_ORDERS_DEFAULT 32
#define LEDGER_ORDERS_MAX 128
#define LEDGER_WAITING_MAX 8 /* cancellations and returns that came before their order */
#define LEDGER_RETURNS_MAX 8 /* returns of one order */
#define LEDGER_BASE_CATEGORIES_MAX 16

#define TIME_NONE INT64_MIN /* no such instant; also "minus infinity" */
#define TIME_NEVER INT64_MAX

struct ledger_entry {
    uint64_t id_hash;
    int64_t time;     /* ms; 0 while waiting */
    int64_t amount;   /* minor units; 0 while waiting */
    int64_t returned; /* minor units, at most amount; while waiting: the sum so far, uncapped */
    bool whole;       /* some return takes all of it back */
    bool voided;      /* cancelled */
    bool offline;
    uint8_t n_returns;
    uint8_t n_categories;
    uint64_t returns[LEDGER_RETURNS_MAX]; /* ascending */
    uint32_t categories[ORDER_CATEGORIES_MAX];
};

/* One side of the base: orders that fell out of the ring and were live. */
struct ledger_side {
    int64_t orders;
    int64_t value;    /* minor units, net of returns */
    int64_t first_at; /* ms; TIME_NONE when orders == 0 */
    int64_t last_at;
};

struct ledger_category {
    uint32_t code;
    int64_t last_at;
};

struct ledger_base {
    int64_t fallen; /* entries that fell out, voided ones included */
    struct ledger_side online, offline;
    uint8_t n_categories; /* the newest LEDGER_BASE_CATEGORIES_MAX by (last_at, code), ascending by code */
    struct ledger_category categories[LEDGER_BASE_CATEGORIES_MAX];
};

struct ledger {
    uint16_t capacity;  /* ledger.orders: 1..LEDGER_ORDERS_MAX */
    uint16_t n_orders;  /* ring: live and voided orders, ascending by (time, id_hash) */
    uint16_t n_waiting; /* placeholders, ascending by id_hash; never pushed out */
    struct ledger_base base;
    struct ledger_entry orders[LEDGER_ORDERS_MAX];
    struct ledger_entry waiting[LEDGER_WAITING_MAX];
};

enum ledger_verdict {
    LEDGER_APPLIED,
    LEDGER_DUPLICATE,        /* already known: nothing was changed */
    LEDGER_UNKNOWN_ORDER,    /* bad record: "order not in the ledger" */
    LEDGER_TOO_MANY_WAITING, /* bad record: more than 8 orders are waited for */
    LEDGER_TOO_MANY_RETURNS, /* bad record: a ninth return of one order */
    LEDGER_OVERFLOW,         /* bad record: the customer's value would not fit */
    LEDGER_TIME_RANGE,       /* bad record: occurred_at outside ORDER_TIME_MIN..ORDER_TIME_MAX (decoding refuses it before) */
    LEDGER_INSEPARABLE,      /* an import: what it should replace, or leave out, is summed up in a base with what it should not */
};

/* What all features are made of; one pass over base and live ring entries. */
struct ledger_summary {
    struct ledger_side online, offline;
    int64_t first_at, last_at; /* ms; TIME_NONE without a live order */
};

void ledger_init(struct ledger *ledger, uint16_t capacity);
/* What ledger_apply would answer; changes nothing. */
enum ledger_verdict ledger_check(const struct ledger *ledger, const struct order *order);
/* Applies the record, or leaves the ledger untouched and says why. */
enum ledger_verdict ledger_apply(struct ledger *ledger, const struct order *order);
/* Does the ring or a placeholder know the order? */
bool ledger_knows(const struct ledger *ledger, uint64_t order_hash);

/* An import says all there is up to `until` (design, section 8: it sets a ledger, it never adds): what the ledger has of orders
   up to then gives way to `imported`, whose orders all lie there; its later orders stay, and what waits for an imported order is
   applied to it. Of `imported` nothing at or before `erased_at` is taken (TIME_NONE: nothing was erased). LEDGER_APPLIED, or the
   ledger is untouched: LEDGER_INSEPARABLE, LEDGER_OVERFLOW. */
enum ledger_verdict ledger_import(struct ledger *ledger, const struct ledger *imported, int64_t until, int64_t erased_at);
/* Forgets all but the ring's orders that occurred after `at`. */
void ledger_erase(struct ledger *ledger, int64_t at);
static inline bool ledger_is_empty(const struct ledger *ledger) {
    return ledger->n_orders == 0 && ledger->n_waiting == 0 && ledger->base.fallen == 0;
}

struct ledger_summary ledger_summarise(const struct ledger *ledger);
static inline int64_t summary_orders(const struct ledger_summary *s) {
    return s->online.orders + s->offline.orders;
}
static inline int64_t summary_value(const struct ledger_summary *s) {
    return s->online.value + s->offline.value;
}
/* The verdict in words, as a dead letter gives it. */
const char *ledger_verdict_text(enum ledger_verdict verdict);

#endif
