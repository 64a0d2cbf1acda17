#include "intake.h"
#include "assignment_checks.h"
#include "counters.h"
#include "obek/bucket.h"
#include "obek/failpoint.h"
#include "obek/log.h"
#include "outgoing.h"

#include <stdlib.h>

#define REGISTRY_RETRY_MS_MIN 100
#define REGISTRY_RETRY_MS_MAX 2000
#define PUT_BACK_MS 50

static struct source *source_of(struct pipeline *pipeline, const rd_kafka_message_t *message) {
    for (size_t i = 0; i < pipeline->sources.n; i++) {
        struct source *source = &pipeline->sources.items[i];
        if (source->handle == message->rkt && source->partition == message->partition)
            return source;
    }
    struct source *source = sources_find(&pipeline->sources, rd_kafka_topic_name(message->rkt), message->partition);
    if (source != NULL)
        source->handle = message->rkt;
    return source;
}

/* ---- fetch ---- */

/* What is no record: the end of a partition, or an error. */
static void take_notice(struct pipeline *pipeline, const rd_kafka_message_t *message) {
    struct source *source = message->rkt == NULL ? NULL : source_of(pipeline, message);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (source == NULL)
            return;
        source->at_end = true;
        bool behind_held = source->feed == NULL && pipeline->held != NULL;
        if (source->position < message->offset && !behind_held)
            source->position = message->offset; /* behind the last record are only markers of transactions */
        return;
    }
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        halt_raise(&pipeline->halt, EXIT_HALTED, "log_too_short",
                   "%s: %s: records were deleted before they were read, or the topic was "
                   "made anew",
                   source == NULL ? "a source" : source->name, rd_kafka_message_errstr(message));
        return;
    }
    log_event(LOG_LEVEL_WARN, "kafka", { "source", LOG_S(source == NULL ? "" : source->name) },
              { "code", LOG_S(rd_kafka_err2name(message->err)) }, { "error", LOG_S(rd_kafka_message_errstr(message)) });
}

static void take_record(struct batch *batch, struct source *source, rd_kafka_message_t *message) {
    struct batch_record *record = &batch->records[batch->n++];
    memset(record, 0, offsetof(struct batch_record, order));
    record->message = message;
    record->source = source;
    record->offset = message->offset;
    record->reached = record->dead = record->refused = record->applies = record->publishes = false;
    record->customer = NULL;
    record->n_outgoing = 0;
    record->outgoing = NULL;
    source->at_end = false;
    source->position = message->offset + 1;
}

/* One message into the batch. False: the batch is full with it. */
static bool take_message(struct pipeline *pipeline, struct batch *batch, rd_kafka_message_t *message) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        take_notice(pipeline, message);
        rd_kafka_message_destroy(message);
        return !pipeline->halt.raised;
    }
    struct source *source = source_of(pipeline, message);
    if (source == NULL || message->offset < source->position) { /* a late arrival of an earlier assignment */
        rd_kafka_message_destroy(message);
        return true;
    }
    if (source->feed == NULL && pipeline->held != NULL) { /* behind one that was put back: both are read again */
        rd_kafka_message_destroy(message);
        kafka_in_suspend(pipeline->in);
        pipeline->lost = true;
        return false;
    }
    if (source->feed == NULL && batch->n > 0) {
        pipeline->held = message;
        pipeline->held_until_ms = 0;
        return false;
    }
    take_record(batch, source, message);
    return source->feed != NULL && batch->n < batch->capacity;
}

void intake_put_back(struct pipeline *pipeline, struct batch *batch) {
    pipeline->held = batch->records[0].message;
    pipeline->held_until_ms = monotonic_ms() + PUT_BACK_MS;
    batch->records[0].source->position = batch->records[0].offset;
    batch->records[0].message = NULL;
}

static rd_kafka_message_t *next_message(struct pipeline *pipeline, const struct batch *batch) {
    if (pipeline->held != NULL && monotonic_ms() >= pipeline->held_until_ms) {
        rd_kafka_message_t *held = pipeline->held;
        pipeline->held = NULL;
        return held;
    }
    return kafka_in_poll(pipeline->in, batch->n == 0 ? (int)pipeline->config->batch_wait_ms : 0);
}

bool intake_fetch(struct pipeline *pipeline, struct batch *batch) {
    bool more = true;
    while (more && !pipeline->lost) {
        rd_kafka_message_t *message = next_message(pipeline, batch);
        if (message == NULL || pipeline->lost) {
            if (message != NULL)
                rd_kafka_message_destroy(message);
            break;
        }
        more = take_message(pipeline, batch, message);
    }
    FAILPOINT("after-consume");
    return !pipeline->lost && !pipeline->halt.raised;
}

bool intake_is_control(const struct batch *batch) {
    return batch->n == 1 && batch->records[0].source->feed == NULL;
}

/* ---- decode ---- */

#define HEADERS_MAX 64

