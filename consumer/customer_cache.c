#include "customer_cache.h"
#include "obek/buffer.h"

#include <stdlib.h>

struct customer_cache {
    size_t n, customers_max;
    size_t n_slots; /* a power of two */
    struct cached_customer **slots;
    struct cached_customer *newest, *oldest;
};

struct customer_cache *customer_cache_new(size_t customers_max) {
    struct customer_cache *cache = xcalloc(1, sizeof *cache);
    cache->customers_max = customers_max;
    cache->n_slots = 1024;
    while (cache->n_slots < customers_max)
        cache->n_slots *= 2;
    cache->slots = xcalloc(cache->n_slots, sizeof *cache->slots);
    return cache;
}

static struct cached_customer **slot_of(struct customer_cache *cache, uint64_t hash) {
    return &cache->slots[(hash ^ hash >> 29) & (cache->n_slots - 1)];
}

static void unlink_age(struct customer_cache *cache, struct cached_customer *customer) {
    *(customer->newer != NULL ? &customer->newer->older : &cache->newest) = customer->older;
    *(customer->older != NULL ? &customer->older->newer : &cache->oldest) = customer->newer;
}

static void link_newest(struct customer_cache *cache, struct cached_customer *customer) {
    customer->newer = NULL;
    customer->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = customer;
    cache->newest = customer;
}

static void forget(struct customer_cache *cache, struct cached_customer *customer) {
    struct cached_customer **at = slot_of(cache, customer->hash);
    while (*at != customer)
        at = &(*at)->next_in_slot;
    *at = customer->next_in_slot;
    unlink_age(cache, customer);
    cache->n--;
    free(customer->record);
    free(customer);
}

struct cached_customer *customer_cache_get(struct customer_cache *cache, struct slice id, uint64_t hash, uint16_t bucket) {
    struct cached_customer **slot = slot_of(cache, hash);
    for (struct cached_customer *customer = *slot; customer != NULL; customer = customer->next_in_slot)
        if (customer->hash == hash && slice_equal(customer->id, id)) {
            if (cache->newest != customer) {
                unlink_age(cache, customer);
                link_newest(cache, customer);
            }
            return customer;
        }
    struct cached_customer *customer = xmalloc(sizeof *customer + id.len);
    char *copy = (char *)(customer + 1);
    memcpy(copy, id.data, id.len);
    *customer = (struct cached_customer){ .id = { copy, id.len }, .hash = hash, .bucket = bucket, .next_in_slot = *slot };
    *slot = customer;
    link_newest(cache, customer);
    cache->n++;
    return customer;
}

void cached_customer_set(struct cached_customer *customer, struct slice record) {
    if (customer->record_capacity < record.len) {
        customer->record_capacity = (uint32_t)(record.len + 32);
        customer->record = xrealloc(customer->record, customer->record_capacity);
    }
    if (record.len > 0)
        memcpy(customer->record, record.data, record.len);
    customer->record_len = (uint32_t)record.len;
    customer->known = true;
}

void customer_cache_trim(struct customer_cache *cache) {
    while (cache->n > cache->customers_max)
        forget(cache, cache->oldest);
}

void customer_cache_clear(struct customer_cache *cache) {
    while (cache->oldest != NULL)
        forget(cache, cache->oldest);
}

void customer_cache_free(struct customer_cache *cache) {
    if (cache == NULL)
        return;
    customer_cache_clear(cache);
    free(cache->slots);
    free(cache);
}
