#include "pipeline.h"
#include "control.h"
#include "counting.h"
#include "gauges.h"
#include "health.h"
#include "housekeeping.h"
#include "intake.h"
#include "metrics.h"
#include "obek/failpoint.h"
#include "obek/log.h"
#include "proposal.h"

#include <stdlib.h>
#include <time.h>

#define IDLE_POLL_MS 100
#define RETRY_MS 200
#define COMMIT_PATIENCE_MS 500 /* a transaction takes some 20 ms */
#define COMMIT_SLICE_MS 100
#define POLL_EVERY_MS 5000 /* while waiting: far below max.poll.interval.ms */

/* ---- batches between here and the commit stage ---- */

static void finish_batch(struct pipeline *pipeline, struct batch *batch, bool committed) {
    for (size_t i = 0; committed && i < batch->n; i++) {
        const struct batch_record *record = &batch->records[i];
        for (uint32_t k = 0; record->publishes && k < record->n_outgoing; k++)
            drops_add(&pipeline->saver.drops, record->outgoing[k].bucket, record->outgoing[k].field);
    }
    for (size_t i = 0; committed && i < batch->n_ends; i++)
        batch->ends[i].source->done = batch->ends[i].commit;
    if (batch->control.len > 0)
        ticker_sent(&pipeline->ticker);
    if (committed)
        count_committed(batch, &pipeline->dead_log);
    dead_log_look(&pipeline->dead_log, monotonic_ms());
    counter_add(SERIES(METRIC_TRANSACTIONS, committed ? "committed" : "aborted"), 1);
    histogram_add_since(SERIES(METRIC_STAGE_SECONDS, "commit"), batch->submitted_ns);
    batch_reset(batch);
    pipeline->in_flight[batch - pipeline->batches] = false;
}

/* Takes back the batches that are through, waiting for the oldest one at most wait_ms (-1: as long as it takes). False: none was.
 */
static bool collect(struct pipeline *pipeline, int64_t wait_ms) {
    bool committed;
    struct batch *batch = publisher_collect(pipeline->publisher, wait_ms, &committed);
    bool any = batch != NULL;
    while (batch != NULL) {
        finish_batch(pipeline, batch, committed);
        batch = publisher_collect(pipeline->publisher, 0, &committed);
    }
    return any;
}

static int in_flight(const struct pipeline *pipeline) {
    int n = 0;
    for (int i = 0; i < PIPELINE_BATCHES; i++)
        n += pipeline->in_flight[i];
    return n;
}

void pipeline_drain(struct pipeline *pipeline) {
    while (in_flight(pipeline) > 0)
        collect(pipeline, -1);
}

/* ---- the group's sources: taken up and let go ---- */

/* Inside a poll: what is saved is still committed; the rest is dropped and read again by whoever comes next. */
void pipeline_revoked(void *context) {
    struct pipeline *pipeline = context;
    pipeline_drain(pipeline);
    pipeline->lost = true;
}

static void let_go(struct pipeline *pipeline) {
    pipeline_drain(pipeline);
    redis_discard(pipeline->store->redis);
    customer_cache_clear(pipeline->cache);
    sources_free(&pipeline->sources);
    gauges_forget();
    ticker_begin(&pipeline->ticker);
    pipeline->lost = false;
}

/* What is under way cannot be finished (the sources were taken back, or a wait was broken off): read it again. */
static void abandon(struct pipeline *pipeline) {
    if (!pipeline->lost)
        kafka_in_suspend(pipeline->in);
    let_go(pipeline);
}

/* Records come from the queues of their partitions. One that comes from the group's queue all the same costs a new assignment,
   never a record. */
void pipeline_serve(struct pipeline *pipeline, int64_t ms) {
    rd_kafka_message_t *message = kafka_in_poll(pipeline->in, (int)ms);
    pipeline->polled_ms = monotonic_ms();
    if (message == NULL)
        return;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && !pipeline->lost) {
        kafka_in_suspend(pipeline->in);
        pipeline->lost = true;
    } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        log_event(LOG_LEVEL_WARN, "kafka", { "code", LOG_S(rd_kafka_err2name(message->err)) },
                  { "error", LOG_S(rd_kafka_message_errstr(message)) });
    }
    rd_kafka_message_destroy(message);
}