static size_t read_headers(const rd_kafka_message_t *message, struct record_header *headers) {
    rd_kafka_headers_t *list;
    size_t n = 0;
    const char *name;
    const void *value;
    size_t len;
    if (rd_kafka_message_headers(message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    while (n < HEADERS_MAX && rd_kafka_header_get_all(list, n, &name, &value, &len) == RD_KAFKA_RESP_ERR_NO_ERROR)
        headers[n++] = (struct record_header){ .name = slice_of(name), .value = { value, len } };
    return n;
}

static enum decode_status decode(struct batch *batch, struct batch_record *record, int64_t now, struct decode_failure *failure) {
    const rd_kafka_message_t *message = record->message;
    struct record_header headers[HEADERS_MAX];
    struct raw_record raw = { .key = { message->key, message->key_len },
                              .value = { message->payload, message->len },
                              .timestamp = rd_kafka_message_timestamp(message, NULL),
                              .n_headers = read_headers(message, headers),
                              .headers = headers };
    return decode_order(batch->decoder, record->source->feed, &raw, now, &record->order, failure);
}

static void count_dead(const char *reason) {
    char label[96];
    snprintf(label, sizeof label, "reason=%s", reason);
    counter_add(counter_get("obek_dead_letters_total", label), 1);
}

static void kill_record(struct pipeline *pipeline, struct batch *batch, struct batch_record *record,
                        const struct decode_failure *failure) {
    struct slice id = record->order.customer_id;
    record->dead = true;
    record->reason = failure->reason;
    record->message_text = arena_copy(&batch->arena, slice_of(failure->error.text));
    record->bucket = bucket_of(id.len > 0 ? id : slice_of(record->source->name), pipeline->store->buckets);
    record->applies = record->offset >= record->source->marks[record->bucket];
    /* below the mark it was accepted once, when the clock was another: what the outbox has of it stands */
    if (record->publishes && record->applies)
        event_maker_dead(&pipeline->events, &batch->arena, record);
    count_dead(failure->reason);
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

/* An order's lot: the table of design section 6. */
static void settle(struct pipeline *pipeline, struct batch_record *record) {
    struct source *source = record->source;
    struct slice id = record->order.customer_id;
    if (record->offset < source->committed && record->order.occurred_at > source->committed_watermark)
        return; /* it was refused as too far ahead of the clock: accepted, it would have been in that W */
    source->watermark = record->watermark_after =
        record->watermark > record->order.occurred_at ? record->watermark : record->order.occurred_at;
    record->bucket = bucket_of(id, pipeline->store->buckets);
    record->applies = record->offset >= source->marks[record->bucket];
    if (record->applies) {
        record->n_outgoing = 0;
        record->customer = customer_cache_get(pipeline->cache, id, order_hash(id), record->bucket);
    }
}

/* A registry that is down is no bad record: it is waited for, which is said once, and once when it is over (design, section 7).
 */
static bool decode_patiently(struct pipeline *pipeline, struct batch *batch, struct batch_record *record, int64_t now,
                             struct decode_failure *failure, enum decode_status *status) {
    int64_t since = monotonic_ms(), pause = REGISTRY_RETRY_MS_MIN;
    bool said = false;
    while ((*status = decode(batch, record, now, failure)) == DECODE_WAIT) {
        if (!said)
            log_event(LOG_LEVEL_WARN, "registry_down", { "error", LOG_S(failure->error.text) });
        said = true;
        if (!pipeline_wait(pipeline, pause))
            return false;
        pause = pause * 2 < REGISTRY_RETRY_MS_MAX ? pause * 2 : REGISTRY_RETRY_MS_MAX;
    }
    if (said)
        log_event(LOG_LEVEL_INFO, "registry_back", { "after_ms", LOG_I(monotonic_ms() - since) });
    return true;
}

static bool decode_record(struct pipeline *pipeline, struct batch *batch, struct batch_record *record, int64_t now) {
    struct source *source = record->source;
    record->publishes = record->offset >= source->committed;
    record->watermark = record->watermark_after = source->watermark;
    if (source->n_outbox > 0 && record->publishes)
        batch_take_outbox(batch, record);
    source->fingerprint = record_fingerprint(record->message);
    source->fingerprint_offset = record->offset;
    enum verdict verdict = saved_verdict(record);
    if (verdict == VERDICT_UNDECODABLE) {
        record->dead = true;
        return true;
    }
    /* one that the step refused was decoded and is part of W: its mark is past it, so it is not applied again */
    struct decode_failure failure;
    enum decode_status status;
    if (!decode_patiently(pipeline, batch, record, now, &failure, &status))
        return false;
    if (status == DECODE_BAD)
        kill_record(pipeline, batch, record, &failure);
    else
        settle(pipeline, record);
    return true;
}

static void note_ends(struct pipeline *pipeline, struct batch *batch) {
    batch->ends = xcalloc(pipeline->sources.n, sizeof *batch->ends);
    batch->n_ends = pipeline->sources.n;
    for (size_t i = 0; i < pipeline->sources.n; i++) {
        struct source *source = &pipeline->sources.items[i];
        struct batch_end *end = &batch->ends[i];
        *end = (struct batch_end){ .source = source,
                                   .next = source->position,
                                   .watermark = source->watermark,
                                   .commit = source->position,
                                   .commit_watermark = source->watermark };
        if (end->commit < source->committed) { /* never commit backwards */
            end->commit = source->committed;
            end->commit_watermark = source->committed_watermark;
        }
        batch->advances |= end->commit > source->sent;
        source->sent = end->commit;
    }
}

bool intake_decode(struct pipeline *pipeline, struct batch *batch) {
    int64_t now = wall_ms();
    for (size_t i = 0; i < batch->n && batch->records[i].source->feed != NULL; i++)
        if (!decode_record(pipeline, batch, &batch->records[i], now))
            return false;
    FAILPOINT("after-decode");
    note_ends(pipeline, batch);
    return true;
}
