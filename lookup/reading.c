#include "reading.h"
#include "../consumer/models.h"
#include "obek/bucket.h"
#include "obek/instant.h"
#include "obek/model_file.h"
#include "obek/state_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PATIENCE_MS 3000

/* Who asks waits for an answer, not for a server. */
static bool wait_a_little(void *context, int64_t ms) {
    struct reading *reading = context;
    if (reading->waited_ms >= reading->patience_ms)
        return false;
    reading->waited_ms += ms;
    struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000 };
    nanosleep(&pause, NULL);
    return true;
}

static bool read_meta(struct reading *reading, struct error *error) {
    struct store_meta meta;
    if (!store_meta_read(reading->store, &meta, error))
        return false;
    const char *prefix = reading->config->redis_prefix;
    if (!meta.present)
        return error_set(error,
                         "there is nothing of obek under the prefix '%s' in this Redis: it has never run there, or the "
                         "server was emptied",
                         prefix);
    if (meta.version > STORE_FORMAT_VERSION)
        return error_set(error, "%s:meta was written by a newer obek (format %" PRId64 ")", prefix, meta.version);
    store_adopt(reading->store, &meta);
    return true;
}

/* Buckets take up a model one by one: the newest that any of them has. */
static bool newest_note(struct reading *reading, struct model_note *newest, struct error *error) {
    struct arena arena = { 0 };
    for (int64_t b = 0; b < reading->store->buckets; b++) {
        const char *call[] = { "HGET", store_key(reading->store, &arena, b, "marks").data, "model" };
        redis_append_text(reading->store->redis, 3, call);
    }
    arena_free(&arena);
    if (!redis_execute(reading->store->redis, error))
        return false;
    newest->number = -1;
    for (int64_t b = 0; b < reading->store->buckets; b++) {
        const redisReply *reply = redis_answer(reading->store->redis, (size_t)b);
        struct model_note note;
        if (reply->type == REDIS_REPLY_STRING && model_note_parse(&note, (struct slice){ reply->str, reply->len }) &&
            note.number > newest->number)
            *newest = note;
    }
    return true;
}

static bool read_model(struct reading *reading, struct error *error) {
    struct model_note note;
    if (!newest_note(reading, &note, error))
        return false;
    if (reading->model != NULL && reading->model_number == note.number && strcmp(reading->model_sha256, note.sha256) == 0)
        return true;
    model_free(reading->model);
    reading->model = NULL;
    reading->model_number = note.number;
    if (note.number < 0)
        return true;
    memcpy(reading->model_sha256, note.sha256, sizeof note.sha256);
    struct buffer file = { 0 };
    bool found = false;
    bool ok = store_model_read(reading->store, note.sha256, &file, &found, error);
    if (ok && found) {
        reading->model = model_parse(buffer_slice(&file), "the model in force", error);
        ok = reading->model != NULL;
    }
    buffer_free(&file);
    if (reading->model != NULL) {
        reading->model->number = note.number;
        reading->model->in_force_from = note.time;
    }
    return ok;
}

bool reading_connect(struct reading *reading, const struct config *config, struct error *error) {
    *reading = (struct reading){ .config = config,
                                 .model_number = -1,
                                 .decimals = currency_decimals(slice_of(config->currency_base)),
                                 .patience_ms = PATIENCE_MS };
    reading->store = store_new(config, error);
    if (reading->store == NULL)
        return false;
    redis_set_waiter(reading->store->redis, (struct redis_waiter){ reading, wait_a_little });
    return true;
}

bool reading_open(struct reading *reading, const struct config *config, struct error *error) {
    if (!reading_connect(reading, config, error))
        return false;
    if (reading_refresh(reading, error))
        return true;
    reading_close(reading);
    return false;
}

void reading_hurry(struct reading *reading, int connect_ms, int answer_ms) {
    reading->patience_ms = 0;
    redis_set_limits(reading->store->redis, connect_ms, answer_ms, true);
}

bool reading_refresh(struct reading *reading, struct error *error) {
    return read_meta(reading, error) && read_model(reading, error);
}

void reading_close(struct reading *reading) {
    model_free(reading->model);
    store_free(reading->store);
    reading->model = NULL;
    reading->store = NULL;
}

int64_t reading_bucket(const struct reading *reading, struct slice id) {
    return bucket_of(id, reading->store->buckets);
}

static bool unpack(const struct reading *reading, struct slice id, const redisReply *reply, struct customer *customer,
                   struct error *error) {
    enum state_status status =
        state_record_read(customer, (struct slice){ reply->str, reply->len }, (uint16_t)reading->store->ledger_orders, error);
    if (status == STATE_OK)
        return true;
    if (status == STATE_NEWER)
        error_set(error, "the state record was written by a newer obek");
    return error_context(error, "customer %.*s", (int)id.len, id.data);
}

bool reading_customer(struct reading *reading, struct slice id, struct customer *customer, bool *found, struct error *error) {
    struct arena arena = { 0 };
    struct slice key = store_customer_key(reading->store, &arena, reading_bucket(reading, id), id);
    redis_append(reading->store->redis, 2, (const char *[]){ "GET", key.data }, (size_t[]){ 3, key.len });
    arena_free(&arena);
    if (!redis_execute(reading->store->redis, error))
        return false;
    const redisReply *reply = redis_answer(reading->store->redis, 0);
    *found = reply->type == REDIS_REPLY_STRING;
    return !*found || unpack(reading, id, reply, customer, error);
}

int64_t reading_next_change(const struct reading *reading, const struct customer *customer, int i, const char **segment) {
    *segment = NULL;
    const struct scheme_state *state = &customer->schemes[i];
    if (reading->model == NULL || reading->model_number != customer->model || state->segment.len == 0)
        return state->segment.len == 0 ? TIME_NEVER : TIME_NONE;
    const struct scheme *scheme = model_scheme(reading->model, &state->scheme);
    int present = scheme == NULL ? -1 : scheme_segment(scheme, &state->segment);
    if (present < 0)
        return TIME_NONE;
    struct ledger_summary summary = ledger_summarise(&customer->ledger);
    struct due due = scheme_due(scheme, &summary, reading->model->minor_per_major, present, customer->as_of);
    if (due.segment >= 0)
        *segment = scheme->segments[due.segment].id.text;
    return due.at;
}

const char *reading_label(const struct reading *reading, const struct name *scheme_name, const struct name *segment) {
    const struct scheme *scheme = reading->model == NULL ? NULL : model_scheme(reading->model, scheme_name);
    int i = scheme == NULL ? -1 : scheme_segment(scheme, segment);
    if (i < 0)
        return NULL;
    const struct segment *found = &scheme->segments[i];
    return found->label_en != NULL ? found->label_en : found->label_tr;
}

const char *reading_instant(int64_t ms, char *out) {
    if (ms == TIME_NONE)
        return "-";
    if (ms == TIME_NEVER)
        return "never";
    instant_text(ms, out);
    return out;
}

const char *reading_money(const struct reading *reading, int64_t minor, char *out) {
    money_text(minor, reading->decimals, out);
    return out;
}
