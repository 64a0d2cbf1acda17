#include "store.h"
#include "obek/customer.h"
#include "obek/digits.h"

#include "claim_lua.h"
#include "save_lua.h"

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

static char *put(char *at, const char *text, size_t len) {
    memcpy(at, text, len);
    return at + len;
}

/* "<prefix>:{<bucket>}:<kind><id>" */
static struct slice make_key(const struct store *store, struct arena *arena, int64_t bucket, const char *kind, struct slice id) {
    size_t prefix = strlen(store->prefix), kind_len = strlen(kind);
    char *key = arena_alloc(arena, prefix + DIGITS_MAX + kind_len + id.len + 5);
    char *at = put(put(key, store->prefix, prefix), ":{", 2);
    at += digits_write(at, bucket);
    at = put(put(at, "}:", 2), kind, kind_len);
    at = put(at, id.data, id.len);
    *at = '\0';
    return (struct slice){ key, (size_t)(at - key) };
}

struct slice store_key(const struct store *store, struct arena *arena, int64_t bucket, const char *kind) {
    return make_key(store, arena, bucket, kind, (struct slice){ "", 0 });
}

struct slice store_customer_key(const struct store *store, struct arena *arena, int64_t bucket, struct slice id) {
    return make_key(store, arena, bucket, "customer:", id);
}

struct slice store_profile_key(const struct store *store, struct arena *arena, int64_t bucket, struct slice id) {
    return make_key(store, arena, bucket, "profile:", id);
}

struct slice store_name(const struct store *store, struct arena *arena, const char *kind) {
    return arena_printf(arena, "%s:%s", store->prefix, kind);
}
