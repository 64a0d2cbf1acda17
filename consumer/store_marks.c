/* Marks of sources in all buckets: looked at, and claimed (design, section 6 "On assignment"). */
#include "obek/failpoint.h"
#include "store.h"

#include <stdlib.h>

static struct slice reply_slice(const redisReply *reply) {
    return reply->type == REDIS_REPLY_STRING ? (struct slice){ reply->str, reply->len } : (struct slice){ "", 0 };
}

static bool read_mark(struct mark *mark, const redisReply *reply, int64_t bucket, const struct source *source,
                      struct error *error) {
    struct slice text = reply_slice(reply);
    if (text.len == 0) {
        *mark = (struct mark){ .next = OFFSET_NONE, .watermark = TIME_NONE };
        return true;
    }
    if (!mark_parse(mark, text))
        return error_set(error, "bucket %lld: the mark of %s is damaged: '%.*s'", (long long)bucket, source->name, (int)text.len,
                         text.data);
    return true;
}

bool store_look(struct store *store, const struct sources *sources, struct arena *arena, struct bucket_marks *marks,
                struct error *error) {
    size_t n = sources->n + 4;
    const char **call = arena_alloc(arena, n * sizeof *call);
    call[0] = "HMGET";
    call[2] = "incarnation";
    call[3] = "model";
    for (size_t i = 0; i < sources->n; i++)
        call[i + 4] = sources->items[i].name;
    for (int64_t b = 0; b < store->buckets; b++) {
        call[1] = store_key(store, arena, b, "marks").data;
        redis_append_text(store->redis, (int)n, call);
    }
    if (!redis_execute(store->redis, error))
        return false;
    for (int64_t b = 0; b < store->buckets; b++) {
        redisReply *const *fields = redis_answer(store->redis, (size_t)b)->element;
        struct slice incarnation = reply_slice(fields[0]);
        marks[b] = (struct bucket_marks){ .has_incarnation = incarnation.len > 0,
                                          .same_incarnation = slice_is(incarnation, store->incarnation),
                                          .model = arena_copy(arena, reply_slice(fields[1])),
                                          .marks = arena_alloc(arena, (sources->n + 1) * sizeof(struct mark)) };
        for (size_t i = 0; i < sources->n; i++) {
            struct error damage;
            if (read_mark(&marks[b].marks[i], fields[i + 2], b, &sources->items[i], &damage))
                continue;
            marks[b].marks[i] = (struct mark){ .next = OFFSET_NONE, .watermark = TIME_NONE };
            marks[b].damage = arena_printf(arena, "%s", damage.text).data;
        }
    }
    return true;
}

static void append_claim(struct store *store, const struct sources *sources, struct arena *arena, int64_t bucket,
                         const struct bucket_marks *marks) {
    size_t n = 4 + 4 * sources->n;
    struct slice *arguments = arena_alloc(arena, n * sizeof *arguments);
    arguments[0] = store_key(store, arena, bucket, "marks");
    arguments[1] = store_key(store, arena, bucket, "outbox");
    arguments[2] = slice_of(store->incarnation);
    arguments[3] = arena_printf(arena, "%zu", sources->n);
    for (size_t i = 0; i < sources->n; i++) {
        const struct source *source = &sources->items[i];
        struct slice *at = arguments + 4 + 4 * i;
        at[0] = slice_of(source->name);
        at[1] = slice_of(marks->marks[i].owner);
        at[2] = slice_of(source->owner);
        at[3] = arena_printf(arena, "%lld", (long long)source->first_offset);
    }
    redis_append_script(store->redis, store->claim, 2, n, arguments);
}

/* "<source>/<offset>/<n>" */
static bool keep_entry(struct source *source, int64_t bucket, struct slice field, struct slice value) {
    size_t prefix = strlen(source->name);
    if (field.len < prefix + 4 || memcmp(field.data, source->name, prefix) != 0 || field.data[prefix] != '/')
        return false;
    char *end;
    struct outbox_entry entry = { .offset = strtoll(field.data + prefix + 1, &end, 10), .bucket = (uint16_t)bucket };
    if (*end != '/')
        return false;
    entry.n = (int)strtol(end + 1, NULL, 10);
    entry.field = field;
    entry.value = value;
    source_add_outbox(source, &entry);
    return true;
}

static bool keep_outbox(struct sources *sources, const redisReply *entries, int64_t bucket, struct error *error) {
    for (size_t k = 0; k + 1 < entries->elements; k += 2) {
        struct slice field = reply_slice(entries->element[k]), value = reply_slice(entries->element[k + 1]);
        bool kept = false;
        for (size_t i = 0; i < sources->n && !kept; i++)
            kept = keep_entry(&sources->items[i], bucket, field, value);
        if (!kept)
            return error_set(error, "bucket %lld: outbox entry '%.*s' is damaged", (long long)bucket, (int)field.len, field.data);
    }
    return true;
}

static enum claim_result read_claim(struct sources *sources, struct arena *arena, int64_t bucket, const redisReply *reply,
                                    struct bucket_marks *marks, struct error *error) {
    struct slice word = reply_slice(reply->element[0]);
    if (slice_is(word, "owner"))
        return CLAIM_OTHER_OWNER;
    if (!slice_is(word, "ok")) {
        error_set(error, "bucket %lld changed its incarnation while it was being claimed", (long long)bucket);
        return CLAIM_FAILED;
    }
    marks->model = arena_copy(arena, reply_slice(reply->element[1]));
    for (size_t i = 0; i < sources->n; i++) {
        if (!read_mark(&marks->marks[i], reply->element[i + 2], bucket, &sources->items[i], error))
            return CLAIM_FAILED;
        sources->items[i].marks[bucket] = marks->marks[i].next;
    }
    return keep_outbox(sources, reply->element[sources->n + 2], bucket, error) ? CLAIM_OK : CLAIM_FAILED;
}

enum claim_result store_claim(struct store *store, struct sources *sources, struct arena *arena, struct bucket_marks *marks,
                              struct error *error) {
    for (size_t i = 0; i < sources->n; i++)
        sources->items[i].n_outbox = 0;
    for (int64_t b = 0; b < store->buckets; b++) {
        append_claim(store, sources, arena, b, &marks[b]);
        if (b == store->buckets / 2)
            FAILPOINT_AFTER("mid-claim", redis_execute(store->redis, error));
    }
    if (!redis_execute(store->redis, error))
        return CLAIM_FAILED;
    for (int64_t b = 0; b < store->buckets; b++) {
        enum claim_result result = read_claim(sources, arena, b, redis_answer(store->redis, (size_t)b), &marks[b], error);
        if (result != CLAIM_OK)
            return result;
    }
    for (size_t i = 0; i < sources->n; i++)
        source_sort_outbox(&sources->items[i]);
    return CLAIM_OK;
}
