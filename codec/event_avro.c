#include "event_internal.h"

#include <avro.h>
#include <math.h>
#include <stdlib.h>

static const char schema_text[] =
#include "segment-change.avsc.h"
    ;

/* One value, filled anew for every event. */
struct event_avro {
    avro_schema_t schema;
    avro_value_iface_t *class;
    avro_value_t value;
    avro_writer_t writer;
    struct buffer text; /* of the string in hand */
};

const char *event_avro_schema(void) {
    return schema_text;
}

struct event_avro *event_avro_new(struct error *error) {
    struct event_avro *avro = xcalloc(1, sizeof *avro);
    if (avro_schema_from_json_length(schema_text, sizeof schema_text - 1, &avro->schema) == 0)
        avro->class = avro_generic_class_from_schema(avro->schema);
    if (avro->class != NULL && avro_generic_value_new(avro->class, &avro->value) == 0)
        avro->writer = avro_writer_memory(NULL, 0);
    if (avro->writer != NULL)
        return avro;
    error_set(error, "the schema of segment changes: %s", avro_strerror());
    event_avro_free(avro);
    return NULL;
}

void event_avro_free(struct event_avro *avro) {
    if (avro == NULL)
        return;
    if (avro->writer != NULL)
        avro_writer_free(avro->writer);
    if (avro->value.iface != NULL)
        avro_value_decref(&avro->value);
    if (avro->class != NULL)
        avro_value_iface_decref(avro->class);
    if (avro->schema != NULL)
        avro_schema_decref(avro->schema);
    buffer_free(&avro->text);
    free(avro);
}

/* The calls below fail only when a name or type is not the schema's: avro_strerror tells. */
static bool field(const struct event_avro *avro, const char *name, avro_value_t *value) {
    return avro_value_get_by_name(&avro->value, name, value, NULL) == 0;
}

/* libavro wants a NUL behind the text and counts it. */
static bool set_text(struct event_avro *avro, avro_value_t *value, struct slice text) {
    buffer_clear(&avro->text);
    buffer_append_slice(&avro->text, text);
    buffer_append(&avro->text, "", 1);
    return avro_value_set_string_len(value, avro->text.data, avro->text.len) == 0;
}

static bool put_text(struct event_avro *avro, const char *name, struct slice text) {
    avro_value_t value;
    return field(avro, name, &value) && set_text(avro, &value, text);
}

/* A union with null, which is its first branch. */
static bool put_branch(struct event_avro *avro, const char *name, bool present, avro_value_t *branch) {
    avro_value_t value;
    return field(avro, name, &value) && avro_value_set_branch(&value, present ? 1 : 0, branch) == 0 &&
           (present || avro_value_set_null(branch) == 0);
}

static bool put_optional_name(struct event_avro *avro, const char *name, const struct name *text) {
    avro_value_t branch;
    if (!put_branch(avro, name, text->len > 0, &branch))
        return false;
    return text->len == 0 || set_text(avro, &branch, name_slice(text));
}

static bool put_optional_instant(struct event_avro *avro, const char *name, int64_t ms) {
    bool present = ms != TIME_NONE && ms != TIME_NEVER;
    avro_value_t branch;
    return put_branch(avro, name, present, &branch) && (!present || avro_value_set_long(&branch, ms) == 0);
}

static bool put_margin(struct event_avro *avro, double margin) {
    avro_value_t branch;
    return put_branch(avro, "margin", !isnan(margin), &branch) && (isnan(margin) || avro_value_set_double(&branch, margin) == 0);
}

static bool put_long(struct event_avro *avro, const char *name, int64_t number) {
    avro_value_t value;
    return field(avro, name, &value) && avro_value_set_long(&value, number) == 0;
}

static bool put_boolean(struct event_avro *avro, const char *name, bool yes) {
    avro_value_t value;
    return field(avro, name, &value) && avro_value_set_boolean(&value, yes) == 0;
}

static bool put_cause(struct event_avro *avro, enum cause cause) {
    avro_value_t value;
    return field(avro, "cause", &value) &&
           avro_value_set_enum(&value, avro_schema_enum_get_by_name(avro_value_get_schema(&value), event_cause_text(cause))) == 0;
}

