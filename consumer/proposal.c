#include "proposal.h"
#include "kafka_conf.h"
#include "obek/control_record.h"
#include "obek/log.h"
#include "obek/model_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PRODUCE_TIMEOUT_MS 30000

static bool read_model_file(struct buffer *file, const char *path, struct error *error) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return error_set(error, "%s: %s", path, strerror(errno));
    size_t n;
    while (file->len <= MODEL_FILE_BYTES_MAX && (n = fread(buffer_reserve(file, 65536), 1, 65536, stream)) > 0)
        file->len += n;
    bool ok = ferror(stream) == 0 || error_set(error, "%s: cannot be read", path);
    fclose(stream);
    return ok;
}

/* Reads the control topic to its end: has a model of that content ever been in force? */
static enum look_result was_in_force(struct pipeline *pipeline, const char *sha256, bool *was, struct error *error) {
    const char *topic = pipeline->config->control_topic;
    int64_t low, high;
    *was = false;
    if (!kafka_look_range(pipeline->look, topic, 0, &low, &high, error))
        return LOOK_FAILED;
    if (low == high)
        return LOOK_END;
    if (!kafka_look_begin(pipeline->look, topic, 0, low, error))
        return LOOK_FAILED;
    enum look_result result;
    rd_kafka_message_t *message;
    while ((result = kafka_look_next(pipeline->look, &message, error)) == LOOK_RECORD) {
        struct control_record record;
        struct error unused;
        if (control_record_read(&record, (struct slice){ message->payload, message->len }, &unused)) {
            *was |= record.type == CONTROL_MODEL && strcmp(record.sha256, sha256) == 0;
            control_record_free(&record);
        }
        bool last = message->offset + 1 >= high;
        rd_kafka_message_destroy(message);
        if (last)
            break;
    }
    kafka_look_done(pipeline->look);
    return result == LOOK_FAILED ? LOOK_FAILED : LOOK_END;
}

/* T: the smallest watermark of all partitions; one that was never seen counts as minus infinity (design, section 4). */
static int64_t time_reached(struct pipeline *pipeline) {
    int64_t reached = TIME_NEVER;
    for (size_t i = 0; i < pipeline->config->n_feeds; i++) {
        const char *topic = pipeline->config->feeds[i]->topic;
        struct error error;
        int n = kafka_look_partitions(pipeline->look, topic, &error);
        if (n <= 0)
            return TIME_NONE; /* nothing is known of it */
        for (int p = 0; p < n; p++) {
            char name[300];
            struct source_note note = { .watermark = TIME_NONE };
            bool found = false;
            snprintf(name, sizeof name, "%s/%d", topic, p);
            if (!store_note_read(pipeline->store, name, &note, &found, &error) || !found || note.watermark < reached)
                reached = found ? note.watermark : TIME_NONE;
        }
    }
    return reached == TIME_NEVER ? TIME_NONE : reached;
}

static void on_delivered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
    (void)producer;
    *(rd_kafka_resp_err_t *)opaque = message->err;
}

static bool produce(struct pipeline *pipeline, struct slice value, struct error *error) {
    rd_kafka_conf_t *conf = kafka_conf_new(pipeline->config, CLIENT_IDEMPOTENT, error);
    if (conf == NULL)
        return false;
    rd_kafka_resp_err_t delivered = RD_KAFKA_RESP_ERR__TIMED_OUT;
    char text[256];
    rd_kafka_conf_set_opaque(conf, &delivered);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (producer == NULL) {
        rd_kafka_conf_destroy(conf);
        return error_set(error, "%s", text);
    }
    rd_kafka_resp_err_t err = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(pipeline->config->control_topic),
                                                RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                                RD_KAFKA_V_VALUE((void *)(uintptr_t)value.data, value.len), RD_KAFKA_V_END);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_flush(producer, PRODUCE_TIMEOUT_MS);
    rd_kafka_destroy(producer);
    err = err == RD_KAFKA_RESP_ERR_NO_ERROR ? delivered : err;
    return err == RD_KAFKA_RESP_ERR_NO_ERROR || error_set(error, "control topic: %s", rd_kafka_err2str(err));
}

static bool propose(struct pipeline *pipeline, const struct model *model, struct slice file) {
    struct error error = { "" };
    bool was = false;
    while (was_in_force(pipeline, model->sha256, &was, &error) == LOOK_FAILED) {
        log_event(LOG_LEVEL_WARN, "kafka_down", { "while", LOG_S("reading the control topic") }, { "error", LOG_S(error.text) });
        if (!pipeline_wait(pipeline, 500))
            return false;
    }
    if (was)
        return true;
    struct buffer record = { 0 };
    bool ok = control_record_write_model(&record, file, model->sha256, time_reached(pipeline), &error);
    if (!ok)
        halt_raise(&pipeline->halt, EXIT_USAGE, "model", "%s: %s", pipeline->config->model_file, error.text);
    while (ok && !produce(pipeline, buffer_slice(&record), &error)) {
        log_event(LOG_LEVEL_WARN, "kafka_down", { "while", LOG_S("proposing the model") }, { "error", LOG_S(error.text) });
        ok = pipeline_wait(pipeline, 500);
    }
    if (ok)
        log_event(LOG_LEVEL_INFO, "model_proposed", { "name", LOG_S(model->name) }, { "version", LOG_S(model->version) },
                  { "sha256", LOG_S(model->sha256) });
    buffer_free(&record);
    return ok;
}

/* The model of model.file, and the bytes it was made from. NULL: halted. */
static struct model *load(struct pipeline *pipeline, struct buffer *file) {
    struct error error = { "" };
    const char *path = pipeline->config->model_file, *base = pipeline->config->currency_base;
    struct model *model = read_model_file(file, path, &error) ? model_parse(buffer_slice(file), path, &error) : NULL;
    if (model == NULL) {
        halt_raise(&pipeline->halt, EXIT_USAGE, "model", "%s", error.text);
    } else if (strcmp(model->currency, base) != 0) {
        halt_raise(&pipeline->halt, EXIT_USAGE, "model", "%s: its currency is %s, and currency.base is %s", path, model->currency,
                   base);
        model_free(model);
        model = NULL;
    }
    return model;
}

bool proposal_check(struct pipeline *pipeline) {
    struct buffer file = { 0 };
    struct model *model = load(pipeline, &file);
    bool ok = model != NULL;
    model_free(model);
    buffer_free(&file);
    return ok;
}

bool proposal_make(struct pipeline *pipeline) {
    struct buffer file = { 0 };
    struct model *model = load(pipeline, &file);
    bool ok = model != NULL && propose(pipeline, model, buffer_slice(&file));
    model_free(model);
    buffer_free(&file);
    return ok;
}
