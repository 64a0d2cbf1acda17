#include "intake.h"
#include "lot.h"
#include "metrics.h"
#include "obek/failpoint.h"
#include "obek/log.h"

#include <assert.h>
#include <stdlib.h>

#define PUT_BACK_MS 50
#define WAITS_SAID_EVERY_MS 60000
#define HURRY_WAIT_MS 2
#define WAITS_FOR_UNKNOWN_MS 1000 /* the first records of an assignment come when they come */

/* ---- what the sources have at hand ---- */

static void take_error(struct pipeline *pipeline, const struct source *source, const rd_kafka_message_t *message) {
    counter_add(SERIES(METRIC_KAFKA_ERRORS, "consumer", rd_kafka_err2name(message->err)), 1);
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
        halt_raise(&pipeline->halt, EXIT_HALTED, "log_too_short",
                   "%s: %s: records were deleted before they were read, or the topic was made anew", source->name,
                   rd_kafka_message_errstr(message));
    else
        log_event(LOG_LEVEL_WARN, "kafka", { "source", LOG_S(source->name) }, { "code", LOG_S(rd_kafka_err2name(message->err)) },
                  { "error", LOG_S(rd_kafka_message_errstr(message)) });
}

static bool fetch(struct pipeline *pipeline, size_t index) {
    struct source *source = &pipeline->sources.items[index];
    rd_kafka_message_t **room = message_queue_room(&source->queue);
    size_t n = kafka_in_take(pipeline->in, index, room, MESSAGE_QUEUE_MAX), kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (room[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR || room[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            room[kept++] = room[i];
        } else {
            take_error(pipeline, source, room[i]);
            rd_kafka_message_destroy(room[i]);
        }
    }
    message_queue_filled(&source->queue, kept);
    if (kept > 0)
        alignment_delivered(&pipeline->alignment, index);
    return kept > 0;
}

/* Behind the last record are only markers of transactions. */
static void reach_end(struct source *source, int64_t offset) {
    source->at_end = true;
    if (source->position < offset)
        source->position = offset;
}

/* The source's next record, which stays in its queue; NULL: it has none at hand. */
static rd_kafka_message_t *next_record(struct pipeline *pipeline, size_t index) {
    struct source *source = &pipeline->sources.items[index];
    for (;;) {
        rd_kafka_message_t *message = message_queue_head(&source->queue);
        if (message == NULL && !fetch(pipeline, index))
            return NULL;
        if (message == NULL)
            continue;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset >= source->position)
            return message;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            reach_end(source, message->offset);
        message_queue_pop(&source->queue);
        rd_kafka_message_destroy(message); /* a record below the position: a late arrival of an earlier assignment */
    }
}

static bool is_behind_its_end(struct pipeline *pipeline, size_t index) {
    struct source *source = &pipeline->sources.items[index];
    int64_t end = kafka_in_end(pipeline->in, index);
    if (end > source->known_end)
        source->known_end = end;
    return source->position < source->known_end;
}

static void look(struct pipeline *pipeline, size_t index) {
    bool at_hand = next_record(pipeline, index) != NULL;
    if (pipeline->sources.items[index].feed != NULL)
        alignment_look(&pipeline->alignment, index, at_hand, at_hand || is_behind_its_end(pipeline, index));
}

/* A source that waits is told of now and then; not when the other one has a record at hand, which is only drawn before. */
static bool is_worth_telling(const struct alignment *alignment, const struct source *source, const struct lane *lane,
                             size_t other, int64_t reached) {
    if (other == ALIGN_NOBODY || (other != ALIGN_ELSEWHERE && alignment->lanes[other].at_hand))
        return false;
    if (reached == TIME_NONE && alignment->now_ms - lane->waits_ms < WAITS_FOR_UNKNOWN_MS)
        return false;
    return source->waits_said_ms == 0 || alignment->now_ms - source->waits_said_ms >= WAITS_SAID_EVERY_MS;
}

static void say_waits(struct pipeline *pipeline, size_t index) {
    const struct alignment *alignment = &pipeline->alignment;
    const struct lane *lane = &alignment->lanes[index];
    struct source *source = &pipeline->sources.items[index];
    int64_t reached;
    size_t other = alignment_slowest_beside(alignment, index, &reached);
    if (!is_worth_telling(alignment, source, lane, other, reached))
        return;
    source->waits_said_ms = alignment->now_ms;
    const char *name = other == ALIGN_ELSEWHERE ? "another instance" : pipeline->sources.items[other].name;
    if (reached == TIME_NONE)
        log_event(LOG_LEVEL_INFO, "source_waits", { "source", LOG_S(source->name) }, { "for", LOG_S(name) });
    else
        log_event(LOG_LEVEL_INFO, "source_waits", { "source", LOG_S(source->name) }, { "for", LOG_S(name) },
                  { "ahead_ms", LOG_I(lane->next - reached) });
}

/* False: the sources are lost. */
static bool look_at_all(struct pipeline *pipeline) {
    pipeline_serve(pipeline, 0);
    if (pipeline->lost)
        return false;
    alignment_turn(&pipeline->alignment, monotonic_ms());
    for (size_t i = 0; i < pipeline->sources.n; i++) {
        look(pipeline, i);
        if (pipeline->alignment.lanes[i].next != TIME_NONE)
            say_waits(pipeline, i);
    }
    return true;
}

void intake_begin(struct pipeline *pipeline) {
    alignment_begin(&pipeline->alignment, pipeline->sources.n, pipeline->config->align_ms, monotonic_ms());
    for (size_t i = 0; i < pipeline->sources.n; i++)
        pipeline->alignment.lanes[i].watermark = pipeline->sources.items[i].watermark;
    pipeline->control_drawn = false;
}

