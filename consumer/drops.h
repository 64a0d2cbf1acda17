/* Outbox entries whose transaction is known to be committed: dropped with the next call of their bucket (design, section 5), and
   with the advance of all buckets about once a second and at the end. */
#ifndef OBEK_DROPS_H
#define OBEK_DROPS_H

#include "obek/slice.h"

#include <stdint.h>

#define DROPS_PER_CALL_MAX 1000

struct drop_list {
    size_t n, capacity;
    char **fields;
};

struct drops {
    int64_t buckets;
    struct drop_list *lists; /* by bucket */
};

void drops_init(struct drops *drops, int64_t buckets);
void drops_free(struct drops *drops);
void drops_add(struct drops *drops, int64_t bucket, struct slice field);
/* The first n of the bucket have been dropped. */
void drops_done(struct drops *drops, int64_t bucket, size_t n);
bool drops_empty(const struct drops *drops);
void drops_clear(struct drops *drops);

#endif
