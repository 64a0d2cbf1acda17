/* Small shared things beside the buckets: the watermarks of sources and the cache of model files (design, section 5). */
#include "obek/fields.h"
#include "store.h"

#include <inttypes.h>
#include <stdio.h>

bool store_notes_write(struct store *store, const struct sources *sources, struct error *error) {
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
        struct slice mark = mark_text(&arena, source->position, source->watermark, fingerprint);
        int64_t reached = source->waits_at != TIME_NONE ? source->waits_at : source->watermark;
        call[3 + 2 * i] = reached == TIME_NONE ? mark.data : arena_printf(&arena, "%s %" PRId64, mark.data, reached).data;
    }
    redis_append_text(store->redis, (int)(2 + 2 * sources->n), call);
    arena_free(&arena);
    return redis_execute(store->redis, error);
}

static bool read_note(struct source_note *note, struct slice text) {
    struct slice fields[4], print[2];
    note->watermark = note->reached = TIME_NONE;
    bool reached = fields_split(text, ' ', fields, 4);
    return (reached ? field_int64(fields[3], &note->reached) : fields_split(text, ' ', fields, 3)) &&
           field_int64(fields[0], &note->position) && (slice_is(fields[1], "-") || field_int64(fields[1], &note->watermark)) &&
           fields_split(fields[2], '@', print, 2) && field_hex(print[0], &note->fingerprint) &&
           field_int64(print[1], &note->fingerprint_offset);
}

bool store_notes_read(struct store *store, const char *const *names, size_t n, struct source_note *notes, bool *found,
                      struct error *error) {
    if (n == 0)
        return true;
    struct arena arena = { 0 };
    const char **call = arena_alloc(&arena, (2 + n) * sizeof *call);
    call[0] = "HMGET";
    call[1] = store_name(store, &arena, "watermarks").data;
    memcpy(&call[2], names, n * sizeof *call);
    redis_append_text(store->redis, (int)(2 + n), call);
    arena_free(&arena);
    if (!redis_execute(store->redis, error))
        return false;
    const redisReply *reply = redis_answer(store->redis, 0);
    for (size_t i = 0; i < n; i++) {
        const redisReply *text = reply->element[i];
        found[i] = text->type == REDIS_REPLY_STRING;
        if (found[i] && !read_note(&notes[i], (struct slice){ text->str, text->len }))
            return error_set(error, "%s:watermarks is damaged at %s", store->prefix, names[i]);
    }
    return true;
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