static void hold_orders(struct pipeline *pipeline, bool hold) {
    pipeline->awaits_model = hold;
    if (hold)
        log_event(LOG_LEVEL_INFO, "waiting", { "for", LOG_S("a model in force") });
}

static void take_up(struct pipeline *pipeline) {
    let_go(pipeline);
    publisher_resume(pipeline->publisher);
    const rd_kafka_topic_partition_list_t *offered = kafka_in_offered(pipeline->in);
    enum assign_result result = assignment_take(&pipeline->assignment, offered, &pipeline->sources);
    if (result == ASSIGN_AGAIN)
        pipeline_serve(pipeline, RETRY_MS); /* perhaps the sources are no longer ours: the poll tells */
    if (result != ASSIGN_OK)
        return;
    log_event(LOG_LEVEL_INFO, "assigned", { "sources", LOG_I(pipeline->sources.n) });
    counter_add(SERIES(METRIC_ASSIGNMENTS, NULL), 1);
    notifier_ready(&pipeline->notifier);
    intake_begin(pipeline);
    if (!control_models_ready(pipeline))
        hold_orders(pipeline, true);
}

/* Somebody else may be right: leave, and let the new generation decide. */
static void join_again(struct pipeline *pipeline) {
    struct error error;
    let_go(pipeline);
    if (!kafka_in_rejoin(pipeline->in, &error))
        halt_raise(&pipeline->halt, EXIT_FAILED, "kafka", "%s", error.text);
    pipeline_wait(pipeline, RETRY_MS);
}

/* A transaction was aborted: drop what is in flight and go through the assignment again, in place. */
static bool check_publisher(struct pipeline *pipeline) {
    enum out_result result;
    struct error error;
    if (!publisher_failed(pipeline->publisher, &result, &error))
        return true;
    if (result == OUT_FENCED)
        return halt_raise(&pipeline->halt, EXIT_FAILED, "fenced", "another process has taken over this instance.id: %s",
                          error.text);
    log_event(LOG_LEVEL_WARN, "transaction_aborted", { "error", LOG_S(error.text) });
    kafka_in_suspend(pipeline->in);
    let_go(pipeline);
    pipeline_wait(pipeline, RETRY_MS);
    return false;
}

bool pipeline_is_idle(const struct pipeline *pipeline) {
    return in_flight(pipeline) == 0;
}

/* A batch to be filled; waits until the commit stage takes another one. NULL: the sources were taken back meanwhile. The group is
   kept when that takes long (a broker that is away: the client must be polled to learn that the group has gone on without it). */
static struct batch *free_batch(struct pipeline *pipeline) {
    collect(pipeline, 0);
    for (int64_t patience_ms = COMMIT_PATIENCE_MS; in_flight(pipeline) >= PUBLISHER_BATCHES_MAX; patience_ms = COMMIT_SLICE_MS) {
        if (!collect(pipeline, patience_ms))
            pipeline_serve(pipeline, 0);
        if (pipeline->lost)
            return NULL;
    }
    int free = 0;
    while (pipeline->in_flight[free])
        free++;
    return &pipeline->batches[free];
}

static void submit(struct pipeline *pipeline, struct batch *batch) {
    pipeline->in_flight[batch - pipeline->batches] = true;
    batch->submitted_ns = monotonic_ns();
    publisher_submit(pipeline->publisher, batch, kafka_in_metadata(pipeline->in));
}

static bool may_go_on(const struct pipeline *pipeline) {
    return *pipeline->stop == 0 && !pipeline->halt.raised && !pipeline->lost &&
           (pipeline->in == NULL || kafka_in_fatal(pipeline->in) == NULL);
}

