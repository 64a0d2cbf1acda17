#include "models.h"
#include "obek/control_record.h"
#include "obek/fields.h"
#include "obek/log.h"
#include "obek/model_file.h"

#include <inttypes.h>
#include <stdlib.h>

#define RETRY_MS 500

bool model_note_parse(struct model_note *note, struct slice text) {
    struct slice fields[3];
    if (!fields_split(text, ' ', fields, 3) || !field_int64(fields[0], &note->number))
        return false;
    note->time = TIME_NONE;
    return (slice_is(fields[1], "-") || field_int64(fields[1], &note->time)) && fields[2].len == 64 &&
           field_copy(fields[2], note->sha256, sizeof note->sha256);
}

struct slice model_note_text(struct arena *arena, const struct model_note *note) {
    return mark_text(arena, note->number, note->time, note->sha256);
}

void models_init(struct models *models, const struct config *config, struct store *store, struct kafka_look *look) {
    *models = (struct models){ .config = config, .store = store, .look = look };
    models->by_bucket = xcalloc((size_t)store->buckets, sizeof(struct model_in_force *));
}

void models_free(struct models *models) {
    while (models->known != NULL) {
        struct model_in_force *next = models->known->next;
        model_free(models->known->model);
        free(models->known->text);
        free(models->known);
        models->known = next;
    }
    free(models->by_bucket);
    models->by_bucket = NULL;
}

static struct model_in_force *find(const struct models *models, struct slice text) {
    for (struct model_in_force *known = models->known; known != NULL; known = known->next)
        if (slice_is(text, known->text))
            return known;
    return NULL;
}

static bool fits(const struct models *models, const struct model *model, struct error *error) {
    const char *base = models->config->currency_base;
    return strcmp(model->currency, base) == 0 ||
           error_set(error, "its currency is %s, and currency.base is %s", model->currency, base);
}

struct model_in_force *models_add(struct models *models, const struct model_note *note, struct slice file, struct error *error) {
    struct arena arena = { 0 };
    struct slice text = model_note_text(&arena, note);
    struct model_in_force *known = find(models, text);
    if (known == NULL) {
        struct model *model = model_parse(file, "the model in force", error);
        if (model != NULL && !fits(models, model, error)) {
            model_free(model);
            model = NULL;
        }
        if (model != NULL) {
            model->number = note->number;
            model->in_force_from = note->time;
            known = xcalloc(1, sizeof *known);
            *known = (struct model_in_force){
                .note = *note, .text = xstrndup(text.data, text.len), .model = model, .next = models->known
            };
            models->known = known;
        }
    }
    arena_free(&arena);
    return known;
}

static enum look_result read_record(struct models *models, const struct model_note *note, rd_kafka_message_t **message,
                                    struct error *error) {
    enum look_result result = LOOK_FAILED;
    if (kafka_look_begin(models->look, models->config->control_topic, 0, note->number, error))
        result = kafka_look_next(models->look, message, error);
    kafka_look_done(models->look);
    return result;
}

/* The cache in Redis may be gone; the log is not. A broker that is away is waited for. */
static bool read_from_log(struct models *models, const struct model_note *note, struct buffer *file, struct error *error) {
    rd_kafka_message_t *message = NULL;
    enum look_result result;
    while ((result = read_record(models, note, &message, error)) == LOOK_FAILED) {
        log_event(LOG_LEVEL_WARN, "kafka_down", { "while", LOG_S("reading the model in force") },
                  { "error", LOG_S(error->text) });
        if (models->waiter.wait == NULL || !models->waiter.wait(models->waiter.context, RETRY_MS))
            return false;
    }
    struct control_record record = { 0 };
    bool ok = result == LOOK_RECORD && message->offset == note->number;
    if (!ok)
        error_set(error, "the control topic no longer has the record at offset %" PRId64, note->number);
    else
        ok = control_record_read(&record, (struct slice){ message->payload, message->len }, error);
    if (ok)
        buffer_append_slice(file, buffer_slice(&record.file));
    control_record_free(&record);
    if (message != NULL)
        rd_kafka_message_destroy(message);
    return ok;
}

struct model_in_force *models_get(struct models *models, struct slice text, struct error *error) {
    struct model_in_force *known = find(models, text);
    if (known != NULL)
        return known;
    struct model_note note;
    if (!model_note_parse(&note, text)) {
        error_set(error, "the model in the marks is damaged: '%.*s'", (int)text.len, text.data);
        return NULL;
    }
    struct buffer file = { 0 };
    bool found = false;
    if (store_model_read(models->store, note.sha256, &file, &found, error) &&
        (found || read_from_log(models, &note, &file, error)))
        known = models_add(models, &note, buffer_slice(&file), error);
    buffer_free(&file);
    if (known == NULL)
        error_context(error, "model %" PRId64, note.number);
    return known;
}
