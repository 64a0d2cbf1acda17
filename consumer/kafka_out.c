#include "kafka_out.h"
#include "kafka_conf.h"
#include "metrics.h"
#include "obek/buffer.h"
#include "obek/clock.h"
#include "obek/failpoint.h"
#include "obek/log.h"

#include <stdlib.h>

#define CALL_TIMEOUT_MS 10000
#define INIT_ATTEMPTS_MAX 30
#define FLUSH_ATTEMPTS_MAX 6
#define STOP_GRACE_MS 5000
#define POLL_EVERY 100 /* messages; only failures are reported */

struct kafka_out {
    const struct config *config;
    rd_kafka_t *consumer;
    rd_kafka_t *producer;
    rd_kafka_topic_t *topic; /* the one last sent to: librdkafka looks for a name anew with every message */
    bool transactional;
    bool in_transaction;
    int64_t begun_ms, begun_ns, timeout_ms; /* of the transaction; monotonic */
    const volatile sig_atomic_t *stop;
    int64_t stopped_ms; /* when the stop was seen; 0: not yet */
    unsigned sent;
    int failed; /* deliveries, since begin; only touched inside poll and flush */
};

static void measure(const char *call, int64_t since_ns) {
    histogram_add_since(SERIES(METRIC_KAFKA_SECONDS, call), since_ns);
}

/* May a call that can be repeated be repeated? An open transaction is left to its time-out, and the next start goes on from the
   outbox (design, section 6). */
static bool is_patient(struct kafka_out *out) {
    if (out->stop == NULL || *out->stop == 0)
        return true;
    if (out->stopped_ms == 0)
        out->stopped_ms = monotonic_ms();
    return monotonic_ms() - out->stopped_ms < STOP_GRACE_MS;
}

static void on_delivered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
    (void)producer;
    struct kafka_out *out = opaque;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    counter_add(SERIES(METRIC_KAFKA_ERRORS, "producer", rd_kafka_err2name(message->err)), 1);
    if (out->failed++ == 0)
        log_event(LOG_LEVEL_WARN, "delivery_failed", { "topic", LOG_S(rd_kafka_topic_name(message->rkt)) },
                  { "error", LOG_S(rd_kafka_err2str(message->err)) });
}

static void on_error(rd_kafka_t *producer, int err, const char *reason, void *opaque) {
    (void)producer;
    (void)opaque;
    counter_add(SERIES(METRIC_KAFKA_ERRORS, "producer", rd_kafka_err2name(err)), 1);
    log_event(LOG_LEVEL_WARN, "kafka", { "client", LOG_S("producer") }, { "code", LOG_S(rd_kafka_err2name(err)) },
              { "error", LOG_S(reason) });
}

struct kafka_out *kafka_out_new(const struct config *config, rd_kafka_t *consumer, struct error *error) {
    bool transactional = config->delivery == DELIVERY_EXACTLY_ONCE;
    rd_kafka_conf_t *conf = kafka_conf_new(config, transactional ? CLIENT_TRANSACTIONAL : CLIENT_IDEMPOTENT, error);
    if (conf == NULL)
        return NULL; /* a wrong property is found at the start */
    rd_kafka_conf_destroy(conf);
    struct kafka_out *out = xcalloc(1, sizeof *out);
    *out = (struct kafka_out){ .config = config, .consumer = consumer, .transactional = transactional };
    return out;
}

void kafka_out_stop_by(struct kafka_out *out, const volatile sig_atomic_t *stop) {
    out->stop = stop;
}