/* ---- drawing ---- */

/* The source's next record as the batch's next one, which it is not before take_record(). */
static struct batch_record *try_record(struct batch *batch, struct source *source) {
    struct batch_record *record = &batch->records[batch->n];
    memset(record, 0, offsetof(struct batch_record, order));
    record->message = message_queue_head(&source->queue);
    record->source = source;
    record->offset = record->message->offset;
    record->reached = record->dead = record->refused = record->applies = record->publishes = false;
    record->customer = NULL;
    record->n_outgoing = 0;
    record->outgoing = NULL;
    return record;
}

static void take_record(struct batch *batch, struct batch_record *record) {
    message_queue_pop(&record->source->queue);
    record->source->at_end = false;
    record->source->position = record->offset + 1;
    record->source->taken_ms = rd_kafka_message_timestamp(record->message, NULL);
    batch->n++;
}

/* One order into the batch, unless it has to wait. False: stopped. */
static bool draw_order(struct pipeline *pipeline, struct batch *batch, size_t index, int64_t now) {
    struct source *source = &pipeline->sources.items[index];
    struct batch_record *record = try_record(batch, source);
    struct decode_failure failure;
    enum lot lot = lot_find(pipeline, batch, record, now, &failure);
    if (lot == LOT_STOPPED)
        return false;
    if (!alignment_admit(&pipeline->alignment, index, record->watermark_after)) {
        say_waits(pipeline, index);
        return true;
    }
    take_record(batch, record);
    lot_take(pipeline, batch, record, lot, &failure);
    alignment_drawn(&pipeline->alignment, index, source->watermark);
    if (!pipeline->lost && next_record(pipeline, index) == NULL)
        look(pipeline, index);
    return true;
}

static bool draw_orders(struct pipeline *pipeline, struct batch *batch) {
    int64_t now = wall_ms();
    size_t index;
    while (batch->n < (size_t)pipeline->config->batch_orders_max && !pipeline->lost && !pipeline->halt.raised &&
           (index = alignment_pick(&pipeline->alignment)) != ALIGN_NOBODY)
        if (!draw_order(pipeline, batch, index, now))
            return false;
    return true;
}

/* The control topic's source when a record of it may be drawn now; NULL. */
static struct source *control_at_hand(struct pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->sources.n; i++) {
        struct source *source = &pipeline->sources.items[i];
        if (source->feed == NULL && message_queue_head(&source->queue) != NULL && source->not_before_ms <= monotonic_ms())
            return source;
    }
    return NULL;
}

static bool orders_at_hand(const struct pipeline *pipeline) {
    return !pipeline->awaits_model && alignment_pick(&pipeline->alignment) != ALIGN_NOBODY;
}

static int wait_ms(const struct pipeline *pipeline) {
    int64_t ms = pipeline->config->batch_wait_ms, now = monotonic_ms();
    for (size_t i = 0; i < pipeline->sources.n; i++) {
        int64_t left = pipeline->sources.items[i].not_before_ms - now;
        if (left > 0 && left < ms)
            ms = left;
    }
    return ms > HURRY_WAIT_MS && ticker_is_in_a_hurry(&pipeline->ticker) ? HURRY_WAIT_MS : (int)ms;
}

static bool draw(struct pipeline *pipeline, struct batch *batch) {
    struct source *control = control_at_hand(pipeline);
    bool orders = orders_at_hand(pipeline);
    if (control != NULL && !(pipeline->control_drawn && orders)) {
        take_record(batch, try_record(batch, control));
        pipeline->control_drawn = true;
        return true;
    }
    pipeline->control_drawn = false;
    int64_t since = monotonic_ns();
    if (orders)
        tick_pace_live(&pipeline->ticker.pace, monotonic_ms());
    if (orders && !draw_orders(pipeline, batch))
        return false;
    if (batch->n > 0) {
        histogram_add_since(SERIES(METRIC_STAGE_SECONDS, "decode"), since);
        histogram_add(SERIES(METRIC_BATCH_RECORDS, NULL), batch->n);
    }
    return true;
}

void intake_note_ends(struct pipeline *pipeline, struct batch *batch) {
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
        end->sent_before = source->sent;
        source->sent = end->commit;
    }
}

bool intake_fill(struct pipeline *pipeline, struct batch *batch) {
    if (!look_at_all(pipeline))
        return false;
    if (control_at_hand(pipeline) == NULL && !orders_at_hand(pipeline)) {
        kafka_in_wait(pipeline->in, wait_ms(pipeline));
        if (!look_at_all(pipeline))
            return false;
    }
    FAILPOINT("after-consume");
    if (!draw(pipeline, batch) || pipeline->lost || pipeline->halt.raised)
        return false;
    FAILPOINT("after-decode");
    if (batch->n > 0 || pipeline_is_idle(pipeline)) /* a mere advance is no reason to make the next batch wait for one more */
        intake_note_ends(pipeline, batch);
    return true;
}

bool intake_is_control(const struct batch *batch) {
    return batch->n > 0 && batch->records[0].source->feed == NULL;
}

void intake_put_back(struct pipeline *pipeline, struct batch *batch) {
    struct batch_record *record = &batch->records[0];
    assert(record->source->feed == NULL && !pipeline->in_flight[batch - pipeline->batches]);
    message_queue_put_back(&record->source->queue, record->message);
    record->message = NULL;
    record->source->position = record->offset;
    record->source->not_before_ms = monotonic_ms() + PUT_BACK_MS;
    for (size_t i = 0; i < batch->n_ends; i++) /* what it would have committed is for the next batch to say */
        batch->ends[i].source->sent = batch->ends[i].sent_before;
}
