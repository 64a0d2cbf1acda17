#include "control.h"
#include "assignment_checks.h"
#include "counters.h"
#include "kafka_conf.h"
#include "obek/bucket.h"
#include "obek/control_record.h"
#include "obek/failpoint.h"
#include "obek/log.h"
#include "obek/model_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PRODUCE_TIMEOUT_MS 30000

/* ---- propose ---- */

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

bool control_check(struct pipeline *pipeline) {
    struct buffer file = { 0 };
    struct model *model = load(pipeline, &file);
    bool ok = model != NULL;
    model_free(model);
    buffer_free(&file);
    return ok;
}

bool control_propose(struct pipeline *pipeline) {
    struct buffer file = { 0 };
    struct model *model = load(pipeline, &file);
    bool ok = model != NULL && propose(pipeline, model, buffer_slice(&file));
    model_free(model);
    buffer_free(&file);
    return ok;
}

/* ---- live through ---- */

/* A control record that cannot be read: a dead letter like any other, in the source's own bucket. */
static enum save_result apply_bad(struct pipeline *pipeline, struct batch *batch, const struct error *error) {
    struct batch_record *record = &batch->records[0];
    record->dead = true;
    record->reason = "bad_control_record";
    record->message_text = arena_copy(&batch->arena, slice_of(error->text));
    record->bucket = bucket_of(slice_of(record->source->name), pipeline->store->buckets);
    record->applies = record->offset >= record->source->marks[record->bucket];
    if (record->publishes)
        event_maker_dead(&pipeline->events, &batch->arena, record);
    log_event(LOG_LEVEL_ERROR, "bad_control_record", { "offset", LOG_I(record->offset) }, { "error", LOG_S(error->text) });
    counter_add(counter_get("obek_dead_letters_total", "reason=bad_control_record"), 1);
    batch_split(batch, pipeline->store->buckets);
    return saver_save(&pipeline->saver, batch, wall_ms());
}

static bool is_in_force_everywhere(const struct pipeline *pipeline, const char *sha256) {
    for (int64_t b = 0; b < pipeline->store->buckets; b++) {
        const struct model_in_force *model = pipeline->models.by_bucket[b];
        if (model == NULL || strcmp(model->note.sha256, sha256) != 0)
            return false;
    }
    return true;
}

static enum save_result apply_model(struct pipeline *pipeline, const struct batch_record *record,
                                    const struct control_record *control) {
    struct error error = { "" };
    struct model_note note = { .number = record->offset, .time = control->time };
    memcpy(note.sha256, control->sha256, sizeof note.sha256);
    if (is_in_force_everywhere(pipeline, note.sha256)) /* proposed twice: nothing changes */
        return saver_advance(&pipeline->saver, &pipeline->sources, record->source, NULL);
    struct model_in_force *model = models_add(&pipeline->models, &note, buffer_slice(&control->file), &error);
    if (model == NULL) {
        halt_raise(&pipeline->halt, EXIT_HALTED, "model", "control record at offset %" PRId64 ": %s", record->offset, error.text);
        return SAVE_STOPPED;
    }
    if (!store_model_write(pipeline->store, note.sha256, buffer_slice(&control->file), &error))
        return saver_failed(&pipeline->saver, &error);
    FAILPOINT("before-model");
    enum save_result result = saver_advance(&pipeline->saver, &pipeline->sources, record->source, model);
    if (result == SAVE_DONE)
        log_event(LOG_LEVEL_INFO, "model_in_force", { "number", LOG_I(note.number) }, { "name", LOG_S(model->model->name) },
                  { "version", LOG_S(model->model->version) }, { "sha256", LOG_S(note.sha256) });
    return result;
}

enum save_result control_apply(struct pipeline *pipeline, struct batch *batch) {
    struct batch_record *record = &batch->records[0];
    struct control_record control;
    struct error error = { "" };
    record->publishes = record->offset >= record->source->committed;
    record->source->fingerprint = record_fingerprint(record->message);
    record->source->fingerprint_offset = record->offset;
    if (!control_record_read(&control, (struct slice){ record->message->payload, record->message->len }, &error))
        return apply_bad(pipeline, batch, &error);
    enum save_result result = apply_model(pipeline, record, &control);
    control_record_free(&control);
    return result;
}

bool control_models_ready(struct pipeline *pipeline) {
    struct arena arena = { 0 };
    struct error error = { "" };
    struct sources none = { 0 };
    struct bucket_marks *marks = arena_alloc(&arena, (size_t)pipeline->store->buckets * sizeof *marks);
    bool ready = store_look(pipeline->store, &none, &arena, marks, &error);
    for (int64_t b = 0; ready && b < pipeline->store->buckets; b++) {
        struct model_in_force *model = marks[b].model.len == 0 ? NULL : models_get(&pipeline->models, marks[b].model, &error);
        if (marks[b].model.len > 0 && model == NULL)
            halt_raise(&pipeline->halt, EXIT_HALTED, "model", "%s", error.text);
        pipeline->models.by_bucket[b] = model;
        ready = model != NULL;
    }
    arena_free(&arena);
    return ready;
}
