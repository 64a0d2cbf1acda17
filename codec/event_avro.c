/* Segment changes in Avro's binary encoding, written field by field in the order of schemas/segment-change.avsc. libavro's
   generic writer took ten times as long for the same bytes (docs/performance.md); tests hold these bytes against it. */
#include "obek/event.h"

#include <avro.h>
#include <math.h>
#include <stdlib.h>

static const char schema_text[] =
#include "segment-change.avsc.h"
    ;

#define VARINT_BYTES_MAX 10
#define CAUSES (CAUSE_ERASE + 1)

struct event_avro {
    int symbols[CAUSES]; /* a cause's place in the schema's enum */
};

const char *event_avro_schema(void) {
    return schema_text;
}

static bool find_symbols(struct event_avro *avro, struct error *error) {
    avro_schema_t schema;
    if (avro_schema_from_json_length(schema_text, sizeof schema_text - 1, &schema) != 0)
        return error_set(error, "the schema of segment changes: %s", avro_strerror());
    avro_schema_t causes = avro_schema_record_field_get(schema, "cause");
    bool found = causes != NULL && is_avro_enum(causes);
    for (int cause = 0; cause < CAUSES && found; cause++) {
        avro->symbols[cause] = avro_schema_enum_get_by_name(causes, event_cause_text((enum cause)cause));
        found = avro->symbols[cause] >= 0;
    }
    avro_schema_decref(schema);
    return found || error_set(error, "the schema of segment changes lacks a cause");
}

struct event_avro *event_avro_new(struct error *error) {
    struct event_avro *avro = xcalloc(1, sizeof *avro);
    if (find_symbols(avro, error))
        return avro;
    event_avro_free(avro);
    return NULL;
}

void event_avro_free(struct event_avro *avro) {
    free(avro);
}

static void put_long(struct buffer *out, int64_t value) {
    uint64_t rest = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    char *at = buffer_reserve(out, VARINT_BYTES_MAX);
    for (; rest >= 0x80; rest >>= 7)
        *at++ = (char)((rest & 0x7f) | 0x80);
    *at++ = (char)rest;
    out->len = (size_t)(at - out->data);
}

static void put_byte(struct buffer *out, int value) {
    buffer_append(out, &(char){ (char)value }, 1);
}

static void put_text(struct buffer *out, struct slice text) {
    put_long(out, (int64_t)text.len);
    buffer_append_slice(out, text);
}

static void put_double(struct buffer *out, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(bits >> (8 * i));
    buffer_append(out, bytes, sizeof bytes);
}

/* The branch of a union with null, which is its first. */
static bool put_branch(struct buffer *out, bool present) {
    put_long(out, present ? 1 : 0);
    return present;
}

static void put_optional_name(struct buffer *out, const struct name *name) {
    if (put_branch(out, name->len > 0))
        put_text(out, name_slice(name));
}

static void put_optional_instant(struct buffer *out, int64_t ms) {
    if (put_branch(out, ms != TIME_NONE && ms != TIME_NEVER))
        put_long(out, ms);
}

static void put_optional_double(struct buffer *out, double value) {
    if (put_branch(out, !isnan(value)))
        put_double(out, value);
}

static void put_order(struct buffer *out, const struct event_order *order) {
    if (!put_branch(out, order != NULL))
        return;
    put_text(out, order->order_id);
    put_text(out, order->feed);
    put_text(out, order->topic);
    put_long(out, order->partition);
    put_long(out, order->offset);
}

/* A map or an array is one block of all its items, unless it has none, and an empty block. */
static void put_features(struct buffer *out, const struct transition *transition) {
    if (transition->n_values > 0)
        put_long(out, transition->n_values);
    for (int i = 0; i < transition->n_values; i++) {
        put_text(out, slice_of(transition->values[i].name));
        put_double(out, transition->values[i].value);
    }
    put_long(out, 0);
}

static void put_campaigns(struct buffer *out, const struct event *event) {
    if (event->n_campaigns > 0)
        put_long(out, (int64_t)event->n_campaigns);
    for (size_t i = 0; i < event->n_campaigns; i++)
        put_text(out, slice_of(event->campaigns[i]));
    put_long(out, 0);
}

static void put_change(const struct event_avro *avro, struct buffer *out, const struct event *event) {
    const struct transition *transition = event->transition;
    put_text(out, event->event_id);
    put_text(out, event->customer_id);
    put_text(out, name_slice(&transition->scheme));
    put_optional_name(out, &transition->from);
    put_optional_name(out, &transition->to);
    put_long(out, avro->symbols[transition->cause]);
    put_long(out, transition->occurred_at);
    put_long(out, event->published_at);
    put_long(out, (int64_t)transition->sequence);
    put_text(out, slice_of(event->model_name));
    put_text(out, slice_of(event->model_version));
    put_order(out, event->order);
    put_optional_instant(out, transition->previous_since);
    put_features(out, transition);
    put_optional_double(out, transition->margin);
    put_optional_name(out, &transition->runner_up);
    put_optional_instant(out, transition->next_change_at);
    put_optional_name(out, &transition->next_segment);
    put_campaigns(out, event);
    put_byte(out, event->eligible);
    put_byte(out, event->holdout);
}

bool event_avro_write(struct event_avro *avro, uint32_t schema_id, const struct event *event, struct buffer *out,
                      struct error *error) {
    (void)error;
    const char framing[5] = { 0, (char)(schema_id >> 24), (char)(schema_id >> 16), (char)(schema_id >> 8), (char)schema_id };
    buffer_append(out, framing, sizeof framing);
    put_change(avro, out, event);
    return true;
}
