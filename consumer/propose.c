#include "propose.h"
#include "kafka_conf.h"
#include "obek/control_record.h"
#include "obek/file.h"
#include "obek/model_file.h"
#include "reach_list.h"

#include <stdio.h>
#include <stdlib.h>

#define PRODUCE_TIMEOUT_MS 30000
#define ENDS_TIMEOUT_MS 10000

bool candidate_load(struct candidate *candidate, const char *path, const struct config *config, struct error *error) {
    *candidate = (struct candidate){ 0 };
    if (file_read(&candidate->file, path, MODEL_FILE_BYTES_MAX, error))
        candidate->model = model_parse(buffer_slice(&candidate->file), path, error);
    const struct model *model = candidate->model;
    if (model != NULL && strcmp(model->currency, config->currency_base) == 0)
        return true;
    if (model != NULL)
        error_set(error, "%s: its currency is %s, and currency.base is %s", path, model->currency, config->currency_base);
    candidate_free(candidate);
    return false;
}

void candidate_free(struct candidate *candidate) {
    model_free(candidate->model);
    candidate->model = NULL;
    buffer_free(&candidate->file);
}

static void take_record(struct proposals *proposals, const rd_kafka_message_t *message, const char *sha256) {
    struct control_record record;
    struct error unused;
    if (!control_record_read(&record, (struct slice){ message->payload, message->len }, &unused))
        return; /* a dead letter: it puts nothing in force */
    if (record.type == CONTROL_MODEL) {
        proposals->none = false;
        proposals->is_last = strcmp(record.sha256, sha256) == 0;
        proposals->any |= proposals->is_last;
    }
    control_record_free(&record);
}

bool propose_look(struct kafka_look *look, const struct config *config, int64_t from, const char *sha256,
                  struct proposals *proposals, struct error *error) {
    const char *topic = config->control_topic;
    int64_t low, high;
    *proposals = (struct proposals){ .none = true };
    if (!kafka_look_range(look, topic, 0, &low, &high, error))
        return false;
    from = from < low ? low : from;
    if (from >= high)
        return true;
    if (!kafka_look_begin(look, topic, 0, from, error))
        return false;
    enum look_result result;
    rd_kafka_message_t *message;
    while ((result = kafka_look_next(look, &message, error)) == LOOK_RECORD) {
        take_record(proposals, message, sha256);
        bool last = message->offset + 1 >= high;
        rd_kafka_message_destroy(message);
        if (last)
            break;
    }
    kafka_look_done(look);
    return result != LOOK_FAILED;
}

bool propose_time(struct kafka_look *look, struct store *store, const struct config *config, int64_t *time, struct error *error) {
    struct ends_query *query = ends_query_new(look, config, error);
    if (query == NULL)
        return false;
    struct arena arena = { 0 };
    struct ends_answer *answer = ends_query_ask(query, ENDS_TIMEOUT_MS, NULL);
    struct reach_list list;
    bool ok = answer->whole || error_set(error, "the time reached: %s", answer->error.text);
    ok = ok && reach_list_read(&list, &arena, store, config, answer, NULL, error);
    if (ok)
        *time = time_reached(config->clock, config->clock_event_until, config->time_grace_ms, answer->asked_wall_ms, list.items,
                             list.n)
                    .time;
    arena_free(&arena);
    ends_answer_free(answer);
    ends_query_free(query);
    return ok;
}

bool propose_record(struct buffer *record, const struct candidate *candidate, int64_t time, struct error *error) {
    return control_record_write_model(record, buffer_slice(&candidate->file), candidate->model->sha256, time, error);
}

struct delivery_report {
    rd_kafka_resp_err_t err;
    int64_t offset;
};

static void on_delivered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
    (void)producer;
    *(struct delivery_report *)opaque = (struct delivery_report){ message->err, message->offset };
}

bool propose_send(const struct config *config, struct slice value, int64_t *offset, struct error *error) {
    rd_kafka_conf_t *conf = kafka_conf_new(config, CLIENT_IDEMPOTENT, error);
    if (conf == NULL)
        return false;
    struct delivery_report report = { RD_KAFKA_RESP_ERR__TIMED_OUT, -1 };
    char text[256];
    rd_kafka_conf_set_opaque(conf, &report);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (producer == NULL) {
        rd_kafka_conf_destroy(conf);
        return error_set(error, "%s", text);
    }
    rd_kafka_resp_err_t err = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(config->control_topic), RD_KAFKA_V_PARTITION(0),
                                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                                RD_KAFKA_V_VALUE((void *)(uintptr_t)value.data, value.len), RD_KAFKA_V_END);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_flush(producer, PRODUCE_TIMEOUT_MS);
    rd_kafka_destroy(producer);
    err = err == RD_KAFKA_RESP_ERR_NO_ERROR ? report.err : err;
    *offset = report.offset;
    return err == RD_KAFKA_RESP_ERR_NO_ERROR || error_set(error, "control topic: %s", rd_kafka_err2str(err));
}