bool pipeline_wait(struct pipeline *pipeline, int64_t ms) {
    if (!may_go_on(pipeline))
        return false;
    notifier_alive(&pipeline->notifier, monotonic_ms());
    if (pipeline->in != NULL && monotonic_ms() - pipeline->polled_ms > POLL_EVERY_MS) {
        pipeline_serve(pipeline, ms);
    } else {
        struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000 };
        nanosleep(&pause, NULL); /* a signal ends it */
    }
    return may_go_on(pipeline);
}

/* ---- the story ---- */

/* The share of bad records is decided before anything of the batch is saved (design, section 6). */
bool pipeline_admit(void *context, const struct batch *batch) {
    struct pipeline *pipeline = context;
    for (size_t i = 0; i < batch->n; i++) {
        const struct batch_record *record = &batch->records[i];
        if (!record->reached && record->publishes && record->applies &&
            !dead_window_note(pipeline->dead, record->dead || record->refused))
            return halt_raise(
                &pipeline->halt, EXIT_HALTED, "too_many_dead_letters",
                "%zu of the last %lld records are bad (the last: %s at offset %lld: %.*s): stopped before they go to the "
                "dead letters; see dead.letter.share.max",
                dead_window_bad(pipeline->dead), (long long)pipeline->config->dead_letter_window, record->source->name,
                (long long)record->offset, (int)record->message_text.len, record->message_text.data);
    }
    return true;
}

/* Every cancellation and return might be refused. (An order is, too, where its customer's value leaves 64 bits: should those be
   what is too much, obek halts with a part of the batch saved, as if batches had been smaller.) */
bool pipeline_is_safe(void *context, const struct batch *batch) {
    const struct pipeline *pipeline = context;
    struct dead_window *window = dead_window_copy(pipeline->dead);
    bool safe = true;
    for (size_t i = 0; i < batch->n && safe; i++) {
        const struct batch_record *record = &batch->records[i];
        if (!record->reached && record->publishes && record->applies)
            safe = dead_window_note(window, record->dead || record->order.kind != KIND_ORDER);
    }
    dead_window_free(window);
    return safe;
}

/* A start begins with the window that halted the run before it, or each restart would let another share through. */
static void note_dead_letters(struct pipeline *pipeline, size_t n) {
    struct error error;
    char text[24];
    snprintf(text, sizeof text, "%zu", n);
    redis_discard(pipeline->store->redis);
    if (!store_meta_note(pipeline->store, "dead", n == 0 ? (struct slice){ NULL, 0 } : slice_of(text), &error))
        log_event(LOG_LEVEL_WARN, "not_noted", { "what", LOG_S("dead letters") }, { "error", LOG_S(error.text) });
}

static enum save_result save(struct pipeline *pipeline, struct batch *batch) {
    if (intake_is_control(batch))
        return control_apply(pipeline, batch);
    batch_split(batch, pipeline->store->buckets);
    return saver_save(&pipeline->saver, batch, wall_ms());
}

static void count_records(struct pipeline *pipeline, const struct batch *batch) {
    size_t n = intake_is_control(batch) ? 1 : batch->n; /* whom a tick reaches is no record */
    pipeline->records += n;
    catch_up_show(pipeline->catch_up, pipeline->records, ends_lag(pipeline->in, &pipeline->sources), monotonic_ms());
}

/* The batch is saved; what leaves with it goes to the commit stage. */
static enum save_result pass_on(struct pipeline *pipeline, struct batch *batch) {
    if (batch->n > 0 || batch->advances)
        count_records(pipeline, batch);
    if (pipeline->dead_recalled && batch->n > 0) {
        pipeline->dead_recalled = false;
        note_dead_letters(pipeline, 0);
    }
    enum save_result result = ticker_turn(pipeline, batch);
    if (pipeline->lost) { /* in a wait of these: with the next generation's metadata the broker would take what is no longer ours
                             to commit; the outboxes have its events */
        batch_reset(batch);
        return SAVE_STOPPED;
    }
    if (batch->n > 0 || batch->advances || batch->control.len > 0)
        submit(pipeline, batch);
    else
        batch_reset(batch);
    return result;
}

