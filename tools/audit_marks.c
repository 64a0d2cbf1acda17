#include "audit_run.h"

#include <inttypes.h>
#include <stdio.h>

struct slice audit_text(const redisReply *reply) {
    return reply->type == REDIS_REPLY_STRING ? (struct slice){ reply->str, reply->len } : (struct slice){ NULL, 0 };
}

void audit_tell_bucket(struct audit *audit, int64_t bucket, const char *field, const char *wanted, struct slice found) {
    char number[24];
    snprintf(number, sizeof number, "%" PRId64, bucket);
    finding_tell(
        &audit->findings,
        &(struct finding){ .kind = "bucket", .place = slice_of(number), .field = field, .wanted = wanted, .found = found });
}

void audit_tell_source(struct audit *audit, size_t source, const char *field, const char *wanted, struct slice found) {
    finding_tell(&audit->findings, &(struct finding){ .kind = "source",
                                                      .place = slice_of(audit->logs.sources[source].name),
                                                      .field = field,
                                                      .wanted = wanted,
                                                      .found = found });
}

struct slice audit_field(const redisReply *hash, struct slice field) {
    for (size_t i = 0; i + 1 < hash->elements; i += 2)
        if (slice_equal((struct slice){ hash->element[i]->str, hash->element[i]->len }, field))
            return audit_text(hash->element[i + 1]);
    return (struct slice){ NULL, 0 };
}

struct mark_seen marks_of(const struct audit *audit, const redisReply *marks, size_t source) {
    struct mark mark;
    struct slice text = audit_field(marks, slice_of(audit->logs.sources[source].name));
    if (text.data == NULL || !mark_parse(&mark, text))
        return (struct mark_seen){ 0, TIME_NONE };
    return (struct mark_seen){ mark.next, mark.watermark };
}

/* A source's mark, or nothing that should be among the marks. */
static void read_mark(struct audit *audit, int64_t bucket, struct slice field, struct slice text) {
    struct mark mark;
    char name[300];
    snprintf(name, sizeof name, "mark of %.*s", (int)field.len, field.data);
    long source = logs_find(&audit->logs, field);
    if (source < 0)
        audit_tell_bucket(audit, bucket, name, NULL, text);
    else if (!mark_parse(&mark, text))
        audit_tell_bucket(audit, bucket, name, "offset, W, owner", text);
    else {
        struct audit_mark *at = fold_mark(&audit->fold, bucket, (size_t)source);
        at->next = mark.next;
        at->watermark = mark.watermark;
    }
}

static void read_bucket(struct audit *audit, int64_t bucket, const redisReply *hash) {
    const char *incarnation = audit->reading.store->incarnation;
    struct slice found = audit_field(hash, slice_of("incarnation"));
    if (!slice_is(found, incarnation))
        audit_tell_bucket(audit, bucket, "incarnation", incarnation, found);
    for (size_t s = 0; s < audit->logs.n; s++)
        *fold_mark(&audit->fold, bucket, s) = (struct audit_mark){ .watermark = TIME_NONE, .reached = TIME_NONE };
    for (size_t i = 0; i + 1 < hash->elements; i += 2) {
        struct slice field = { hash->element[i]->str, hash->element[i]->len };
        if (!slice_is(field, "incarnation") && !slice_is(field, "model"))
            read_mark(audit, bucket, field, audit_text(hash->element[i + 1]));
    }
    found = audit_field(hash, slice_of("model"));
    audit->models[bucket] = arena_copy(&audit->arena, found.data == NULL ? slice_of("") : found);
}

bool marks_read(struct audit *audit, struct error *error) {
    struct store *store = audit->reading.store;
    struct arena arena = { 0 };
    for (int64_t b = 0; b < store->buckets; b++) {
        const char *call[] = { "HGETALL", store_key(store, &arena, b, "marks").data };
        redis_append_text(store->redis, 2, call);
    }
    arena_free(&arena);
    if (!redis_execute(store->redis, error))
        return false;
    for (int64_t b = 0; b < store->buckets; b++)
        read_bucket(audit, b, redis_answer(store->redis, (size_t)b));
    return true;
}

static const char *watermark_text(struct holder *holder, int64_t ms) {
    return ms == TIME_NONE ? "-" : hold_instant(holder, ms);
}

static void hold_mark(struct audit *audit, int64_t bucket, size_t s) {
    const struct log_source *source = &audit->logs.sources[s];
    const struct audit_mark *mark = fold_mark(&audit->fold, bucket, s);
    struct arena *arena = &audit->holder.arena;
    const char *field = arena_printf(arena, "mark of %s", source->name).data;
    struct slice next = arena_number(arena, mark->next);
    if (mark->next > source->high)
        audit_tell_bucket(audit, bucket, field, arena_printf(arena, "at most %" PRId64 ", the log's end", source->high).data,
                          next);
    else if (mark->behind != OFFSET_NONE)
        audit_tell_bucket(audit, bucket, field,
                          arena_printf(arena, "beyond %" PRId64 ", which is committed and not applied", mark->behind).data, next);
    else if (mark->reached != mark->watermark)
        audit_tell_bucket(audit, bucket, arena_printf(arena, "W of %s", source->name).data,
                          watermark_text(&audit->holder, mark->reached),
                          slice_of(watermark_text(&audit->holder, mark->watermark)));
}

static void hold_model(struct audit *audit, int64_t bucket) {
    const struct model_in_force *wanted = fold_model_at(&audit->fold, fold_mark(&audit->fold, bucket, audit->fold.control)->next);
    struct slice found = audit->models[bucket];
    if (!slice_is(found, wanted == NULL ? "" : wanted->text))
        audit_tell_bucket(audit, bucket, "model in force", wanted == NULL ? NULL : wanted->text,
                          found.len == 0 ? (struct slice){ NULL, 0 } : found);
}

void marks_hold(struct audit *audit) {
    for (int64_t b = 0; b < audit->fold.buckets; b++) {
        for (size_t s = 0; s < audit->logs.n; s++)
            hold_mark(audit, b, s);
        hold_model(audit, b);
        arena_reset(&audit->holder.arena);
    }
    for (size_t s = 0; s < audit->logs.n; s++) {
        const struct log_source *source = &audit->logs.sources[s];
        const char *incarnation = audit->reading.store->incarnation;
        if (source->noted && strcmp(source->note.incarnation, incarnation) != 0)
            audit_tell_source(audit, s, "incarnation of the committed offset", incarnation, slice_of(source->note.incarnation));
    }
}
