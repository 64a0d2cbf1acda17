/* Customers picked at random from the index. */
#include "obek/state_record.h"
#include "reading.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CUSTOMERS_A_CALL 200

struct sample {
    struct reading *reading;
    struct arena arena; /* of a call's keys and ids */
    int64_t *up_to;     /* by bucket: the customers up to its end */
    size_t n;           /* picked for this call */
    int64_t buckets[CUSTOMERS_A_CALL];
    struct slice ids[CUSTOMERS_A_CALL];
};

static uint64_t next_random(uint64_t *seed) { /* splitmix64: Steele, Lea, Flood (2014) */
    uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static bool count(struct sample *sample, struct error *error) {
    struct store *store = sample->reading->store;
    sample->up_to = arena_alloc(&sample->arena, (size_t)store->buckets * sizeof *sample->up_to);
    for (int64_t b = 0; b < store->buckets; b++) {
        const char *call[] = { "ZCARD", store_key(store, &sample->arena, b, "due").data };
        redis_append_text(store->redis, 2, call);
    }
    if (!redis_execute(store->redis, error))
        return false;
    for (int64_t b = 0, sum = 0; b < store->buckets; b++)
        sample->up_to[b] = sum += redis_answer(store->redis, (size_t)b)->integer;
    return true;
}

/* Picks the customer of that number, counted through the buckets. */
static void pick(struct sample *sample, int64_t number) {
    struct store *store = sample->reading->store;
    int64_t bucket = 0;
    while (sample->up_to[bucket] <= number)
        bucket++;
    char rank[24];
    snprintf(rank, sizeof rank, "%" PRId64, number - (bucket == 0 ? 0 : sample->up_to[bucket - 1]));
    const char *call[] = { "ZRANGE", store_key(store, &sample->arena, bucket, "due").data, rank, rank };
    redis_append_text(store->redis, 4, call);
    sample->buckets[sample->n++] = bucket;
}

/* The index may have become shorter since it was counted. */
static void take_ids(struct sample *sample) {
    size_t asked = sample->n;
    sample->n = 0;
    for (size_t i = 0; i < asked; i++) {
        const redisReply *reply = redis_answer(sample->reading->store->redis, i);
        if (reply->elements == 0)
            continue;
        struct slice id = { reply->element[0]->str, reply->element[0]->len };
        sample->buckets[sample->n] = sample->buckets[i];
        sample->ids[sample->n++] = arena_copy(&sample->arena, id);
    }
}

static void ask_for_states(struct sample *sample) {
    struct store *store = sample->reading->store;
    for (size_t i = 0; i < sample->n; i++) {
        struct slice key = store_customer_key(store, &sample->arena, sample->buckets[i], sample->ids[i]);
        redis_append(store->redis, 2, (const char *[]){ "GET", key.data }, (size_t[]){ 3, key.len });
    }
}

/* Those erased meanwhile are gone; records that cannot be read are counted. */
static void visit(struct sample *sample, struct reading_walk *walk, struct customer *customer) {
    uint16_t ring = (uint16_t)sample->reading->store->ledger_orders;
    struct error error;
    for (size_t i = 0; i < sample->n; i++) {
        const redisReply *reply = redis_answer(sample->reading->store->redis, i);
        if (reply->type != REDIS_REPLY_STRING)
            continue;
        if (state_record_read(customer, (struct slice){ reply->str, reply->len }, ring, &error) == STATE_OK)
            walk->visit(walk->context, sample->ids[i], customer);
        else
            walk->damaged++;
    }
}

static bool visit_picked(struct sample *sample, struct reading_walk *walk, struct customer *customer, struct error *error) {
    struct redis *redis = sample->reading->store->redis;
    if (!redis_execute(redis, error))
        return false;
    take_ids(sample);
    ask_for_states(sample);
    if (!redis_execute(redis, error))
        return false;
    visit(sample, walk, customer);
    sample->n = 0;
    return true;
}

bool reading_sample(struct reading *reading, uint64_t seed, int64_t n, struct reading_walk *walk, int64_t *customers,
                    struct error *error) {
    struct sample sample = { .reading = reading };
    bool ok = count(&sample, error);
    *customers = ok ? sample.up_to[reading->store->buckets - 1] : 0;
    bool all = *customers <= n;
    int64_t left = all ? *customers : n;
    struct customer *customer = xcalloc(1, sizeof *customer);
    while (ok && left > 0) {
        left--;
        pick(&sample, all ? left : (int64_t)(next_random(&seed) % (uint64_t)*customers));
        if (sample.n == CUSTOMERS_A_CALL || left == 0)
            ok = visit_picked(&sample, walk, customer, error);
    }
    free(customer);
    arena_free(&sample.arena);
    return ok;
}
