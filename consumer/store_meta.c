/* obek:meta and the first start (design, section 6); what the server must be fit for. */
#include "store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BUCKETS_MAX 65536 /* CRC16 tells no more apart */

static struct slice reply_text(const redisReply *reply) {
    if (reply == NULL || reply->type != REDIS_REPLY_STRING)
        return (struct slice){ "", 0 };
    return (struct slice){ reply->str, reply->len };
}

static int64_t reply_number(const redisReply *reply) {
    return reply_text(reply).len == 0 ? 0 : strtoll(reply->str, NULL, 10);
}

bool store_meta_read(struct store *store, struct store_meta *meta, struct error *error) {
    struct arena arena = { 0 };
    const char *call[] = { "HMGET",   store_name(store, &arena, "meta").data,
                           "version", "buckets",
                           "ledger",  "incarnation",
                           "ready",   "rebuild",
                           "evicted", "dead" };
    redis_append_text(store->redis, 10, call);
    arena_free(&arena);
    if (!redis_execute(store->redis, error))
        return false;
    redisReply *const *fields = redis_answer(store->redis, 0)->element;
    *meta = (struct store_meta){ .present = reply_text(fields[3]).len > 0,
                                 .version = reply_number(fields[0]),
                                 .buckets = reply_number(fields[1]),
                                 .ledger_orders = reply_number(fields[2]),
                                 .ready = reply_number(fields[4]) == 1,
                                 .rebuilding = reply_number(fields[5]) == 1,
                                 .evicted_keys = reply_number(fields[6]),
                                 .dead_letters = reply_number(fields[7]) };
    if (!meta->present)
        return true;
    struct slice incarnation = reply_text(fields[3]);
    if (incarnation.len != INCARNATION_LENGTH || meta->buckets < 1 || meta->buckets > BUCKETS_MAX ||
        (meta->buckets & (meta->buckets - 1)) != 0 || meta->ledger_orders < 1 || meta->ledger_orders > LEDGER_ORDERS_MAX)
        return error_set(error, "%s:meta is damaged: not what obek wrote", store->prefix);
    memcpy(meta->incarnation, incarnation.data, INCARNATION_LENGTH);
    return true;
}

void store_adopt(struct store *store, const struct store_meta *meta) {
    store->buckets = meta->buckets;
    store->ledger_orders = meta->ledger_orders;
    memcpy(store->incarnation, meta->incarnation, sizeof store->incarnation);
}

/* Whoever is first decides: HSETNX of the incarnation; sizes are written before it, so that they are there when it is. */
static bool write_meta(struct store *store, int64_t buckets, int64_t ledger_orders, bool rebuild, struct error *error) {
    struct arena arena = { 0 };
    const char *meta = store_name(store, &arena, "meta").data;
    char incarnation[INCARNATION_LENGTH + 1];
    random_hex(incarnation, INCARNATION_LENGTH);
    const char *values[][2] = { { "version", arena_printf(&arena, "%d", STORE_FORMAT_VERSION).data },
                                { "buckets", arena_printf(&arena, "%" PRId64, buckets).data },
                                { "ledger", arena_printf(&arena, "%" PRId64, ledger_orders).data },
                                { "rebuild", rebuild ? "1" : "0" },
                                { "incarnation", incarnation } };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const char *call[] = { "HSETNX", meta, values[i][0], values[i][1] };
        redis_append_text(store->redis, 4, call);
    }
    arena_free(&arena);
    return redis_execute(store->redis, error);
}

bool store_first_start(struct store *store, int64_t buckets, int64_t ledger_orders, bool rebuild, struct error *error) {
    struct store_meta meta;
    if (!write_meta(store, buckets, ledger_orders, rebuild, error) || !store_meta_read(store, &meta, error))
        return false;
    store_adopt(store, &meta);
    struct arena arena = { 0 };
    for (int64_t b = 0; b < store->buckets; b++) {
        const char *call[] = { "HSETNX", store_key(store, &arena, b, "marks").data, "incarnation", store->incarnation };
        redis_append_text(store->redis, 4, call);
    }
    bool ok = redis_execute(store->redis, error);
    if (ok) {
        const char *call[] = { "HSET", store_name(store, &arena, "meta").data, "ready", "1" };
        redis_append_text(store->redis, 4, call);
        ok = redis_execute(store->redis, error);
    }
    arena_free(&arena);
    return ok;
}

bool store_meta_note(struct store *store, const char *field, struct slice value, struct error *error) {
    struct arena arena = { 0 };
    struct slice meta = store_name(store, &arena, "meta");
    const char *call[] = { value.data == NULL ? "HDEL" : "HSET", meta.data, field, value.data };
    size_t lengths[] = { 4, meta.len, strlen(field), value.len };
    redis_append(store->redis, value.data == NULL ? 3 : 4, call, lengths);
    arena_free(&arena);
    return redis_execute(store->redis, error);
}

bool store_meta_get(struct store *store, const char *field, struct arena *arena, struct slice *value, struct error *error) {
    const char *call[] = { "HGET", store_name(store, arena, "meta").data, field };
    redis_append_text(store->redis, 3, call);
    if (!redis_execute(store->redis, error))
        return false;
    *value = arena_copy(arena, reply_text(redis_answer(store->redis, 0)));
    return true;
}

/* "name:value" of an INFO section */
static struct slice info_field(struct slice info, const char *name) {
    size_t len = strlen(name);
    for (const char *at = info.data; (at = memmem(at, info.len - (size_t)(at - info.data), name, len)) != NULL; at += len) {
        size_t rest = info.len - (size_t)(at - info.data) - len;
        if ((at == info.data || at[-1] == '\n') && rest > 0 && at[len] == ':') {
            const char *end = memchr(at + len, '\r', rest);
            return (struct slice){ at + len + 1, end == NULL ? rest - 1 : (size_t)(end - at) - len - 1 };
        }
    }
    return (struct slice){ "", 0 };
}

bool store_policy(struct store *store, int64_t *evicted_keys, bool *noeviction, struct error *error) {
    const char *stats[] = { "INFO", "stats" }, *memory[] = { "INFO", "memory" };
    redis_append_text(store->redis, 2, stats);
    redis_append_text(store->redis, 2, memory);
    if (!redis_execute(store->redis, error))
        return false;
    struct slice evicted = info_field(reply_text(redis_answer(store->redis, 0)), "evicted_keys");
    struct slice policy = info_field(reply_text(redis_answer(store->redis, 1)), "maxmemory_policy");
    *evicted_keys = evicted.len == 0 ? 0 : strtoll(evicted.data, NULL, 10);
    *noeviction = policy.len == 0 || slice_is(policy, "noeviction"); /* a server that hides it cannot be asked */
    return true;
}

bool store_clock(struct store *store, int64_t *wall_ms, struct error *error) {
    const char *time[] = { "TIME" };
    redis_append_text(store->redis, 1, time);
    if (!redis_execute(store->redis, error))
        return false;
    const redisReply *answer = redis_answer(store->redis, 0); /* seconds, microseconds */
    if (answer->type != REDIS_REPLY_ARRAY || answer->elements != 2)
        return error_set(error, "TIME: not the answer that Redis gives");
    *wall_ms = reply_number(answer->element[0]) * 1000 + reply_number(answer->element[1]) / 1000;
    return true;
}
