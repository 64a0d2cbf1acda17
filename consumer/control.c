#include "control.h"
#include "assignment_checks.h"
#include "ledgers.h"
#include "obek/bucket.h"
#include "obek/control_record.h"
#include "obek/failpoint.h"
#include "obek/log.h"
#include "obek/model_file.h"
#include "ticks.h"

#include <inttypes.h>
#include <stdlib.h>

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
    batch_split(batch, pipeline->store->buckets);
    return saver_save(&pipeline->saver, batch, wall_ms());
}

int64_t control_model_number(const struct pipeline *pipeline) {
    const struct model_in_force *first = pipeline->models.by_bucket[0];
    for (int64_t b = 0; first != NULL && b < pipeline->store->buckets; b++)
        if (pipeline->models.by_bucket[b] == NULL || pipeline->models.by_bucket[b]->note.number != first->note.number)
            return -1;
    return first == NULL ? -1 : first->note.number;
}

bool control_has_no_model(const struct pipeline *pipeline) {
    for (int64_t b = 0; b < pipeline->store->buckets; b++)
        if (pipeline->models.by_bucket[b] != NULL)
            return false;
    return true;
}

static bool is_in_force_everywhere(const struct pipeline *pipeline, const char *sha256) {
    for (int64_t b = 0; b < pipeline->store->buckets; b++) {
        const struct model_in_force *model = pipeline->models.by_bucket[b];
        if (model == NULL || strcmp(model->note.sha256, sha256) != 0)
            return false;
    }
    return true;
}

static enum save_result apply_model(struct pipeline *pipeline, struct batch *batch, const struct control_record *control) {
    const struct batch_record *record = &batch->records[0];
    struct error error = { "" };
    struct model_note note = { .number = record->offset, .time = control->time };
    memcpy(note.sha256, control->sha256, sizeof note.sha256);
    if (is_in_force_everywhere(pipeline, note.sha256)) /* proposed twice: nothing changes */
        return saver_advance(&pipeline->saver, &pipeline->sources, &(struct control_effect){ .by = record->source });
    struct model_in_force *model = models_add(&pipeline->models, &note, buffer_slice(&control->file), &error);
    if (model == NULL && model_is_newer(buffer_slice(&control->file))) {
        halt_raise(&pipeline->halt, EXIT_HALTED, "model", "control record at offset %" PRId64 ": %s", record->offset, error.text);
        return SAVE_STOPPED;
    }
    if (model == NULL) /* no obek can serve it: the one in force stays */
        return apply_bad(pipeline, batch, &error);
    if (!store_model_write(pipeline->store, note.sha256, buffer_slice(&control->file), &error))
        return saver_failed(&pipeline->saver, &error);
    FAILPOINT("before-model");
    bool first = control_has_no_model(pipeline);
    struct control_effect effect = { .by = record->source, .model = model };
    enum save_result result = saver_advance(&pipeline->saver, &pipeline->sources, &effect);
    if (result == SAVE_DONE)
        log_event(LOG_LEVEL_INFO, "model_in_force", { "number", LOG_I(note.number) }, { "name", LOG_S(model->model->name) },
                  { "version", LOG_S(model->model->version) }, { "sha256", LOG_S(note.sha256) });
    if (result == SAVE_DONE && first && !walk_finish(&pipeline->ticker.walk, pipeline->store, note.number, &error))
        return saver_failed(&pipeline->saver, &error);
    return result;
}

/* A ledger means nothing without a model: who imports one puts it in force before. */
static enum save_result apply_ledgers(struct pipeline *pipeline, struct batch *batch, const struct control_record *control) {
    struct error error;
    if (ledgers_have_a_model(pipeline, batch))
        return ledgers_apply(pipeline, batch, control);
    error_set(&error, "no model is in force: an import or an erasure comes after one");
    return apply_bad(pipeline, batch, &error);
}

enum save_result control_apply(struct pipeline *pipeline, struct batch *batch) {
    static enum save_result (*const apply[])(struct pipeline *, struct batch *, const struct control_record *) = {
        [CONTROL_MODEL] = apply_model,
        [CONTROL_TICK] = tick_apply,
        [CONTROL_IMPORT] = apply_ledgers,
        [CONTROL_ERASE] = apply_ledgers,
    };
    struct batch_record *record = &batch->records[0];
    struct control_record control;
    struct error error = { "" };
    record->publishes = record->offset >= record->source->committed;
    record->source->fingerprint = record_fingerprint(record->message);
    record->source->fingerprint_offset = record->offset;
    if (!control_record_read(&control, (struct slice){ record->message->payload, record->message->len }, &error))
        return apply_bad(pipeline, batch, &error);
    enum save_result result = apply[control.type](pipeline, batch, &control);
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
