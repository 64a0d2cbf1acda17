#include "store_due.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NEVER_SCORE INT64_C(4503599627370496) /* 2^52: beyond any due time, exact in a double */

int64_t due_score(const struct customer *customer, struct slice id) {
    if (customer->due != TIME_NEVER)
        return customer->due;
    return NEVER_SCORE + (int64_t)(order_hash(id) & (uint64_t)(NEVER_SCORE - 1));
}

static void score_text(int64_t score, char *out, size_t size) {
    if (score == INT64_MIN || score == INT64_MAX)
        snprintf(out, size, "%s", score == INT64_MIN ? "-inf" : "+inf");
    else
        snprintf(out, size, "%" PRId64, score);
}

static void append_range(struct store *store, int64_t bucket, const struct due_place *from, const struct due_place *to,
                         size_t limit) {
    struct arena arena = { 0 };
    char low[32], high[32], count[32];
    score_text(from->score, low, sizeof low);
    score_text(to->score, high, sizeof high);
    snprintf(count, sizeof count, "%zu", limit);
    const char *call[] = {
        "ZRANGEBYSCORE", store_key(store, &arena, bucket, "due").data, low, high, "WITHSCORES", "LIMIT", "0", count
    };
    redis_append_text(store->redis, limit == 0 ? 5 : 8, call);
    arena_free(&arena);
}

static void add_entry(struct due_entries *entries, struct arena *arena, const struct due_entry *entry) {
    if (entries->n == entries->capacity) {
        size_t capacity = entries->capacity == 0 ? 64 : 2 * entries->capacity;
        struct due_entry *items = arena_alloc(arena, capacity * sizeof *items);
        if (entries->n > 0)
            memcpy(items, entries->items, entries->n * sizeof *items);
        entries->items = items;
        entries->capacity = capacity;
    }
    entries->items[entries->n] = *entry;
    entries->items[entries->n++].place.id = arena_copy(arena, entry->place.id);
}

/* The elements of (from, to]. False: all of a full answer lie at or before `from` (a crowd with one score): ask for more. */
static bool take_range(const redisReply *reply, uint16_t bucket, const struct due_place *from, const struct due_place *to,
                       size_t limit, struct arena *arena, struct due_entries *entries) {
    size_t before = entries->n;
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        const redisReply *id = reply->element[i], *score = reply->element[i + 1];
        struct due_entry entry = { .bucket = bucket, .place = { .id = { id->str, id->len } } };
        entry.place.score = strtoll(score->str, NULL, 10);
        if (due_place_compare(&entry.place, from) > 0 && due_place_compare(&entry.place, to) <= 0)
            add_entry(entries, arena, &entry);
    }
    bool cut = limit > 0 && reply->elements >= 2 * limit;
    if (cut && entries->n > before)
        entries->items[entries->n - 1].more = true;
    return !cut || entries->n > before;
}

/* Asks the buckets of the list; those that must be asked for more are its new content. */
static bool read_round(struct store *store, struct arena *arena, uint16_t *buckets, size_t *n_buckets,
                       const struct due_place *from, const struct due_place *to, size_t limit, struct due_entries *entries,
                       struct error *error) {
    for (size_t i = 0; i < *n_buckets; i++)
        append_range(store, buckets[i], from, to, limit);
    if (*n_buckets > 0 && !redis_execute(store->redis, error))
        return false;
    size_t more = 0;
    for (size_t i = 0; i < *n_buckets; i++)
        if (!take_range(redis_answer(store->redis, i), buckets[i], from, to, limit, arena, entries))
            buckets[more++] = buckets[i];
    *n_buckets = more;
    return true;
}

bool store_due_read(struct store *store, struct arena *arena, const bool *of_bucket, const struct due_place *from,
                    const struct due_place *to, size_t limit, struct due_entries *entries, struct error *error) {
    uint16_t *buckets = arena_alloc(arena, (size_t)store->buckets * sizeof *buckets);
    size_t n = 0;
    for (int64_t b = 0; b < store->buckets; b++)
        if (of_bucket == NULL || of_bucket[b])
            buckets[n++] = (uint16_t)b;
    *entries = (struct due_entries){ 0 };
    do {
        if (!read_round(store, arena, buckets, &n, from, to, limit, entries, error))
            return false;
        limit *= 4;
    } while (n > 0);
    return true;
}

bool store_due_count(struct store *store, uint64_t *n, struct error *error) {
    struct arena arena = { 0 };
    for (int64_t b = 0; b < store->buckets; b++) {
        const char *call[] = { "ZCARD", store_key(store, &arena, b, "due").data };
        redis_append_text(store->redis, 2, call);
    }
    arena_free(&arena);
    if (!redis_execute(store->redis, error))
        return false;
    *n = 0;
    for (int64_t b = 0; b < store->buckets; b++)
        *n += (uint64_t)redis_answer(store->redis, (size_t)b)->integer;
    return true;
}
