/* The index of due times, bucket by bucket (design, section 4). */
#ifndef OBEK_STORE_DUE_H
#define OBEK_STORE_DUE_H

#include "obek/control_record.h"
#include "obek/customer.h"
#include "store.h"

struct due_entry {
    struct due_place place; /* id in the arena */
    uint16_t bucket;
    bool more; /* the bucket may have others behind it: it is the last of an answer that was cut at the limit */
};

struct due_entries { /* in the arena */
    struct due_entry *items;
    size_t n, capacity;
};

/* The score of a customer's entry: their due time; never: beyond all times, spread by the id, so that the set is an index that
   can be walked. */
int64_t due_score(const struct customer *customer, struct slice id);

/* Entries in (from, to], bucket by bucket, each in the order of the index. Of buckets with `from_bucket[b]` false: none (NULL:
   all buckets). limit: at most so many of a bucket; 0: all. */
bool store_due_read(struct store *store, struct arena *arena, const bool *of_bucket, const struct due_place *from,
                    const struct due_place *to, size_t limit, struct due_entries *entries, struct error *error);

/* How many customers there are. */
bool store_due_count(struct store *store, uint64_t *n, struct error *error);

#endif
