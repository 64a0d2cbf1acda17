#include "ticks.h"
#include "control.h"
#include "metrics.h"
#include "obek/failpoint.h"
#include "store_due.h"

/* Do the notes say that the orders have come which the tick comes after? Whoever looks into the index before that may miss a
   customer whom it is for. That no bucket has lost them since is for the save to say. */
static bool orders_have_come(struct pipeline *pipeline, struct batch *batch, const struct tick *tick, bool *come,
                             struct error *error) {
    size_t n = tick->n_after;
    const char **names = arena_alloc(&batch->arena, (n + 1) * sizeof *names);
    struct source_note *notes = arena_alloc(&batch->arena, (n + 1) * sizeof *notes);
    bool *found = arena_alloc(&batch->arena, n + 1);
    for (size_t i = 0; i < n; i++)
        names[i] = arena_copy(&batch->arena, tick->after[i].source).data;
    if (!store_notes_read(pipeline->store, names, n, notes, found, error))
        return false;
    *come = true;
    for (size_t i = 0; i < n; i++)
        *come = *come && found[i] && notes[i].position >= tick->after[i].position;
    return true;
}

/* Customers whom the tick reaches, of the buckets that have not lived through it. */
static bool reach_customers(struct pipeline *pipeline, struct batch *batch, const struct tick *tick, struct error *error) {
    const struct batch_record *record = &batch->records[0];
    int64_t buckets = pipeline->store->buckets;
    struct due_entries entries;
    bool *open = arena_alloc(&batch->arena, (size_t)buckets * sizeof *open);
    for (int64_t b = 0; b < buckets; b++)
        open[b] = record->source->marks[b] <= record->offset;
    if (!store_due_read(pipeline->store, &batch->arena, open, &tick->from, &tick->to, 0, &entries, error))
        return false;
    for (size_t i = 0; i < entries.n; i++) {
        struct slice id = entries.items[i].place.id;
        batch_reach(batch, customer_cache_get(pipeline->cache, id, order_hash(id), entries.items[i].bucket), NULL);
    }
    return true;
}

static void keep_events(struct source *source, const struct batch_record *record) {
    for (uint32_t k = 0; record->publishes && k < record->n_outgoing; k++) {
        const struct outgoing *outgoing = &record->outgoing[k];
        struct outbox_entry entry = { .offset = record->offset,
                                      .n = (int)outgoing->number,
                                      .bucket = outgoing->bucket,
                                      .field = outgoing->field,
                                      .value = outgoing->packed };
        source_add_outbox(source, &entry);
    }
}

/* The tick is tried again, but a bucket that is through with it is not: its events wait where the claim would find them. */
static void keep_saved(struct batch *batch) {
    struct source *source = batch->records[0].source;
    for (size_t s = 0; s < batch->n_shares; s++) {
        const struct share *share = &batch->shares[s];
        for (uint32_t i = 0; share->saved == share->n && i < share->n; i++)
            keep_events(source, &batch->records[share->records[i]]);
    }
    source_sort_outbox(source);
}

static enum save_result live_through(struct pipeline *pipeline, struct batch *batch, const struct control_record *control) {
    const struct tick *tick = &control->tick;
    struct error error = { "" };
    bool waits = !control_has_no_model(pipeline), come = true; /* without one orders wait, and would be waited for */
    if (waits && !orders_have_come(pipeline, batch, tick, &come, &error))
        return saver_failed(&pipeline->saver, &error);
    if (!come)
        return SAVE_WAIT;
    if (!reach_customers(pipeline, batch, tick, &error))
        return saver_failed(&pipeline->saver, &error);
    FAILPOINT("before-tick");
    batch->reached_by = control;
    batch_split(batch, pipeline->store->buckets);
    enum save_result result = saver_save(&pipeline->saver, batch, wall_ms());
    FAILPOINT("mid-tick");
    struct control_effect effect = { .by = batch->records[0].source };
    if (waits)
        effect.tick = tick;
    if (result == SAVE_DONE)
        result = saver_advance(&pipeline->saver, &pipeline->sources, &effect);
    return result;
}

static void count_tick(const struct tick *tick, size_t customers) {
    const char *kind = tick->up_to == TIME_NONE ? "reevaluate" : "time";
    counter_add(SERIES(METRIC_TICKS, kind), 1);
    counter_add(SERIES(METRIC_TICK_CUSTOMERS, kind), customers);
}

enum save_result tick_apply(struct pipeline *pipeline, struct batch *batch, const struct control_record *control) {
    const struct tick *tick = &control->tick;
    struct batch_record *record = &batch->records[0];
    int64_t from_ms = monotonic_ms();
    record->watermark = record->watermark_after = record->source->watermark;
    if (record->publishes)
        batch_take_outbox(batch, record);
    enum save_result result = live_through(pipeline, batch, control);
    size_t reached = batch->n - 1;
    if (result == SAVE_WAIT) {
        keep_saved(batch);
        batch->n = 1;
    }
    if (result == SAVE_DONE)
        count_tick(tick, reached);
    batch->reached_by = NULL;
    struct error error = { "" };
    if (result == SAVE_DONE && !ticker_applied(pipeline, tick, reached, from_ms, &error))
        return saver_failed(&pipeline->saver, &error);
    return result;
}
