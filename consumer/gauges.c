#include "gauges.h"
#include "control.h"
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>

#define LOOK_EVERY_MS 500

static atomic_bool owner;
static _Atomic int64_t latest_reached = TIME_NONE;

bool gauges_owner(int64_t *time) {
    *time = atomic_load(&latest_reached);
    return atomic_load(&owner);
}

static struct series *of_source(enum metric metric, const struct source *source) {
    char partition[16];
    snprintf(partition, sizeof partition, "%" PRId32, source->partition);
    return SERIES(metric, source->topic, partition);
}

/* The end of the log by whoever heard of it last: the fetcher or the thread that asks. */
static int64_t end_of(struct pipeline *pipeline, size_t index) {
    const struct source *source = &pipeline->sources.items[index];
    const struct ends_answer *answer = pipeline->ticker.view.answer;
    const struct partition_end *asked = answer == NULL ? NULL : ends_answer_find(answer, source->topic, source->partition);
    int64_t end = kafka_in_end(pipeline->in, index);
    if (asked != NULL && asked->end > end)
        end = asked->end;
    return end > source->position ? end : source->position;
}

/* The Kafka timestamp of the oldest record known that is not committed. */
static int64_t oldest_ms(struct source *source) {
    if (source->done < source->position)
        return source->taken_ms;
    rd_kafka_message_t *next = message_queue_head(&source->queue);
    bool is_record = next != NULL && next->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    return is_record ? rd_kafka_message_timestamp(next, NULL) : source->taken_ms;
}

static void look_at_source(struct pipeline *pipeline, size_t index, int64_t now_ms) {
    struct source *source = &pipeline->sources.items[index];
    int64_t done = source->done > source->committed ? source->done : source->committed;
    int64_t lag = end_of(pipeline, index) - done;
    int64_t since_ms = lag > 0 ? oldest_ms(source) : now_ms;
    gauge_set(of_source(METRIC_LAG_RECORDS, source), lag > 0 ? (double)lag : 0);
    if (since_ms > 0)
        gauge_set(of_source(METRIC_LAG_SECONDS, source), since_ms < now_ms ? (double)(now_ms - since_ms) / 1000 : 0);
    else /* the log has records, and nothing of them has come yet */
        gauge_hide(of_source(METRIC_LAG_SECONDS, source));
    if (source->watermark != TIME_NONE)
        gauge_set(of_source(METRIC_WATERMARK_DELAY, source), (double)(now_ms - source->watermark) / 1000);
}

static void look_at_time(struct pipeline *pipeline, int64_t now_ms) {
    const struct source *control = sources_find(&pipeline->sources, pipeline->config->control_topic, 0);
    int64_t reached = pipeline->ticker.view.answer == NULL ? TIME_NONE : pipeline->ticker.view.reached.time;
    atomic_store(&owner, control != NULL);
    atomic_store(&latest_reached, reached);
    struct series *delay = SERIES(METRIC_TIME_REACHED_DELAY, NULL);
    if (control != NULL && reached != TIME_NONE)
        gauge_set(delay, (double)(now_ms - reached) / 1000);
    else
        gauge_hide(delay);
    if (control == NULL)
        gauge_hide(SERIES(METRIC_TICK_LATENESS, NULL));
}

static void look_at_model(struct pipeline *pipeline) {
    int64_t number = control_model_number(pipeline);
    if (number < 0 || number == pipeline->shown_model)
        return;
    const struct model *model = pipeline->models.by_bucket[0]->model;
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    gauges_hide(METRIC_MODEL_INFO);
    gauge_set(SERIES(METRIC_MODEL_INFO, model->name, model->version, text), 1);
    pipeline->shown_model = number;
}

void gauges_look(struct pipeline *pipeline) {
    int64_t now = monotonic_ms();
    if (now - pipeline->gauged_ms < LOOK_EVERY_MS)
        return;
    pipeline->gauged_ms = now;
    int64_t wall = wall_ms();
    for (size_t i = 0; i < pipeline->sources.n; i++)
        look_at_source(pipeline, i, wall);
    look_at_time(pipeline, wall);
    look_at_model(pipeline);
}

void gauges_forget(void) {
    gauges_hide(METRIC_LAG_RECORDS);
    gauges_hide(METRIC_LAG_SECONDS);
    gauges_hide(METRIC_WATERMARK_DELAY);
    gauge_hide(SERIES(METRIC_TIME_REACHED_DELAY, NULL));
    gauge_hide(SERIES(METRIC_TICK_LATENESS, NULL));
    atomic_store(&owner, false);
}
