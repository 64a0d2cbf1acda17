#include "housekeeping.h"
#include "metrics.h"
#include "obek/log.h"

#include <inttypes.h>
#include <stdio.h>

#define HOUSEKEEP_MS 1000
#define ALIGNING_MS 20
#define POLICY_MS 10000

/* The halt stands, whatever is started next, until Redis is restored or emptied. */
static bool halt_at_evicted(struct pipeline *pipeline, int64_t keys) {
    struct error error = { "" };
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, keys);
    if (!store_meta_note(pipeline->store, "evicted", slice_of(text), &error))
        log_event(LOG_LEVEL_WARN, "not_noted", { "what", LOG_S("evicted keys") }, { "error", LOG_S(error.text) });
    return halt_raise(&pipeline->halt, EXIT_HALTED, "redis_evicted",
                      "Redis has evicted %s keys: state is lost; restore Redis, or empty obek's keys and --rebuild", text);
}

/* A user who may not ask for the time goes without. */
static bool look_at_clock(struct pipeline *pipeline) {
    struct error error = { "" };
    int64_t before = wall_ms(), other;
    if (!store_clock(pipeline->store, &other, &error))
        return !redis_is_away(pipeline->store->redis);
    int64_t ahead = clock_ahead_ms(before, other, wall_ms());
    clock_watch_look(&pipeline->clock, ahead, monotonic_ms());
    gauge_set(SERIES(METRIC_CLOCK_AHEAD, NULL), (double)ahead / 1000);
    return true;
}

/* An evicted key is lost state: nothing can be right after that (design, section 6 "Halt"). */
bool housekeep_policy(struct pipeline *pipeline) {
    struct error error = { "" };
    int64_t evicted;
    bool noeviction;
    pipeline->policy_ms = monotonic_ms();
    if (!store_policy(pipeline->store, &evicted, &noeviction, &error)) {
        if (!redis_is_away(pipeline->store->redis))
            log_event(LOG_LEVEL_WARN, "redis_policy_unknown", { "error", LOG_S(error.text) });
        return !redis_is_away(pipeline->store->redis); /* INFO may be forbidden to this user */
    }
    if (!noeviction)
        return halt_raise(&pipeline->halt, EXIT_HALTED, "redis_policy",
                          "Redis has a maxmemory-policy that evicts keys; set maxmemory-policy noeviction");
    if (pipeline->evicted_keys >= 0 && evicted > pipeline->evicted_keys)
        return halt_at_evicted(pipeline, evicted - pipeline->evicted_keys);
    pipeline->evicted_keys = evicted;
    return look_at_clock(pipeline);
}

enum save_result housekeep_now(struct pipeline *pipeline) {
    struct error error = { "" };
    pipeline->housekept_ms = monotonic_ms();
    for (size_t i = 0; i < pipeline->sources.n; i++)
        pipeline->sources.items[i].waits_at = pipeline->alignment.lanes[i].next;
    enum save_result result = saver_advance(&pipeline->saver, &pipeline->sources, NULL);
    if (result == SAVE_DONE && !store_notes_write(pipeline->store, &pipeline->sources, &error))
        result = saver_failed(&pipeline->saver, &error);
    return result;
}

/* A server that was away may have lost its tail. Where records come that shows in the marks by itself; a source that is quiet
   must look (design, section 5: "anything else"). */
static enum save_result look_at_marks(struct pipeline *pipeline) {
    struct store *store = pipeline->store;
    uint64_t connection = redis_connections(store->redis);
    if (connection == pipeline->looked_at)
        return SAVE_DONE;
    struct error error = { "" };
    struct arena arena = { 0 };
    struct bucket_marks *marks = arena_alloc(&arena, (size_t)store->buckets * sizeof *marks);
    enum save_result result =
        store_look(store, &pipeline->sources, &arena, marks, &error) ? SAVE_DONE : saver_failed(&pipeline->saver, &error);
    for (int64_t b = 0; result == SAVE_DONE && b < store->buckets; b++)
        for (size_t i = 0; i < pipeline->sources.n; i++) {
            const struct source *source = &pipeline->sources.items[i];
            if (marks[b].marks[i].next != source->marks[b] || strcmp(marks[b].marks[i].owner, source->owner) != 0)
                result = SAVE_FOREIGN;
        }
    arena_free(&arena);
    if (result == SAVE_DONE)
        pipeline->looked_at = connection;
    else if (result == SAVE_FOREIGN)
        log_event(LOG_LEVEL_WARN, "not_the_owner",
                  { "what", LOG_S("marks changed while Redis was away; joining the group again") });
    return result;
}

enum save_result housekeep(struct pipeline *pipeline) {
    int64_t now = monotonic_ms();
    /* other instances may wait for what is told here, as a source of ours waits for one of theirs */
    int64_t every_ms = pipeline->ticker.view.others.n > 0 && alignment_waits(&pipeline->alignment) ? ALIGNING_MS : HOUSEKEEP_MS;
    if (now - pipeline->housekept_ms < every_ms)
        return SAVE_DONE;
    enum save_result result = housekeep_now(pipeline);
    if (result == SAVE_DONE)
        result = look_at_marks(pipeline);
    if (result != SAVE_DONE)
        return result;
    dead_log_look(&pipeline->dead_log, now);
    if (now - pipeline->policy_ms >= POLICY_MS && !housekeep_policy(pipeline))
        return SAVE_STOPPED;
    return SAVE_DONE;
}
