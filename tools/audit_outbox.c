/* What is kept of a bucket beside its customers: the sizes of segments, and events in doubt. */
#include "../consumer/outgoing.h"
#include "../consumer/save_call.h"
#include "audit_run.h"
#include "obek/clock.h"
#include "obek/fields.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define PATIENCE_MS 3000 /* obek drops them about once a second */
#define PAUSE_MS 200

/* ---- sizes ---- */

static struct slice number_in(const redisReply *hash, struct slice field) {
    for (size_t i = 0; i + 1 < hash->elements; i += 2)
        if (slice_equal((struct slice){ hash->element[i]->str, hash->element[i]->len }, field))
            return audit_text(hash->element[i + 1]);
    return (struct slice){ NULL, 0 };
}

static void hold_size(struct audit *audit, int64_t bucket, const redisReply *found, struct slice field, int64_t wanted) {
    struct arena *arena = &audit->holder.arena;
    struct slice there = number_in(found, field), number = arena_number(arena, wanted);
    if (!slice_equal(there, number) && !(wanted == 0 && there.data == NULL))
        audit_tell_bucket(audit, bucket, arena_join(arena, "sizes ", field).data, number.data, there);
}

static bool is_wanted(const struct save_call *wanted, struct slice field) {
    for (size_t i = 0; i < wanted->n_sizes; i++) {
        struct slice name = wanted->sizes[i].field;
        struct slice rest = { field.data + name.len, field.len < name.len ? 0 : field.len - name.len };
        if (field.len >= name.len && memcmp(field.data, name.data, name.len) == 0 && (rest.len == 0 || slice_is(rest, "/value")))
            return true;
    }
    return false;
}

void sizes_hold(struct audit *audit, int64_t bucket, const struct save_call *wanted, const redisReply *found) {
    struct arena *arena = &audit->holder.arena;
    for (size_t i = 0; i < wanted->n_sizes; i++) {
        const struct call_size *size = &wanted->sizes[i];
        hold_size(audit, bucket, found, size->field, size->customers);
        hold_size(audit, bucket, found, arena_printf(arena, "%s/value", size->field.data), size->value);
    }
    for (size_t i = 0; i + 1 < found->elements; i += 2) {
        struct slice field = { found->element[i]->str, found->element[i]->len };
        if (!is_wanted(wanted, field))
            audit_tell_bucket(audit, bucket, arena_join(arena, "sizes ", field).data, NULL, audit_text(found->element[i + 1]));
    }
}

/* ---- the outbox ---- */

/* "<source>/<offset>/<n>" */
static bool parse_field(const struct audit *audit, struct slice field, long *source, int64_t *offset) {
    const char *last = memrchr(field.data, '/', field.len);
    const char *middle = last == NULL ? NULL : memrchr(field.data, '/', (size_t)(last - field.data));
    int64_t n;
    if (middle == NULL)
        return false;
    *source = logs_find(&audit->logs, (struct slice){ field.data, (size_t)(middle - field.data) });
    return *source >= 0 && field_int64((struct slice){ middle + 1, (size_t)(last - middle - 1) }, offset) &&
           field_int64((struct slice){ last + 1, field.len - (size_t)(last + 1 - field.data) }, &n);
}

static void add_leftover(struct audit *audit, int64_t bucket, struct slice field, int64_t committed) {
    audit->leftovers = xrealloc(audit->leftovers, (audit->n_leftovers + 1) * sizeof *audit->leftovers);
    audit->leftovers[audit->n_leftovers++] = (struct leftover){ (uint16_t)bucket, arena_copy(&audit->arena, field), committed };
}

static void hold_entry(struct audit *audit, int64_t bucket, struct slice field, struct slice value, const redisReply *marks) {
    struct outgoing_view view;
    struct error error;
    struct arena *arena = &audit->holder.arena;
    const char *name = arena_join(arena, "outbox ", field).data;
    long source;
    int64_t offset;
    if (!parse_field(audit, field, &source, &offset)) {
        audit_tell_bucket(audit, bucket, name, NULL, slice_of("an entry of no source"));
        return;
    }
    int64_t next = marks_of(audit, marks, (size_t)source).next, committed = audit->logs.sources[source].committed;
    if (value.data == NULL || !outgoing_read(&view, value, &error))
        audit_tell_bucket(audit, bucket, name, "an event or a dead letter",
                          slice_of(value.data == NULL ? "no text" : error.text));
    else if (offset >= next)
        audit_tell_bucket(audit, bucket, name, NULL, arena_printf(arena, "an entry at or past the mark, %" PRId64, next));
    else if (offset < committed)
        add_leftover(audit, bucket, field, committed);
}

void outbox_hold(struct audit *audit, int64_t bucket, const redisReply *outbox, const redisReply *marks) {
    for (size_t i = 0; i + 1 < outbox->elements; i += 2)
        hold_entry(audit, bucket, (struct slice){ outbox->element[i]->str, outbox->element[i]->len },
                   audit_text(outbox->element[i + 1]), marks);
}

/* Those that are there still. */
static bool keep_left(struct audit *audit, struct error *error) {
    struct store *store = audit->reading.store;
    struct arena arena = { 0 };
    for (size_t i = 0; i < audit->n_leftovers; i++) {
        struct slice key = store_key(store, &arena, audit->leftovers[i].bucket, "outbox"), field = audit->leftovers[i].field;
        redis_append(store->redis, 3, (const char *[]){ "HEXISTS", key.data, field.data }, (size_t[]){ 7, key.len, field.len });
    }
    arena_free(&arena);
    if (!redis_execute(store->redis, error))
        return false;
    size_t left = 0;
    for (size_t i = 0; i < audit->n_leftovers; i++)
        if (redis_answer(store->redis, i)->integer == 1)
            audit->leftovers[left++] = audit->leftovers[i];
    audit->n_leftovers = left;
    return true;
}

bool leftovers_hold(struct audit *audit, struct error *error) {
    const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };
    for (int64_t since_ms = monotonic_ms(); audit->n_leftovers > 0 && monotonic_ms() - since_ms < PATIENCE_MS;) {
        nanosleep(&pause, NULL);
        if (!keep_left(audit, error))
            return false;
    }
    for (size_t i = 0; i < audit->n_leftovers; i++) {
        const struct leftover *left = &audit->leftovers[i];
        struct arena *arena = &audit->holder.arena;
        audit_tell_bucket(
            audit, left->bucket, arena_join(arena, "outbox ", left->field).data, NULL,
            arena_printf(arena, "an entry that should be gone: offsets up to %" PRId64 " are committed", left->committed));
    }
    return true;
}
