#include "import_send.h"
#include "../consumer/kafka_conf.h"
#include "obek/bucket.h"
#include "obek/clock.h"
#include "obek/interrupt.h"
#include "obek/progress.h"
#include "obek/state_record.h"

#include <stdlib.h>
#include <time.h>

#define RECORD_CUSTOMERS_MAX 2000
#define CUSTOMERS_PER_BUCKET 50 /* a record's share of a bucket is one save call */
#define RECORDS_AHEAD_MAX 8     /* of what obek has lived through: live orders take turns with them */
#define FLUSH_MS 30000
#define SLICE_MS 100

/* A customer who may have to be sent. */
struct entry {
    struct slice id, text; /* in the batch's arena */
};

struct sending {
    const struct import_job *job;
    struct import_outcome *outcome;
    struct controlling controlling;
    struct arena arena; /* of the record being put together */
    struct entry *entries;
    size_t n, most;
    size_t bytes;
    rd_kafka_t *producer;
    rd_kafka_resp_err_t failure;
    int64_t last; /* offset of the newest record; -1 */
    uint64_t read;
    int64_t began_ms;
    struct progress progress;
    struct customer *state;
};

static void on_delivered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
    struct sending *sending = opaque;
    (void)producer;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        sending->failure = message->err;
    else if (message->offset > sending->last)
        sending->last = message->offset;
}

static bool open_producer(struct sending *sending, struct error *error) {
    char reason[256];
    rd_kafka_conf_t *conf = kafka_conf_new(sending->job->config, CLIENT_IDEMPOTENT, error);
    if (conf == NULL)
        return false;
    rd_kafka_conf_set_opaque(conf, sending);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
    sending->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (sending->producer != NULL)
        return true;
    rd_kafka_conf_destroy(conf);
    return error_set(error, "%s", reason);
}

/* ---- who has it already ---- */

static bool has_it(struct sending *sending, const redisReply *reply, struct error *error) {
    struct customer *state = sending->state;
    if (reply->type != REDIS_REPLY_STRING)
        return false;
    if (state_record_read(state, (struct slice){ reply->str, reply->len }, (uint16_t)sending->job->store->ledger_orders, error) !=
        STATE_OK)
        return false; /* obek judges it */
    int64_t until = state->imported_until > state->erased_at ? state->imported_until : state->erased_at;
    return until >= sending->job->terms.until;
}

static bool leave_known_out(struct sending *sending, struct error *error) {
    struct store *store = sending->job->store;
    struct arena scratch = { 0 };
    size_t kept = 0;
    if (store == NULL || sending->n == 0)
        return true;
    for (size_t i = 0; i < sending->n; i++) {
        struct slice key =
            store_customer_key(store, &scratch, bucket_of(sending->entries[i].id, store->buckets), sending->entries[i].id);
        const char *call[] = { "GET", key.data };
        const size_t lengths[] = { 3, key.len };
        redis_append(store->redis, 2, call, lengths);
    }
    arena_free(&scratch);
    if (!redis_execute(store->redis, error))
        return false;
    for (size_t i = 0; i < sending->n; i++)
        if (has_it(sending, redis_answer(store->redis, i), error))
            sending->outcome->known++;
        else
            sending->entries[kept++] = sending->entries[i];
    sending->n = kept;
    return true;
}

/* ---- pace ---- */

static bool wait_a_little(struct sending *sending, struct error *error) {
    rd_kafka_poll(sending->producer, SLICE_MS);
    progress_at(&sending->progress, sending->read);
    return interrupt_check(error);
}

static bool keep_pace(struct sending *sending, struct error *error) {
    for (;;) {
        int64_t due = sending->began_ms + (int64_t)((double)sending->outcome->customers * 1000 / sending->job->rate);
        if (monotonic_ms() >= due)
            return true;
        if (!wait_a_little(sending, error))
            return false;
    }
}

/* obek gets no more ahead of itself than some records, while it runs. */
static bool keep_close(struct sending *sending, struct error *error) {
    int64_t next;
    while (sending->controlling.runs && sending->last >= 0) {
        if (!controlling_next(&sending->controlling, -1, &next, error))
            return false;
        if (next + RECORDS_AHEAD_MAX > sending->last)
            return true;
        progress_at(&sending->progress, sending->read);
        if (!interrupt_check(error) || !controlling_pause(&sending->controlling, error))
            return false;
    }
    return true;
}

/* ---- records ---- */

