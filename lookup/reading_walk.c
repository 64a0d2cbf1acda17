/* A walk through the index: the `due` sorted set of a bucket has every customer of it in it (design, section 5). */
#include "obek/state_record.h"
#include "reading.h"

#include <stdio.h>
#include <stdlib.h>

#define SCAN_COUNT "1000"
#define CUSTOMERS_A_CALL 500

struct reading_ids {
    struct slice *items;
    size_t n, capacity;
    struct arena memory;
};

static void ids_add(struct reading_ids *ids, struct slice id) {
    if (ids->n == ids->capacity) {
        ids->capacity = ids->capacity == 0 ? 256 : ids->capacity * 2;
        ids->items = xrealloc(ids->items, ids->capacity * sizeof *ids->items);
    }
    ids->items[ids->n++] = arena_copy(&ids->memory, id);
}

static void ids_free(struct reading_ids *ids) {
    free(ids->items);
    arena_free(&ids->memory);
}

static int by_bytes(const void *left, const void *right) {
    const struct slice *a = left, *b = right;
    int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* ZSCAN may give a member twice. */
static void sort_and_unite(struct reading_ids *ids) {
    if (ids->n == 0)
        return;
    qsort(ids->items, ids->n, sizeof *ids->items, by_bytes);
    size_t kept = 1;
    for (size_t i = 1; i < ids->n; i++)
        if (!slice_equal(ids->items[i], ids->items[kept - 1]))
            ids->items[kept++] = ids->items[i];
    ids->n = kept;
}

/* ZSCAN gives every member that is there from beginning to end, whatever score it has meanwhile; paging by score would miss
   those who move. It never holds the server up for long. */
static bool read_ids(struct reading *reading, int64_t bucket, struct reading_ids *ids, struct error *error) {
    char cursor[24] = "0";
    struct slice key = store_key(reading->store, &ids->memory, bucket, "due");
    do {
        const char *call[] = { "ZSCAN", key.data, cursor, "COUNT", SCAN_COUNT };
        redis_append_text(reading->store->redis, 5, call);
        if (!redis_execute(reading->store->redis, error))
            return false;
        const redisReply *reply = redis_answer(reading->store->redis, 0);
        snprintf(cursor, sizeof cursor, "%s", reply->element[0]->str);
        const redisReply *members = reply->element[1];
        for (size_t i = 0; i + 1 < members->elements; i += 2)
            ids_add(ids, (struct slice){ members->element[i]->str, members->element[i]->len });
    } while (strcmp(cursor, "0") != 0);
    sort_and_unite(ids);
    return true;
}

/* False: the visitor has enough. */
static bool visit_one(struct reading *reading, struct reading_walk *walk, struct slice id, const redisReply *reply,
                      struct customer *customer) {
    struct error error;
    if (reply->type != REDIS_REPLY_STRING) /* erased meanwhile */
        return true;
    struct slice record = { reply->str, reply->len };
    if (state_record_read(customer, record, (uint16_t)reading->store->ledger_orders, &error) == STATE_OK)
        return walk->visit(walk->context, id, customer);
    if (!walk->silent)
        fprintf(stderr, "customer %.*s: %s\n", (int)id.len, id.data, error.text);
    walk->damaged++;
    return true;
}

static bool visit_some(struct reading *reading, struct reading_walk *walk, int64_t bucket, const struct slice *ids, size_t n,
                       bool *enough, struct error *error) {
    struct arena arena = { 0 };
    const char **call = arena_alloc(&arena, (n + 1) * sizeof *call);
    size_t *lengths = arena_alloc(&arena, (n + 1) * sizeof *lengths);
    call[0] = "MGET";
    lengths[0] = 4;
    for (size_t i = 0; i < n; i++) {
        struct slice key = store_customer_key(reading->store, &arena, bucket, ids[i]);
        call[i + 1] = key.data;
        lengths[i + 1] = key.len;
    }
    redis_append(reading->store->redis, (int)n + 1, call, lengths);
    bool ok = redis_execute(reading->store->redis, error);
    struct customer *customer = arena_alloc(&arena, sizeof *customer);
    for (size_t i = 0; ok && !*enough && i < n; i++)
        *enough = !visit_one(reading, walk, ids[i], redis_answer(reading->store->redis, 0)->element[i], customer);
    arena_free(&arena);
    return ok;
}

static bool next_bucket(struct reading *reading, struct reading_cursor *cursor, struct error *error) {
    cursor->ids = xcalloc(1, sizeof *cursor->ids);
    cursor->next = 0;
    return read_ids(reading, cursor->bucket, cursor->ids, error);
}

static void leave_bucket(struct reading_cursor *cursor) {
    reading_cursor_free(cursor);
    cursor->bucket++;
}

bool reading_some(struct reading *reading, struct reading_cursor *cursor, struct reading_walk *walk, bool *more,
                  struct error *error) {
    bool enough = false;
    *more = cursor->bucket < reading->store->buckets;
    if (!*more)
        return true;
    if (cursor->ids == NULL && !next_bucket(reading, cursor, error))
        return false;
    size_t left = cursor->ids->n - cursor->next, n = left < CUSTOMERS_A_CALL ? left : CUSTOMERS_A_CALL;
    if (n > 0 && !visit_some(reading, walk, cursor->bucket, cursor->ids->items + cursor->next, n, &enough, error))
        return false;
    cursor->next += n;
    if (n == left)
        leave_bucket(cursor);
    *more = !enough && cursor->bucket < reading->store->buckets;
    return true;
}

void reading_cursor_free(struct reading_cursor *cursor) {
    if (cursor->ids != NULL) {
        ids_free(cursor->ids);
        free(cursor->ids);
    }
    cursor->ids = NULL;
}

bool reading_all(struct reading *reading, struct reading_walk *walk, struct error *error) {
    struct reading_cursor cursor = { 0 };
    bool more = true, ok = true;
    while (ok && more)
        ok = reading_some(reading, &cursor, walk, &more, error);
    reading_cursor_free(&cursor);
    return ok;
}
