#include "obek/event.h"
#include "obek/digits.h"
#include "obek/instant.h"

/* RFC 3986: everything but the unreserved characters is escaped. */
static bool unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

static void append_percent_encoded(struct buffer *out, struct slice text) {
    static const char hex[] = "0123456789ABCDEF";
    char *at = buffer_reserve(out, 3 * text.len);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (unreserved(text.data[i])) {
            *at++ = text.data[i];
            continue;
        }
        *at++ = '%';
        *at++ = hex[byte >> 4];
        *at++ = hex[byte & 15];
    }
    out->len = (size_t)(at - out->data);
}

/* "/<number>" */
static void append_number(struct buffer *out, int64_t number) {
    char *at = buffer_reserve(out, 1 + DIGITS_MAX);
    at[0] = '/';
    out->len += 1 + digits_write(at + 1, number);
}

static void append_scheme(struct buffer *out, const struct name *scheme) {
    buffer_append(out, "/", 1);
    buffer_append(out, scheme->text, scheme->len);
}

void event_id_order(struct buffer *out, struct slice topic, int32_t partition, int64_t offset, const struct name *scheme) {
    buffer_append_text(out, "order/");
    buffer_append_slice(out, topic);
    append_number(out, partition);
    append_number(out, offset);
    append_scheme(out, scheme);
}

void event_id_time(struct buffer *out, struct slice customer, int64_t due_ms, const struct name *scheme) {
    buffer_append_text(out, "time/");
    append_percent_encoded(out, customer);
    append_number(out, due_ms);
    append_scheme(out, scheme);
}

static void append_numbered(struct buffer *out, const char *kind, int64_t number, struct slice customer,
                            const struct name *scheme) {
    buffer_append_text(out, kind);
    append_number(out, number);
    buffer_append(out, "/", 1);
    append_percent_encoded(out, customer);
    append_scheme(out, scheme);
}

void event_id_model(struct buffer *out, int64_t number, struct slice customer, const struct name *scheme) {
    append_numbered(out, "model", number, customer, scheme);
}

void event_id_control(struct buffer *out, int64_t offset, struct slice customer, const struct name *scheme) {
    append_numbered(out, "control", offset, customer, scheme);
}

void event_headers(struct slice event_id, int64_t occurred_at, const char *source, bool avro, struct slice traceparent,
                   struct slice tracestate, void (*put)(void *context, const char *name, struct slice value), void *context) {
    char time[40];
    instant_text(occurred_at, time);
    put(context, "ce_specversion", slice_of("1.0"));
    put(context, "ce_id", event_id);
    put(context, "ce_source", slice_of(source));
    put(context, "ce_type", slice_of("obek.v1.SegmentChange"));
    put(context, "ce_time", slice_of(time));
    put(context, "content-type", slice_of(avro ? "application/avro" : "application/json"));
    if (traceparent.len > 0)
        put(context, "traceparent", traceparent);
    if (tracestate.len > 0)
        put(context, "tracestate", tracestate);
}
