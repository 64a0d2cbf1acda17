#include "replay_send.h"
#include "../consumer/kafka_conf.h"
#include "obek/clock.h"
#include "obek/interrupt.h"
#include "obek/progress.h"

#include <inttypes.h>
#include <stdio.h>

#define GIVE_UP_AFTER_SIGNAL_MS 5000

struct sender {
    const struct replay_job *job;
    rd_kafka_t *producer;
    struct replay_record record;
    struct progress progress;
    uint64_t queued, delivered;
    bool failed, warned;
    struct error *error;
};

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *context) {
    struct sender *sender = context;
    (void)producer;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        sender->delivered++;
        return;
    }
    if (sender->failed || message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
        return;
    sender->failed = true;
    error_set(sender->error, "topic %s: %s", sender->job->feed->topic, rd_kafka_err2str(message->err));
}

/* A broker that cannot be reached is tried on; once is enough to say so. */
static void on_error(rd_kafka_t *producer, int code, const char *reason, void *context) {
    struct sender *sender = context;
    (void)producer;
    if (!sender->warned)
        fprintf(stderr, "obek replay: waiting for Kafka: %s (%s)\n", rd_kafka_err2str((rd_kafka_resp_err_t)code), reason);
    sender->warned = true;
}

/* What is wrong comes by on_error and on_delivery. */
static void on_log(const rd_kafka_t *producer, int level, const char *facility, const char *text) {
    (void)producer;
    log_event(LOG_LEVEL_DEBUG, "librdkafka", { "level", LOG_I(level) }, { "facility", LOG_S(facility) }, { "text", LOG_S(text) });
}

/* murmur2_random is what Java's clients do with a key: one customer, one partition, whoever wrote it. */
static bool open_producer(struct sender *sender) {
    char reason[256];
    rd_kafka_conf_t *conf = kafka_conf_new(sender->job->config, CLIENT_IDEMPOTENT, sender->error);
    if (conf == NULL)
        return false;
    rd_kafka_conf_set_opaque(conf, sender);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (rd_kafka_conf_set(conf, "partitioner", "murmur2_random", reason, sizeof reason) == RD_KAFKA_CONF_OK)
        sender->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (sender->producer != NULL)
        return true;
    rd_kafka_conf_destroy(conf);
    return error_set(sender->error, "cannot make a Kafka producer: %s", reason);
}

static rd_kafka_headers_t *headers_of(const struct replay_record *record) {
    if (record->n_headers == 0)
        return NULL;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->n_headers);
    for (size_t i = 0; i < record->n_headers; i++)
        rd_kafka_header_add(headers, record->headers[i].name, -1, record->headers[i].value.data,
                            (ssize_t)record->headers[i].value.len);
    return headers;
}

static rd_kafka_resp_err_t produce(struct sender *sender) {
    const struct replay_record *record = &sender->record;
    rd_kafka_headers_t *headers = headers_of(record);
    rd_kafka_resp_err_t result = rd_kafka_producev(
        sender->producer, RD_KAFKA_V_TOPIC(sender->job->feed->topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(record->key.data, record->key.len), RD_KAFKA_V_VALUE(record->value.data, record->value.len),
        RD_KAFKA_V_TIMESTAMP(record->timestamp), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (result != RD_KAFKA_RESP_ERR_NO_ERROR && headers != NULL)
        rd_kafka_headers_destroy(headers); /* else they are the record's */
    return result;
}

static bool going(const struct sender *sender) {
    return !interrupted() && !sender->failed;
}

static bool send_record(struct sender *sender) {
    rd_kafka_resp_err_t result;
    while ((result = produce(sender)) == RD_KAFKA_RESP_ERR__QUEUE_FULL && going(sender)) {
        rd_kafka_poll(sender->producer, 100);
        progress_at(&sender->progress, sender->delivered);
    }
    if (result == RD_KAFKA_RESP_ERR_NO_ERROR) {
        sender->queued++;
        return true;
    }
    if (!going(sender))
        return false;
    sender->failed = true;
    return error_set(sender->error, "topic %s: %s", sender->job->feed->topic, rd_kafka_err2str(result));
}

/* With a rate the n-th record leaves n / rate seconds after the first. */
static void keep_pace(struct sender *sender) {
    while (going(sender)) {
        int64_t due = sender->progress.began_ms + (int64_t)((double)sender->queued * 1000 / sender->job->rate);
        int64_t left = due - monotonic_ms();
        if (left <= 0)
            return;
        rd_kafka_poll(sender->producer, left < 100 ? (int)left : 100);
        progress_at(&sender->progress, sender->delivered);
    }
}

static bool send_row(struct sender *sender, const struct order_row *row) {
    for (unsigned copy = 1; copy <= sender->job->copies; copy++) {
        if (sender->job->rate > 0)
            keep_pace(sender);
        if (!going(sender))
            return false;
        if (!replay_write(sender->job->writer, row, copy, &sender->record, sender->error)) {
            sender->failed = true;
            return false;
        }
        if (!send_record(sender))
            return false;
    }
    return true;
}

static void send_all(struct sender *sender) {
    const struct csv_orders *orders = sender->job->orders;
    for (size_t i = 0; i < orders->n && going(sender); i++) {
        if (!send_row(sender, &orders->rows[i]))
            return;
        if (i % 256 == 0) {
            rd_kafka_poll(sender->producer, 0);
            progress_at(&sender->progress, sender->delivered);
        }
    }
}

/* Waits until every record is delivered or given up by librdkafka; after a signal only a little. */
static void drain(struct sender *sender) {
    int64_t signal_ms = 0;
    while (rd_kafka_outq_len(sender->producer) > 0 && !sender->failed) {
        rd_kafka_flush(sender->producer, 100);
        progress_at(&sender->progress, sender->delivered);
        if (interrupted() && signal_ms == 0)
            signal_ms = monotonic_ms();
        if (interrupted() && monotonic_ms() - signal_ms > GIVE_UP_AFTER_SIGNAL_MS)
            break;
    }
    if (rd_kafka_outq_len(sender->producer) > 0)
        rd_kafka_purge(sender->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (rd_kafka_poll(sender->producer, 0) > 0) {
    }
}

bool replay_send(const struct replay_job *job, uint64_t *sent, struct error *error) {
    struct sender sender = { .job = job, .error = error };
    uint64_t total = (uint64_t)job->orders->n * job->copies;
    *sent = 0;
    if (!open_producer(&sender))
        return false;
    interrupt_catch();
    progress_begin(&sender.progress, NULL, total, job->progress);
    send_all(&sender);
    drain(&sender);
    progress_end(&sender.progress, sender.delivered);
    rd_kafka_destroy(sender.producer);
    replay_record_free(&sender.record);
    *sent = sender.delivered;
    if (sender.failed)
        return false;
    return sender.delivered == total || error_set(error, interrupted() ? "stopped by a signal" : "not everything was delivered");
}
