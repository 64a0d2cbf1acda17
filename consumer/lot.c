#include "lot.h"
#include "assignment_checks.h"
#include "decoding.h"
#include "obek/bucket.h"
#include "outgoing.h"

#define REGISTRY_RETRY_MS_MIN 100
#define REGISTRY_RETRY_MS_MAX 2000

static void kill_record(struct pipeline *pipeline, struct batch *batch, struct batch_record *record,
                        const struct decode_failure *failure) {
    struct slice id = record->order.customer_id;
    record->reason = failure->reason;
    record->message_text = arena_copy(&batch->arena, slice_of(failure->error.text));
    record->bucket = bucket_of(id.len > 0 ? id : slice_of(record->source->name), pipeline->store->buckets);
    record->applies = record->offset >= record->source->marks[record->bucket];
    /* below the mark it was accepted once, when the clock was another: what the outbox has of it stands */
    if (record->publishes && record->applies)
        event_maker_dead(&pipeline->events, &batch->arena, record);
}

enum verdict { VERDICT_NONE, VERDICT_UNDECODABLE, VERDICT_REFUSED };

/* A dead letter that was saved stands, whatever today's clock or registry would say (design, section 6). */
static enum verdict saved_verdict(const struct batch_record *record) {
    struct outgoing_view view;
    struct error unused;
    if (record->n_outgoing != 1 || !outgoing_read(&view, record->outgoing[0].packed, &unused) || view.kind != OUTGOING_DEAD)
        return VERDICT_NONE;
    return slice_is(view.stage, STAGE_STEP) ? VERDICT_REFUSED : VERDICT_UNDECODABLE;
}

/* A registry that is down is no bad record: it is waited for (design, section 7). */
static bool decode_patiently(struct pipeline *pipeline, struct batch *batch, struct batch_record *record, int64_t now,
                             struct decode_failure *failure, enum decode_status *status) {
    int64_t pause = REGISTRY_RETRY_MS_MIN;
    while ((*status = decode_message(batch->decoder, record->source->feed, record->message, now, &record->order, failure)) ==
           DECODE_WAIT) {
        registry_outage_goes_on(&pipeline->registry, &failure->error, monotonic_ms());
        if (!pipeline_wait(pipeline, pause))
            return false;
        pause = pause * 2 < REGISTRY_RETRY_MS_MAX ? pause * 2 : REGISTRY_RETRY_MS_MAX;
    }
    if (pipeline->registry.down)
        registry_outage_ends(&pipeline->registry, monotonic_ms());
    return true;
}

/* Below the committed offset no outbox tells: a record beyond the W there was refused as too far ahead of the clock; accepted, it
   would have been in that W. */
static bool is_accepted(const struct batch_record *record) {
    const struct source *source = record->source;
    return !record->dead && (record->offset >= source->committed || record->order.occurred_at <= source->committed_watermark);
}

enum lot lot_find(struct pipeline *pipeline, struct batch *batch, struct batch_record *record, int64_t now,
                  struct decode_failure *failure) {
    const struct source *source = record->source;
    record->publishes = record->offset >= source->committed;
    record->watermark = record->watermark_after = source->watermark;
    if (source->n_outbox > 0 && record->publishes)
        batch_take_outbox(batch, record);
    enum verdict verdict = saved_verdict(record);
    record->dead = verdict == VERDICT_UNDECODABLE;
    if (record->dead)
        return LOT_SAVED;
    /* one that the step refused was decoded and is part of W: its mark is past it, so it is not applied again */
    enum decode_status status;
    if (!decode_patiently(pipeline, batch, record, now, failure, &status))
        return LOT_STOPPED;
    record->dead = status == DECODE_BAD;
    if (is_accepted(record) && record->order.occurred_at > record->watermark)
        record->watermark_after = record->order.occurred_at;
    return record->dead ? LOT_DEAD : LOT_ORDER;
}

/* The table of design section 6. */
static void settle(struct pipeline *pipeline, struct batch_record *record) {
    struct source *source = record->source;
    struct slice id = record->order.customer_id;
    if (!is_accepted(record))
        return;
    source->watermark = record->watermark_after;
    record->bucket = bucket_of(id, pipeline->store->buckets);
    record->applies = record->offset >= source->marks[record->bucket];
    if (record->applies) {
        record->n_outgoing = 0;
        record->customer = customer_cache_get(pipeline->cache, id, order_hash(id), record->bucket);
    }
}

void lot_take(struct pipeline *pipeline, struct batch *batch, struct batch_record *record, enum lot lot,
              const struct decode_failure *failure) {
    record->source->fingerprint = record_fingerprint(record->message);
    record->source->fingerprint_offset = record->offset;
    if (lot == LOT_DEAD)
        kill_record(pipeline, batch, record, failure);
    else if (lot == LOT_ORDER)
        settle(pipeline, record);
}