static bool produce(struct sending *sending, const struct buffer *record, struct error *error) {
    for (;;) {
        rd_kafka_resp_err_t err = rd_kafka_producev(sending->producer, RD_KAFKA_V_TOPIC(sending->job->config->control_topic),
                                                    RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                                    RD_KAFKA_V_VALUE(record->data, record->len), RD_KAFKA_V_END);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
            break;
        if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return error_set(error, "control topic: %s", rd_kafka_err2str(err));
        if (!wait_a_little(sending, error))
            return false;
    }
    rd_kafka_poll(sending->producer, 0);
    return sending->failure == RD_KAFKA_RESP_ERR_NO_ERROR ||
           error_set(error, "control topic: %s", rd_kafka_err2str(sending->failure));
}

static bool send_record(struct sending *sending, struct error *error) {
    struct buffer customers = { 0 }, record = { 0 };
    bool good = leave_known_out(sending, error);
    if (good && sending->n > 0) {
        for (size_t i = 0; i < sending->n; i++) {
            buffer_append_text(&customers, i > 0 ? "," : "");
            buffer_append_slice(&customers, sending->entries[i].text);
        }
        control_record_write_import(&record, &sending->job->terms, buffer_slice(&customers));
        good = keep_pace(sending, error) && keep_close(sending, error) && produce(sending, &record, error);
        sending->outcome->customers += good ? sending->n : 0;
        sending->outcome->records += good;
    }
    buffer_free(&customers);
    buffer_free(&record);
    arena_reset(&sending->arena);
    sending->n = sending->bytes = 0;
    progress_at(&sending->progress, sending->read);
    return good;
}

static bool take_customer(void *context, struct slice id, const struct import_history *history, struct error *error) {
    struct sending *sending = context;
    struct buffer text = { 0 };
    bool good = control_record_write_customer(&text, id, history, error);
    sending->read++;
    if (good &&
        (sending->n == sending->most || sending->bytes + text.len + 1 > CONTROL_RECORD_BYTES_MAX - CONTROL_IMPORT_FRAME_MAX))
        good = send_record(sending, error);
    if (good) {
        sending->entries[sending->n++] =
            (struct entry){ arena_copy(&sending->arena, id), arena_copy(&sending->arena, buffer_slice(&text)) };
        sending->bytes += text.len + 1;
    }
    buffer_free(&text);
    return good;
}

static bool drain(struct sending *sending, struct error *error) {
    int64_t until = monotonic_ms() + FLUSH_MS;
    while (rd_kafka_outq_len(sending->producer) > 0 && monotonic_ms() < until)
        if (!wait_a_little(sending, error))
            return false;
    if (sending->failure != RD_KAFKA_RESP_ERR_NO_ERROR || rd_kafka_outq_len(sending->producer) > 0)
        return error_set(
            error, "control topic: %s",
            rd_kafka_err2str(sending->failure != RD_KAFKA_RESP_ERR_NO_ERROR ? sending->failure : RD_KAFKA_RESP_ERR__TIMED_OUT));
    return true;
}

static bool wait_for_obek(struct sending *sending, struct error *error) {
    struct import_outcome *outcome = sending->outcome;
    outcome->through = sending->last < 0;
    if (sending->last >= 0 && sending->controlling.runs &&
        !controlling_wait(&sending->controlling, -1, sending->last, sending->job->limit_ms, &outcome->through, error))
        return false;
    outcome->runs = sending->controlling.runs;
    return true;
}

bool import_send(struct import_rows *rows, const struct import_job *job, struct import_outcome *outcome, struct error *error) {
    int64_t in_a_record = job->store == NULL ? RECORD_CUSTOMERS_MAX : job->store->buckets * CUSTOMERS_PER_BUCKET;
    struct sending sending = { .job = job,
                               .outcome = outcome,
                               .controlling = { .config = job->config, .look = job->look, .store = job->store },
                               .most = in_a_record < RECORD_CUSTOMERS_MAX ? (size_t)in_a_record : RECORD_CUSTOMERS_MAX,
                               .last = -1,
                               .began_ms = monotonic_ms() };
    *outcome = (struct import_outcome){ 0 };
    if (job->store != NULL && !controlling_members(job->look, job->config, &sending.controlling.runs, error))
        return false;
    if (!open_producer(&sending, error))
        return false;
    sending.entries = xcalloc(sending.most, sizeof *sending.entries);
    sending.state = xcalloc(1, sizeof *sending.state);
    progress_begin(&sending.progress, NULL, rows->n, job->progress);
    bool good = import_rows_each(rows, job->terms.until, take_customer, &sending, error) && send_record(&sending, error) &&
                drain(&sending, error) && wait_for_obek(&sending, error);
    progress_end(&sending.progress, sending.read);
    rd_kafka_destroy(sending.producer);
    free(sending.entries);
    free(sending.state);
    arena_free(&sending.arena);
    return good;
}