static void throw_away(struct kafka_out *out) {
    if (out->producer == NULL)
        return;
    if (out->topic != NULL)
        rd_kafka_topic_destroy(out->topic);
    out->topic = NULL;
    rd_kafka_purge(out->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy(out->producer);
    out->producer = NULL;
    out->in_transaction = false;
}

void kafka_out_free(struct kafka_out *out) {
    if (out == NULL)
        return;
    throw_away(out);
    free(out);
}

static enum out_result make_producer(struct kafka_out *out, struct error *error) {
    rd_kafka_conf_t *conf = kafka_conf_new(out->config, out->transactional ? CLIENT_TRANSACTIONAL : CLIENT_IDEMPOTENT, error);
    if (conf == NULL)
        return OUT_ABORTED;
    char timeout[24] = "";
    size_t size = sizeof timeout;
    if (rd_kafka_conf_get(conf, "transaction.timeout.ms", timeout, &size) == RD_KAFKA_CONF_OK)
        out->timeout_ms = strtoll(timeout, NULL, 10);
    rd_kafka_conf_set_opaque(conf, out);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
    rd_kafka_conf_set_error_cb(conf, on_error);
    char text[256];
    rd_kafka_conf_set(conf, "delivery.report.only.error", "true", text, sizeof text);
    out->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (out->producer != NULL)
        return OUT_OK;
    rd_kafka_conf_destroy(conf);
    error_set(error, "kafka producer: %s", text);
    return OUT_ABORTED;
}

/* By another process. A transaction that is older than its time-out was aborted by the coordinator, which raises the epoch, too;
   whether somebody else has taken over then shows in the group (FENCED_INSTANCE_ID). */
static bool is_fenced(const struct kafka_out *out, rd_kafka_resp_err_t code) {
    bool fenced = code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
                  code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
    return fenced && !(out->in_transaction && monotonic_ms() - out->begun_ms >= out->timeout_ms);
}

/* What became of a transactional call that failed; lets go of the error. Unless a plain abort is all it takes, the producer goes:
   a commit without an answer may still end a later transaction (librdkafka #5423). */
static enum out_result give_up(struct kafka_out *out, rd_kafka_error_t *failure, const char *call, struct error *error) {
    error_set(error, "%s: %s: %s", call, rd_kafka_error_name(failure), rd_kafka_error_string(failure));
    bool fenced = is_fenced(out, rd_kafka_error_code(failure));
    bool abortable = rd_kafka_error_txn_requires_abort(failure) != 0;
    rd_kafka_error_destroy(failure);
    if (abortable)
        kafka_out_abort(out);
    else
        throw_away(out);
    return fenced ? OUT_FENCED : OUT_ABORTED;
}

static enum out_result give_up_commit(struct kafka_out *out, rd_kafka_error_t *failure, struct error *error) {
    enum out_result result = give_up(out, failure, "commit transaction", error);
    throw_away(out);
    return result;
}

enum out_result kafka_out_ready(struct kafka_out *out, struct error *error) {
    if (out->producer != NULL)
        return OUT_OK;
    if (make_producer(out, error) != OUT_OK)
        return OUT_ABORTED;
    if (!out->transactional)
        return OUT_OK;
    for (int attempt = 1;; attempt++) {
        int64_t since = monotonic_ns();
        rd_kafka_error_t *failure = rd_kafka_init_transactions(out->producer, CALL_TIMEOUT_MS);
        measure("init_transactions", since);
        if (failure == NULL)
            return OUT_OK;
        if (rd_kafka_error_is_retriable(failure) && attempt < INIT_ATTEMPTS_MAX && is_patient(out)) {
            rd_kafka_error_destroy(failure);
            continue;
        }
        return give_up(out, failure, "init transactions", error);
    }
}

enum out_result kafka_out_begin(struct kafka_out *out, struct error *error) {
    enum out_result result = kafka_out_ready(out, error);
    if (result != OUT_OK)
        return result;
    out->failed = 0;
    out->begun_ns = monotonic_ns();
    if (!out->transactional)
        return OUT_OK;
    rd_kafka_error_t *failure = rd_kafka_begin_transaction(out->producer);
    if (failure != NULL)
        return give_up(out, failure, "begin transaction", error);
    out->in_transaction = true;
    out->begun_ms = monotonic_ms();
    return OUT_OK;
}

static rd_kafka_resp_err_t take_topic(struct kafka_out *out, const char *topic) {
    if (out->topic != NULL && strcmp(rd_kafka_topic_name(out->topic), topic) == 0)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    if (out->topic != NULL)
        rd_kafka_topic_destroy(out->topic);
    out->topic = rd_kafka_topic_new(out->producer, topic, NULL);
    return out->topic == NULL ? rd_kafka_last_error() : RD_KAFKA_RESP_ERR_NO_ERROR;
}

enum out_result kafka_out_send_at(struct kafka_out *out, const char *topic, int32_t partition, int64_t timestamp,
                                  struct slice key, struct slice value, rd_kafka_headers_t *headers, struct error *error) {
    for (;;) {
        rd_kafka_resp_err_t err = take_topic(out, topic);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
            err = rd_kafka_producev(out->producer, RD_KAFKA_V_RKT(out->topic), RD_KAFKA_V_PARTITION(partition),
                                    RD_KAFKA_V_TIMESTAMP(timestamp < 0 ? 0 : timestamp), /* librdkafka: 0 is now */
                                    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data, key.len),
                                    RD_KAFKA_V_VALUE((void *)(uintptr_t)value.data, value.len), RD_KAFKA_V_HEADERS(headers),
                                    RD_KAFKA_V_END);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            if (++out->sent % POLL_EVERY == 0)
                rd_kafka_poll(out->producer, 0);
            return OUT_OK;
        }
        if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL || !is_patient(out)) {
            if (headers != NULL)
                rd_kafka_headers_destroy(headers);
            error_set(error, "produce to %s: %s", topic, rd_kafka_err2str(err));
            kafka_out_abort(out);
            return OUT_ABORTED;
        }
        rd_kafka_poll(out->producer, 100);
    }
}

