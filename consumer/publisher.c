#include "publisher.h"
#include "obek/buffer.h"
#include "obek/clock.h"
#include "obek/condition.h"
#include "obek/event.h"
#include "obek/failpoint.h"
#include "obek/log.h"
#include "outgoing.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define EVENT_HEADERS_MAX 8

struct job {
    struct batch *batch;
    const rd_kafka_consumer_group_metadata_t *metadata;
    bool done, committed;
};

struct publisher {
    const struct config *config;
    struct kafka_out *out;
    const char *incarnation;
    char *source; /* ce_source: /obek/<group.id> */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct job jobs[PUBLISHER_BATCHES_MAX]; /* jobs[0] is the oldest */
    int n;
    bool stop, failed;
    enum out_result failure;
    struct error error;
};

static void add_text(rd_kafka_headers_t *headers, const char *name, const char *text) {
    rd_kafka_header_add(headers, name, -1, text, -1);
}

static void add_slice(void *headers, const char *name, struct slice value) {
    rd_kafka_header_add(headers, name, -1, value.data, (ssize_t)value.len);
}

static void add_number(rd_kafka_headers_t *headers, const char *name, int64_t number) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    add_text(headers, name, text);
}

/* The record's own headers, then Kafka Connect's (contract, conventions: "Dead letters"). */
static rd_kafka_headers_t *dead_letter_headers(const struct batch_record *record, const struct outgoing_view *view) {
    rd_kafka_headers_t *own = NULL;
    rd_kafka_headers_t *headers = rd_kafka_message_headers(record->message, &own) == RD_KAFKA_RESP_ERR_NO_ERROR
                                      ? rd_kafka_headers_copy(own)
                                      : rd_kafka_headers_new(8);
    add_text(headers, "__connect.errors.topic", record->source->topic);
    add_number(headers, "__connect.errors.partition", record->source->partition);
    add_number(headers, "__connect.errors.offset", record->offset);
    add_slice(headers, "__connect.errors.stage", view->stage);
    add_slice(headers, "__connect.errors.class.name", view->reason);
    add_slice(headers, "__connect.errors.exception.message", view->message);
    /* not as the dead letter's own: brokers delete by it, and refuse it where it lies ahead. `obek redrive` gives it back */
    rd_kafka_timestamp_type_t type;
    int64_t timestamp = rd_kafka_message_timestamp(record->message, &type);
    if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
        add_number(headers, "__connect.errors.timestamp", timestamp);
    return headers;
}

static enum out_result send_dead_letter(struct publisher *publisher, const struct batch_record *record,
                                        const struct outgoing_view *view, struct error *error) {
    const rd_kafka_message_t *message = record->message;
    return kafka_out_send(publisher->out, publisher->config->dead_letter_topic, RD_KAFKA_PARTITION_UA,
                          (struct slice){ message->key, message->key_len }, (struct slice){ message->payload, message->len },
                          dead_letter_headers(record, view), error);
}

static enum out_result send_event(struct publisher *publisher, const struct outgoing_view *view, struct error *error) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(EVENT_HEADERS_MAX);
    event_headers(view->event_id, view->occurred_at, publisher->source, view->kind == OUTGOING_AVRO_EVENT, view->traceparent,
                  view->tracestate, add_slice, headers);
    return kafka_out_send(publisher->out, publisher->config->campaign_topic, RD_KAFKA_PARTITION_UA, view->key, view->value,
                          headers, error);
}

static enum out_result send_all(struct publisher *publisher, const struct batch *batch, struct error *error) {
    for (size_t i = 0; i < batch->n; i++) {
        const struct batch_record *record = &batch->records[i];
        for (uint32_t k = 0; record->publishes && k < record->n_outgoing; k++) {
            struct outgoing_view view;
            if (!outgoing_read(&view, record->outgoing[k].packed, error))
                return OUT_ABORTED;
            enum out_result result = view.kind == OUTGOING_DEAD ? send_dead_letter(publisher, record, &view, error)
                                                                : send_event(publisher, &view, error);
            if (result != OUT_OK)
                return result;
        }
    }
    if (batch->control.len == 0)
        return OUT_OK;
    return kafka_out_send(publisher->out, publisher->config->control_topic, 0, (struct slice){ NULL, 0 }, batch->control, NULL,
                          error);
}

static rd_kafka_topic_partition_list_t *offsets_of(const struct publisher *publisher, const struct batch *batch) {
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new((int)batch->n_ends);
    for (size_t i = 0; i < batch->n_ends; i++) {
        const struct batch_end *end = &batch->ends[i];
        rd_kafka_topic_partition_t *at = rd_kafka_topic_partition_list_add(offsets, end->source->topic, end->source->partition);
        struct commit_note note = { .watermark = end->commit_watermark, .first_offset = end->source->first_offset };
        memcpy(note.incarnation, publisher->incarnation, sizeof note.incarnation);
        char text[128];
        commit_note_text(&note, text, sizeof text);
        at->offset = end->commit;
        at->metadata_size = strlen(text);
        at->metadata = xstrdup(text); /* librdkafka frees it with the list */
    }
    return offsets;
}

