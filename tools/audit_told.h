/* What records say of one customer. Where that comes from several sources, the order in which obek read those is not known: the
   question is then whether any order gives the ledger that was found (design, section 3). */
#ifndef OBEK_AUDIT_TOLD_H
#define OBEK_AUDIT_TOLD_H

#include "obek/arena.h"
#include "obek/control_record.h"
#include "obek/customer.h"

#define TOLD_SOURCES_MAX 16

/* One record about a customer: an order, an import, or an erasure. */
struct told {
    enum { TOLD_ORDER, TOLD_IMPORT, TOLD_ERASURE } kind;
    uint16_t source;
    struct order order;                 /* its slices say nothing once it is kept */
    const struct import_customer *said; /* TOLD_IMPORT */
    struct import_terms terms;
    int64_t erased_at; /* TOLD_ERASURE */
};

/* What the record does to the customer, by the core. Nothing is evaluated: a ledger is a matter of the records alone. */
enum ledger_verdict told_apply(const struct told *told, struct customer *customer, int64_t watermark);

struct told_customer {
    struct slice id;
    size_t n, capacity;
    struct told *items; /* each source's in the order of its offsets */
};

/* Some customers, about whom everything is kept. */
struct telling {
    size_t n;
    struct told_customer *customers; /* ascending by id, once it is begun */
    struct arena memory;
};

void telling_ask(struct telling *telling, struct slice id); /* each once */
void telling_begin(struct telling *telling);                /* behind the last of them */
void telling_add(struct telling *telling, struct slice id, const struct told *told);
struct told_customer *telling_find(const struct telling *telling, struct slice id);
void telling_free(struct telling *telling);

enum told_answer { TOLD_POSSIBLE, TOLD_IMPOSSIBLE, TOLD_TOO_MANY /* orders to be tried */ };
/* Is there an order of the sources that makes a customer with these records become one for whom `same` is true? */
enum told_answer told_search(const struct told_customer *asked, uint16_t ledger_capacity,
                             bool (*same)(void *context, const struct customer *customer), void *context);

#endif