static bool set_member(struct event_avro *avro, const avro_value_t *record, const char *name, struct slice text) {
    avro_value_t value;
    return avro_value_get_by_name(record, name, &value, NULL) == 0 && set_text(avro, &value, text);
}

static bool put_model(struct event_avro *avro, const struct event *event) {
    avro_value_t record;
    return field(avro, "model", &record) && set_member(avro, &record, "name", slice_of(event->model_name)) &&
           set_member(avro, &record, "version", slice_of(event->model_version));
}

static bool put_order(struct event_avro *avro, const struct event_order *order) {
    avro_value_t record, partition, offset;
    if (!put_branch(avro, "order", order != NULL, &record))
        return false;
    if (order == NULL)
        return true;
    return set_member(avro, &record, "order_id", order->order_id) && set_member(avro, &record, "feed", order->feed) &&
           set_member(avro, &record, "topic", order->topic) &&
           avro_value_get_by_name(&record, "partition", &partition, NULL) == 0 &&
           avro_value_set_int(&partition, order->partition) == 0 &&
           avro_value_get_by_name(&record, "offset", &offset, NULL) == 0 && avro_value_set_long(&offset, order->offset) == 0;
}

static bool put_features(struct event_avro *avro, const struct transition *transition) {
    avro_value_t map, value;
    if (!field(avro, "features", &map) || avro_value_reset(&map) != 0)
        return false;
    for (int i = 0; i < transition->n_values; i++)
        if (avro_value_add(&map, transition->values[i].name, &value, NULL, NULL) != 0 ||
            avro_value_set_double(&value, transition->values[i].value) != 0)
            return false;
    return true;
}

static bool put_campaigns(struct event_avro *avro, const struct event *event) {
    avro_value_t array, value;
    if (!field(avro, "campaigns", &array) || avro_value_reset(&array) != 0)
        return false;
    for (size_t i = 0; i < event->n_campaigns; i++)
        if (avro_value_append(&array, &value, NULL) != 0 || !set_text(avro, &value, slice_of(event->campaigns[i])))
            return false;
    return true;
}

static bool fill(struct event_avro *avro, const struct event *event) {
    const struct transition *transition = event->transition;
    return put_text(avro, "event_id", event->event_id) && put_text(avro, "customer_id", event->customer_id) &&
           put_text(avro, "scheme", name_slice(&transition->scheme)) &&
           put_optional_name(avro, "from_segment", &transition->from) && put_optional_name(avro, "to_segment", &transition->to) &&
           put_cause(avro, transition->cause) && put_long(avro, "occurred_at", transition->occurred_at) &&
           put_long(avro, "published_at", event->published_at) && put_long(avro, "sequence", (int64_t)transition->sequence) &&
           put_model(avro, event) && put_order(avro, event->order) &&
           put_optional_instant(avro, "previous_since", transition->previous_since) && put_features(avro, transition) &&
           put_margin(avro, transition->margin) && put_optional_name(avro, "runner_up", &transition->runner_up) &&
           put_optional_instant(avro, "next_change_at", transition->next_change_at) &&
           put_optional_name(avro, "next_segment", &transition->next_segment) && put_campaigns(avro, event) &&
           put_boolean(avro, "eligible", event->eligible) && put_boolean(avro, "holdout", event->holdout);
}

bool event_avro_write(struct event_avro *avro, uint32_t schema_id, const struct event *event, struct buffer *out,
                      struct error *error) {
    size_t size = 0;
    if (!fill(avro, event) || avro_value_sizeof(&avro->value, &size) != 0)
        return error_set(error, "a segment change cannot be encoded: %s", avro_strerror());
    size_t start = out->len;
    const char framing[5] = { 0, (char)(schema_id >> 24), (char)(schema_id >> 16), (char)(schema_id >> 8), (char)schema_id };
    buffer_append(out, framing, sizeof framing);
    avro_writer_memory_set_dest(avro->writer, buffer_reserve(out, size), (int64_t)size);
    if (avro_value_write(avro->writer, &avro->value) != 0) {
        out->len = start;
        return error_set(error, "a segment change cannot be encoded: %s", avro_strerror());
    }
    out->len += (size_t)avro_writer_tell(avro->writer);
    return true;
}
