#include "control_parts.h"
#include "obek/instant.h"
#include "obek/ledger.h"

#include <inttypes.h>

#define SCORE_MAX (INT64_C(1) << 53) /* what a sorted set keeps exactly */

static const struct due_place before_all = { .score = INT64_MIN, .whole = true };
static const struct due_place behind_all = { .score = INT64_MAX, .whole = true };

int due_place_compare(const struct due_place *a, const struct due_place *b) {
    if (a->score != b->score)
        return a->score < b->score ? -1 : 1;
    if (a->whole || b->whole)
        return (int)a->whole - (int)b->whole;
    size_t shorter = a->id.len < b->id.len ? a->id.len : b->id.len;
    int order = shorter == 0 ? 0 : memcmp(a->id.data, b->id.data, shorter);
    return order != 0 ? order : (a->id.len > b->id.len) - (a->id.len < b->id.len);
}

/* ---- read ---- */

/* [score, id] */
static bool read_place(struct due_place *place, json_t *value, struct arena *memory, struct error *error) {
    json_t *score = json_array_get(value, 0), *id = json_array_get(value, 1);
    if (json_array_size(value) != 2 || !json_is_integer(score) || json_integer_value(score) > SCORE_MAX ||
        json_integer_value(score) < -SCORE_MAX || !json_is_string(id))
        return error_set(error, "not [score, customer]");
    *place = (struct due_place){ .score = json_integer_value(score) };
    return control_read_id(&place->id, id, memory, error);
}

static bool read_after(struct control_record *record, json_t *after, struct error *error) {
    const char *name;
    json_t *position;
    if (!json_is_object(after))
        return json_is_null(after) || error_set(error, "after: not an object");
    record->tick.after = arena_alloc(&record->memory, (json_object_size(after) + 1) * sizeof *record->tick.after);
    json_object_foreach(after, name, position) {
        if (name[0] == '\0' || !json_is_integer(position) || json_integer_value(position) < 0)
            return error_set(error, "after.%s: not an offset", name);
        record->tick.after[record->tick.n_after++] =
            (struct tick_after){ arena_copy(&record->memory, slice_of(name)), json_integer_value(position) };
    }
    return true;
}

static bool read_time(struct control_record *record, json_t *up_to, json_t *customer, struct error *error) {
    struct tick *tick = &record->tick;
    if (!control_read_instant(&tick->up_to, up_to, error))
        return error_context(error, "up_to");
    tick->to = (struct due_place){ .score = tick->up_to, .whole = json_is_null(customer) };
    if (tick->to.whole)
        return true;
    return control_read_id(&tick->to.id, customer, &record->memory, error) || error_context(error, "customer");
}

static bool read_walk(struct control_record *record, json_t *range, json_int_t model, struct error *error) {
    struct tick *tick = &record->tick;
    json_t *from, *to;
    json_error_t reason;
    if (json_unpack_ex(range, &reason, JSON_STRICT, "{s:o, s:o}", "from", &from, "to", &to) != 0)
        return error_set(error, "reevaluate: %s", reason.text);
    if (model < 0)
        return error_set(error, "model: not a number of a model");
    tick->model = model;
    if (!json_is_null(from) && !read_place(&tick->from, from, &record->memory, error))
        return error_context(error, "reevaluate.from");
    return json_is_null(to) || read_place(&tick->to, to, &record->memory, error) || error_context(error, "reevaluate.to");
}

bool control_tick_read(struct control_record *record, json_t *object, struct error *error) {
    const char *type;
    json_t *up_to = NULL, *customer = json_null(), *after = json_null(), *range = NULL;
    json_int_t model = -1;
    json_error_t reason;
    record->type = CONTROL_TICK;
    record->tick = (struct tick){ .from = before_all, .to = behind_all, .up_to = TIME_NONE, .model = -1 };
    int unpacked = json_object_get(object, "reevaluate") == NULL
                       ? json_unpack_ex(object, &reason, JSON_STRICT, "{s:s, s:o, s?o, s?o}", "type", &type, "up_to", &up_to,
                                        "customer", &customer, "after", &after)
                       : json_unpack_ex(object, &reason, JSON_STRICT, "{s:s, s:o, s:I}", "type", &type, "reevaluate", &range,
                                        "model", &model);
    if (unpacked != 0)
        return error_set(error, "%s", reason.text);
    if (range != NULL)
        return read_walk(record, range, model, error);
    return read_time(record, up_to, customer, error) && read_after(record, after, error);
}

/* ---- write ---- */

static json_t *place_json(const struct due_place *place) {
    return place->whole ? json_null() : json_pack("[I, s%]", (json_int_t)place->score, place->id.data, place->id.len);
}

static json_t *time_json(const struct tick *tick) {
    char up_to[40];
    instant_text(tick->up_to, up_to);
    json_t *after = json_object();
    for (size_t i = 0; i < tick->n_after; i++)
        json_object_setn_new(after, tick->after[i].source.data, tick->after[i].source.len, json_integer(tick->after[i].position));
    json_t *customer = tick->to.whole ? json_null() : json_stringn(tick->to.id.data, tick->to.id.len);
    return json_pack("{s:s, s:s, s:o, s:o}", "type", "tick", "up_to", up_to, "customer", customer, "after", after);
}

bool control_record_write_tick(struct buffer *out, const struct tick *tick, struct error *error) {
    json_t *object = tick->up_to != TIME_NONE
                         ? time_json(tick)
                         : json_pack("{s:s, s:I, s:{s:o, s:o}}", "type", "tick", "model", (json_int_t)tick->model, "reevaluate",
                                     "from", place_json(&tick->from), "to", place_json(&tick->to));
    if (object == NULL)
        return error_set(error, "a tick with a customer id that is not UTF-8");
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    buffer_append_text(out, text);
    free(text);
    return true;
}
