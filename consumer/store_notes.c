/* Small shared things beside the buckets: the watermarks of sources and the cache of model files (design, section 5). */
#include "obek/fields.h"
#include "store.h"

#include <inttypes.h>
#include <stdio.h>

bool store_note_write(struct store *store, const struct sources *sources, struct error *error) {
    if (sources->n == 0)
        return true;
    struct arena arena = { 0 };
    const char **call = arena_alloc(&arena, (2 + 2 * sources->n) * sizeof *call);
    call[0] = "HSET";
    call[1] = store_name(store, &arena, "watermarks").data;
    for (size_t i = 0; i < sources->n; i++) {
        const struct source *source = &sources->items[i];
        char fingerprint[40];
        snprintf(fingerprint, sizeof fingerprint, "%012" PRIx64 "@%" PRId64, source->fingerprint, source->fingerprint_offset);
        call[2 + 2 * i] = source->name;
        call[3 + 2 * i] = mark_text(&arena, source->position, source->watermark, fingerprint).data;
    }
    redis_append_text(store->redis, (int)(2 + 2 * sources->n), call);
    arena_free(&arena);
    return redis_execute(store->redis, error);
}

bool store_note_read(struct store *store, const char *source, struct source_note *note, bool *found, struct error *error) {
    struct arena arena = { 0 };
    const char *call[] = { "HGET", store_name(store, &arena, "watermarks").data, source };
    redis_append_text(store->redis, 3, call);
    arena_free(&arena);
    if (!redis_execute(store->redis, error))
        return false;
    const redisReply *reply = redis_answer(store->redis, 0);
    *found = reply->type == REDIS_REPLY_STRING;
    if (!*found)
        return true;
    struct slice fields[3], print[2];
    struct slice text = { reply->str, reply->len };
    note->watermark = TIME_NONE;
    bool ok = fields_split(text, ' ', fields, 3) && field_int64(fields[0], &note->position) &&
              (slice_is(fields[1], "-") || field_int64(fields[1], &note->watermark)) && fields_split(fields[2], '@', print, 2) &&
              field_hex(print[0], &note->fingerprint) && field_int64(print[1], &note->fingerprint_offset);
    return ok || error_set(error, "%s:watermarks is damaged at %s", store->prefix, source);
}

bool store_model_write(struct store *store, const char *sha256, struct slice file, struct error *error) {
    struct arena arena = { 0 };
    struct slice key = arena_printf(&arena, "%s:model:%s", store->prefix, sha256);
    const char *call[] = { "SET", key.data, file.data };
    size_t lengths[] = { 3, key.len, file.len };
    redis_append(store->redis, 3, call, lengths);
    arena_free(&arena);
    return redis_execute(store->redis, error);
}

bool store_model_read(struct store *store, const char *sha256, struct buffer *file, bool *found, struct error *error) {
    struct arena arena = { 0 };
    const char *call[] = { "GET", arena_printf(&arena, "%s:model:%s", store->prefix, sha256).data };
    redis_append_text(store->redis, 2, call);
    arena_free(&arena);
    if (!redis_execute(store->redis, error))
        return false;
    const redisReply *reply = redis_answer(store->redis, 0);
    *found = reply->type == REDIS_REPLY_STRING;
    if (*found)
        buffer_append(file, reply->str, reply->len);
    return true;
}
