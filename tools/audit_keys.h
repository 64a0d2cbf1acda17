/* All keys under obek's prefix: whose they are, and which should not be there. */
#ifndef OBEK_AUDIT_KEYS_H
#define OBEK_AUDIT_KEYS_H

#include "../consumer/store.h"
#include "audit_book.h"
#include "audit_findings.h"
#include "obek/buffer.h"

/* Customers whom the book does not know, by bucket. */
struct strangers {
    struct stranger {
        uint16_t bucket;
        struct slice id;
    } * items;
    size_t n, capacity;
    struct arena memory;
};

void strangers_add(struct strangers *strangers, uint16_t bucket, struct slice id);
void strangers_free(struct strangers *strangers);

/* Walks through the keys (SCAN, which holds the server up for no longer than a moment). Tells of keys that obek does not make, of
   those that stand in the wrong bucket, and of models in the cache that are not what their name says; gathers the strangers. */
bool keys_scan(struct store *store, const struct book *book, struct strangers *strangers, struct findings *findings,
               struct error *error);

#endif
