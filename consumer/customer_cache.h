/* A bounded cache of saved customer records, by id (design, section 9). The revision makes it safe: a record that another
   instance changed is found out by the save script and dropped here. */
#ifndef OBEK_CUSTOMER_CACHE_H
#define OBEK_CUSTOMER_CACHE_H

#include "obek/slice.h"

#include <stdint.h>

struct cached_customer {
    struct slice id;
    uint64_t hash;
    uint16_t bucket;
    bool known;          /* the record is what Redis held when it was loaded or what we saved last */
    uint64_t call;       /* the save call it was last put into */
    uint32_t index;      /* its place in that call */
    uint32_t record_len; /* 0: Redis has no such customer */
    uint32_t record_capacity;
    char *record; /* packed; begins with the revision */
    struct cached_customer *next_in_slot;
    struct cached_customer *newer, *older;
};

struct customer_cache;
struct customer_cache *customer_cache_new(size_t customers_max);
void customer_cache_free(struct customer_cache *cache);
/* The entry of the id, made when missing (known = false). It is the newest afterwards. */
struct cached_customer *customer_cache_get(struct customer_cache *cache, struct slice id, uint64_t hash, uint16_t bucket);
void cached_customer_set(struct cached_customer *customer, struct slice record);
/* Forgets the oldest beyond the bound; call between batches, when nobody holds an entry. */
void customer_cache_trim(struct customer_cache *cache);
void customer_cache_clear(struct customer_cache *cache);

#endif