enum out_result kafka_out_send(struct kafka_out *out, const char *topic, int32_t partition, struct slice key, struct slice value,
                               rd_kafka_headers_t *headers, struct error *error) {
    return kafka_out_send_at(out, topic, partition, -1, key, value, headers, error);
}

static enum out_result commit_plain(struct kafka_out *out, const rd_kafka_topic_partition_list_t *offsets, struct error *error) {
    int64_t since = monotonic_ns();
    rd_kafka_resp_err_t err = rd_kafka_flush(out->producer, CALL_TIMEOUT_MS);
    for (int attempt = 1; err == RD_KAFKA_RESP_ERR__TIMED_OUT && attempt < FLUSH_ATTEMPTS_MAX && is_patient(out); attempt++)
        err = rd_kafka_flush(out->producer, CALL_TIMEOUT_MS);
    measure("flush", since);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR && out->failed == 0) {
        FAILPOINT("before-commit");
        since = monotonic_ns();
        err = offsets->cnt == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_commit(out->consumer, offsets, 0);
        measure("commit", since);
    }
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR && out->failed == 0)
        return OUT_OK;
    error_set(error, "commit: %s", err == RD_KAFKA_RESP_ERR_NO_ERROR ? "an event was not delivered" : rd_kafka_err2str(err));
    throw_away(out);
    return OUT_ABORTED;
}

static enum out_result commit_transaction(struct kafka_out *out, const rd_kafka_topic_partition_list_t *offsets,
                                          const rd_kafka_consumer_group_metadata_t *metadata, struct error *error) {
    rd_kafka_error_t *failure;
    int64_t since = monotonic_ns();
    while ((failure = rd_kafka_send_offsets_to_transaction(out->producer, offsets, metadata, CALL_TIMEOUT_MS)) != NULL) {
        if (!rd_kafka_error_is_retriable(failure) || !is_patient(out))
            return give_up(out, failure, "send offsets", error);
        rd_kafka_error_destroy(failure);
    }
    measure("send_offsets", since);
    FAILPOINT("before-commit");
    since = monotonic_ns();
    while ((failure = rd_kafka_commit_transaction(out->producer, CALL_TIMEOUT_MS)) != NULL) {
        if (!rd_kafka_error_is_retriable(failure) || !is_patient(out))
            return give_up_commit(out, failure, error);
        rd_kafka_error_destroy(failure);
    }
    measure("commit_transaction", since);
    out->in_transaction = false;
    return OUT_OK;
}

enum out_result kafka_out_commit(struct kafka_out *out, const rd_kafka_topic_partition_list_t *offsets,
                                 const rd_kafka_consumer_group_metadata_t *metadata, struct error *error) {
    enum out_result result =
        out->transactional ? commit_transaction(out, offsets, metadata, error) : commit_plain(out, offsets, error);
    if (result == OUT_OK)
        histogram_add_since(SERIES(METRIC_TRANSACTION_SECONDS, NULL), out->begun_ns);
    return result;
}

void kafka_out_abort(struct kafka_out *out) {
    if (out->producer == NULL || !out->in_transaction)
        return;
    rd_kafka_error_t *failure;
    int64_t since = monotonic_ns();
    while ((failure = rd_kafka_abort_transaction(out->producer, CALL_TIMEOUT_MS)) != NULL) {
        bool again = rd_kafka_error_is_retriable(failure) != 0 && is_patient(out);
        if (!again)
            log_event(LOG_LEVEL_WARN, "abort_failed", { "error", LOG_S(rd_kafka_error_string(failure)) });
        rd_kafka_error_destroy(failure);
        if (!again) {
            throw_away(out);
            return;
        }
    }
    measure("abort_transaction", since);
    out->in_transaction = false;
}
