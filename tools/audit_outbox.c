/* What is kept of a bucket beside its customers: the sizes of segments, and events in doubt. */
#include "../consumer/outgoing.h"
#include "../consumer/save_call.h"
#include "audit_run.h"
#include "controlling.h"
#include "obek/clock.h"
#include "obek/fields.h"
#include "obek/interrupt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DROPS_MS 3000 /* obek drops them about once a second */
#define PAUSE_MS 200

/* ---- sizes ---- */

static void hold_size(struct audit *audit, int64_t bucket, const redisReply *found, struct slice field, int64_t wanted) {
    struct arena *arena = &audit->holder.arena;
    struct slice there = audit_field(found, field), number = arena_number(arena, wanted);
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
        bool unknown = wanted->model == NULL && memchr(field.data, '@', field.len) != NULL;
        if (!unknown && !is_wanted(wanted, field))
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

/* Whoever was killed is a member of the group until their session ends. */
static int64_t patience_ms(const struct audit *audit) {
    char session[24] = "";
    size_t size = sizeof session;
    rd_kafka_conf_get(rd_kafka_conf(kafka_in_handle(audit->logs.in)), "session.timeout.ms", session, &size);
    return DROPS_MS + strtoll(session, NULL, 10);
}

static void tell_left(struct audit *audit, const struct leftover *left) {
    struct arena *arena = &audit->holder.arena;
    audit_tell_bucket(
        audit, left->bucket, arena_join(arena, "outbox ", left->field).data, NULL,
        arena_printf(arena, "an entry that should be gone: offsets up to %" PRId64 " are committed", left->committed));
}

bool leftovers_hold(struct audit *audit, struct error *error) {
    const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };
    int64_t until_ms = monotonic_ms() + patience_ms(audit);
    bool runs = true;
    while (audit->n_leftovers > 0 && runs && monotonic_ms() < until_ms) {
        nanosleep(&pause, NULL);
        if (!keep_left(audit, error) || !controlling_members(audit->logs.look, audit->config, &runs, error) ||
            !interrupt_check(error))
            return false;
    }
    for (size_t i = 0; runs && i < audit->n_leftovers; i++)
        tell_left(audit, &audit->leftovers[i]);
    if (!runs && audit->n_leftovers > 0)
        fprintf(stderr,
                "obek audit: %zu events in the outboxes are committed; obek, which does not run, drops them when it starts\n",
                audit->n_leftovers);
    return true;
}