/* One batch: consume, decode -> load, step, save -> publish and commit (in the commit stage, while the next one is here). */
static void cycle(struct pipeline *pipeline) {
    struct batch *batch = free_batch(pipeline);
    if (batch == NULL || !check_publisher(pipeline))
        return;
    bool taken = intake_fill(pipeline, batch);
    enum save_result saved = !taken ? SAVE_STOPPED : save(pipeline, batch);
    if (saved == SAVE_DONE && !pipeline->lost) {
        saved = pass_on(pipeline, batch);
    } else {
        if (saved == SAVE_WAIT)
            intake_put_back(pipeline, batch);
        batch_reset(batch);
    }
    if (saved == SAVE_DONE || saved == SAVE_WAIT)
        saved = housekeep(pipeline);
    customer_cache_trim(pipeline->cache);
    if (saved == SAVE_FOREIGN)
        join_again(pipeline);
    else if (saved == SAVE_STOPPED && !pipeline->halt.raised)
        abandon(pipeline); /* also when told to stop: positions are past records that nobody has saved */
}

/* Asked while assigned only: before, what a killed process has left open makes committed offsets wait. */
static bool is_done(struct pipeline *pipeline) {
    int64_t now = monotonic_ms();
    if (pipeline->ends == NULL || !kafka_in_is_assigned(pipeline->in) || !pipeline->ticker.settled || in_flight(pipeline) > 0 ||
        now - pipeline->ends_asked_ms < RETRY_MS)
        return false;
    pipeline->ends_asked_ms = now;
    return ends_reached(pipeline->ends, pipeline->in, &pipeline->sources);
}

static void look_at_health(struct pipeline *pipeline) {
    health_set(HEALTH_REDIS_DOWN, redis_is_away(pipeline->store->redis));
    health_set(HEALTH_AWAITING_MODEL, pipeline->awaits_model);
    health_set(HEALTH_ASSIGNING, !kafka_in_is_assigned(pipeline->in));
    if (!pipeline->lost) /* or what the log says of its sources is gone */
        gauges_look(pipeline);
}

/* One turn: whatever is next. */
static void turn(struct pipeline *pipeline) {
    look_at_health(pipeline);
    notifier_alive(&pipeline->notifier, monotonic_ms());
    const char *fatal = kafka_in_fatal(pipeline->in);
    if (fatal != NULL) {
        halt_raise(&pipeline->halt, EXIT_FAILED, "kafka", "%s", fatal);
    } else if (pipeline->lost) {
        let_go(pipeline);
    } else if (kafka_in_offered(pipeline->in) != NULL) {
        take_up(pipeline);
    } else if (!kafka_in_is_assigned(pipeline->in)) {
        pipeline_serve(pipeline, IDLE_POLL_MS);
    } else {
        proposal_reload(pipeline);
        if (pipeline->awaits_model && control_models_ready(pipeline))
            hold_orders(pipeline, false);
        cycle(pipeline);
    }
}

enum exit_status pipeline_run(struct pipeline *pipeline) {
    health_set(HEALTH_ASSIGNING, true);
    health_set(HEALTH_STARTING, false);
    while (!pipeline->halt.raised && *pipeline->stop == 0 && !is_done(pipeline))
        turn(pipeline);
    if (pipeline->halt.raised) {
        if (strcmp(pipeline->halt.reason, "too_many_dead_letters") == 0)
            note_dead_letters(pipeline, dead_window_bad(pipeline->dead));
        return pipeline->halt.status;
    }
    health_set(HEALTH_DRAINING, true);
    notifier_stopping(&pipeline->notifier);
    log_event(LOG_LEVEL_INFO, "draining", { "because", LOG_S(*pipeline->stop != 0 ? "signal" : "end") });
    return EXIT_DONE;
}
