#include "ledgers.h"
#include "metrics.h"
#include "obek/bucket.h"
#include "obek/failpoint.h"
#include "obek/log.h"

static bool is_open(const struct batch *batch, int64_t bucket) {
    const struct batch_record *record = &batch->records[0];
    return record->source->marks[bucket] <= record->offset;
}

bool ledgers_have_a_model(const struct pipeline *pipeline, const struct batch *batch) {
    for (int64_t b = 0; b < pipeline->store->buckets; b++)
        if (is_open(batch, b) && pipeline->models.by_bucket[b] == NULL)
            return false;
    return true;
}

static void reach(struct pipeline *pipeline, struct batch *batch, struct slice id, const struct import_customer *import) {
    uint16_t bucket = bucket_of(id, pipeline->store->buckets);
    if (is_open(batch, bucket))
        batch_reach(batch, customer_cache_get(pipeline->cache, id, order_hash(id), bucket), import);
}

/* An import passes over a customer whose ledger it cannot set. */
static void warn(const struct batch *batch, uint64_t refused, const struct batch_record *first) {
    struct arena arena = { 0 };
    struct slice id = arena_copy(&arena, first->order.customer_id);
    log_event(LOG_LEVEL_WARN, "not_imported", { "offset", LOG_I(batch->records[0].offset) }, { "customers", LOG_I(refused) },
              { "first", LOG_S(id.data) }, { "reason", LOG_S(ledger_verdict_text(first->verdict)) });
    arena_free(&arena);
}

static void tell(const struct batch *batch, const struct control_record *control) {
    uint64_t applied = 0, known = 0, refused = 0;
    const struct batch_record *first = NULL; /* of those refused */
    for (size_t i = 1; i < batch->n; i++) {
        const struct batch_record *record = &batch->records[i];
        if (record->verdict == LEDGER_APPLIED)
            applied++;
        else if (record->verdict == LEDGER_DUPLICATE)
            known++;
        else if (refused++ == 0)
            first = record;
    }
    if (control->type == CONTROL_ERASE) {
        counter_add(SERIES(METRIC_ERASED, NULL), applied);
        return;
    }
    counter_add(SERIES(METRIC_IMPORTED, "set"), applied);
    counter_add(SERIES(METRIC_IMPORTED, "known"), known);
    counter_add(SERIES(METRIC_IMPORTED, "refused"), refused);
    if (first != NULL)
        warn(batch, refused, first);
}

enum save_result ledgers_apply(struct pipeline *pipeline, struct batch *batch, const struct control_record *control) {
    struct batch_record *record = &batch->records[0]; /* only until a customer is reached: records move as they become more */
    struct source *source = record->source;
    record->watermark = record->watermark_after = source->watermark;
    if (record->publishes)
        batch_take_outbox(batch, record);
    for (size_t i = 0; i < control->n_customers; i++)
        reach(pipeline, batch, control->customers[i].id, &control->customers[i]);
    if (control->type == CONTROL_ERASE)
        reach(pipeline, batch, control->erased, NULL);
    FAILPOINT("before-ledgers");
    batch->reached_by = control;
    batch_split(batch, pipeline->store->buckets);
    enum save_result result = saver_save(&pipeline->saver, batch, wall_ms());
    batch->reached_by = NULL;
    FAILPOINT("mid-ledgers");
    if (result != SAVE_DONE)
        return result;
    tell(batch, control);
    return saver_advance(&pipeline->saver, &pipeline->sources, &(struct control_effect){ .by = source });
}
