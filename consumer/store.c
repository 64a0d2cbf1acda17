#include "store.h"
#include "obek/customer.h"

#include "claim_lua.h"
#include "save_lua.h"

#include <inttypes.h>
#include <stdlib.h>

struct store *store_new(const struct config *config, struct error *error) {
    struct redis *redis = redis_new(config->redis_url, error);
    if (redis == NULL)
        return NULL;
    struct store *store = xcalloc(1, sizeof *store);
    *store = (struct store){ .redis = redis,
                             .prefix = config->redis_prefix,
                             .buckets = config->buckets,
                             .ledger_orders = config->ledger_orders,
                             .save = redis_script(redis, save_lua),
                             .claim = redis_script(redis, claim_lua) };
    return store;
}

void store_free(struct store *store) {
    if (store == NULL)
        return;
    redis_free(store->redis);
    free(store);
}

struct slice store_key(const struct store *store, struct arena *arena, int64_t bucket, const char *kind) {
    return arena_printf(arena, "%s:{%" PRId64 "}:%s", store->prefix, bucket, kind);
}

static struct slice key_with_id(const struct store *store, struct arena *arena, int64_t bucket, const char *kind,
                                struct slice id) {
    struct slice head = arena_printf(arena, "%s:{%" PRId64 "}:%s:", store->prefix, bucket, kind);
    char *key = arena_alloc(arena, head.len + id.len);
    memcpy(key, head.data, head.len);
    memcpy(key + head.len, id.data, id.len);
    return (struct slice){ key, head.len + id.len };
}

struct slice store_customer_key(const struct store *store, struct arena *arena, int64_t bucket, struct slice id) {
    return key_with_id(store, arena, bucket, "customer", id);
}

struct slice store_profile_key(const struct store *store, struct arena *arena, int64_t bucket, struct slice id) {
    return key_with_id(store, arena, bucket, "profile", id);
}

struct slice store_name(const struct store *store, struct arena *arena, const char *kind) {
    return arena_printf(arena, "%s:%s", store->prefix, kind);
}