/* begin -> events and dead letters -> offsets -> commit */
static enum out_result publish(struct publisher *publisher, const struct job *job, struct error *error) {
    enum out_result result = kafka_out_begin(publisher->out, error);
    FAILPOINT("after-begin");
    if (result == OUT_OK)
        result = send_all(publisher, job->batch, error);
    FAILPOINT("after-produce");
    if (result != OUT_OK) {
        kafka_out_abort(publisher->out);
        return result;
    }
    rd_kafka_topic_partition_list_t *offsets = offsets_of(publisher, job->batch);
    result = kafka_out_commit(publisher->out, offsets, job->metadata, error);
    FAILPOINT("after-commit");
    rd_kafka_topic_partition_list_destroy(offsets);
    return result;
}

static struct job *next_job(struct publisher *publisher) {
    for (int i = 0; i < publisher->n; i++)
        if (!publisher->jobs[i].done)
            return &publisher->jobs[i];
    return NULL;
}

static void *run(void *context) {
    struct publisher *publisher = context;
    pthread_mutex_lock(&publisher->lock);
    for (;;) {
        struct job *job = next_job(publisher);
        if (job == NULL) {
            if (publisher->stop)
                break;
            pthread_cond_wait(&publisher->changed, &publisher->lock);
            continue;
        }
        struct job copy = *job;
        bool failed = publisher->failed;
        pthread_mutex_unlock(&publisher->lock);
        struct error error = { "" };
        enum out_result result = failed ? OUT_ABORTED : publish(publisher, &copy, &error);
        pthread_mutex_lock(&publisher->lock);
        job = next_job(publisher); /* the list may have been shifted meanwhile */
        job->done = true;
        job->committed = result == OUT_OK;
        if (result != OUT_OK && !publisher->failed) {
            publisher->failed = true;
            publisher->failure = result;
            publisher->error = error;
        }
        pthread_cond_broadcast(&publisher->changed);
    }
    pthread_mutex_unlock(&publisher->lock);
    return NULL;
}

struct publisher *publisher_new(const struct config *config, struct kafka_out *out, const char *incarnation) {
    struct publisher *publisher = xcalloc(1, sizeof *publisher);
    *publisher = (struct publisher){ .config = config, .out = out, .incarnation = incarnation };
    struct buffer source = { 0 };
    buffer_printf(&source, "/obek/%s", config->group_id);
    publisher->source = xstrndup(source.data, source.len);
    buffer_free(&source);
    pthread_mutex_init(&publisher->lock, NULL);
    condition_init(&publisher->changed);
    if (pthread_create(&publisher->thread, NULL, run, publisher) != 0) {
        perror("obek: thread");
        abort();
    }
    return publisher;
}

void publisher_free(struct publisher *publisher) {
    if (publisher == NULL)
        return;
    pthread_mutex_lock(&publisher->lock);
    publisher->stop = true;
    pthread_cond_broadcast(&publisher->changed);
    pthread_mutex_unlock(&publisher->lock);
    pthread_join(publisher->thread, NULL);
    pthread_cond_destroy(&publisher->changed);
    pthread_mutex_destroy(&publisher->lock);
    free(publisher->source);
    free(publisher);
}

void publisher_submit(struct publisher *publisher, struct batch *batch, const rd_kafka_consumer_group_metadata_t *metadata) {
    pthread_mutex_lock(&publisher->lock);
    publisher->jobs[publisher->n++] = (struct job){ .batch = batch, .metadata = metadata };
    pthread_cond_broadcast(&publisher->changed);
    pthread_mutex_unlock(&publisher->lock);
}

/* Waits for the oldest job; publisher->lock is held. */
static void wait_for_oldest(struct publisher *publisher, int64_t wait_ms) {
    int64_t until_ms = monotonic_ms() + wait_ms;
    bool waits = true;
    while (waits && publisher->n > 0 && !publisher->jobs[0].done)
        waits = wait_ms < 0 ? pthread_cond_wait(&publisher->changed, &publisher->lock) == 0
                            : condition_wait_until(&publisher->changed, &publisher->lock, until_ms);
}

struct batch *publisher_collect(struct publisher *publisher, int64_t wait_ms, bool *committed) {
    pthread_mutex_lock(&publisher->lock);
    if (wait_ms != 0)
        wait_for_oldest(publisher, wait_ms);
    struct batch *batch = NULL;
    if (publisher->n > 0 && publisher->jobs[0].done) {
        batch = publisher->jobs[0].batch;
        *committed = publisher->jobs[0].committed;
        memmove(&publisher->jobs[0], &publisher->jobs[1], (size_t)--publisher->n * sizeof publisher->jobs[0]);
    }
    pthread_mutex_unlock(&publisher->lock);
    return batch;
}

bool publisher_failed(struct publisher *publisher, enum out_result *result, struct error *error) {
    pthread_mutex_lock(&publisher->lock);
    bool failed = publisher->failed;
    if (failed) {
        *result = publisher->failure;
        *error = publisher->error;
    }
    pthread_mutex_unlock(&publisher->lock);
    return failed;
}

void publisher_resume(struct publisher *publisher) {
    pthread_mutex_lock(&publisher->lock);
    publisher->failed = false;
    pthread_mutex_unlock(&publisher->lock);
}
