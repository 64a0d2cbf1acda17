#include "obek/event.h"

#include "obek/instant.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *event_cause_text(enum cause cause) {
    static const char *const names[] = {
        [CAUSE_ORDER] = "ORDER",   [CAUSE_CANCELLATION] = "CANCELLATION",
        [CAUSE_RETURN] = "RETURN", [CAUSE_TIME] = "TIME",
        [CAUSE_MODEL] = "MODEL",   [CAUSE_IMPORT] = "IMPORT",
        [CAUSE_ERASE] = "ERASE",
    };
    assert((size_t)cause < sizeof names / sizeof *names);
    return names[cause];
}

static bool plain(unsigned char c) {
    return c >= ' ' && c != '"' && c != '\\' && c != 127;
}

static void append_escaped(struct buffer *out, unsigned char c) {
    if (c == '"' || c == '\\')
        buffer_append(out, (const char[]){ '\\', (char)c }, 2);
    else
        buffer_printf(out, "\\u%04x", c);
}

/* The text is valid UTF-8 (order.h); only what JSON forbids is escaped. */
static void append_string(struct buffer *out, struct slice text) {
    buffer_append(out, "\"", 1);
    size_t start = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (plain((unsigned char)text.data[i]))
            continue;
        buffer_append(out, text.data + start, i - start);
        append_escaped(out, (unsigned char)text.data[i]);
        start = i + 1;
    }
    buffer_append(out, text.data + start, text.len - start);
    buffer_append(out, "\"", 1);
}

/* "name": with the comma before it; names are ours and need no escaping. */
static void append_key(struct buffer *out, const char *name) {
    char last = out->data[out->len - 1];
    buffer_append_text(out, last == '{' ? "\"" : ",\"");
    buffer_append_text(out, name);
    buffer_append(out, "\":", 2);
}

static void put_string(struct buffer *out, const char *key, struct slice text) {
    append_key(out, key);
    append_string(out, text);
}

static void put_name(struct buffer *out, const char *key, const struct name *name) {
    append_key(out, key);
    if (name->len == 0)
        buffer_append_text(out, "null");
    else
        append_string(out, name_slice(name));
}

static void put_instant(struct buffer *out, const char *key, int64_t ms) {
    append_key(out, key);
    if (ms == TIME_NONE || ms == TIME_NEVER) {
        buffer_append_text(out, "null");
        return;
    }
    char text[40];
    instant_text(ms, text);
    append_string(out, slice_of(text));
}

static void put_integer(struct buffer *out, const char *key, int64_t value) {
    append_key(out, key);
    buffer_printf(out, "%" PRId64, value);
}

/* The fewest digits that read back exactly. */
static void append_double(struct buffer *out, double value) {
    assert(isfinite(value));
    if (fabs(value) < 9007199254740992.0 && value == trunc(value) && !(value == 0 && signbit(value))) {
        buffer_printf(out, "%" PRId64 ".0", (int64_t)value);
        return;
    }
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buffer_append_text(out, text);
    if (strpbrk(text, ".e") == NULL)
        buffer_append_text(out, ".0"); /* typed readers tell 7 from 7.0 */
}

static void put_bool(struct buffer *out, const char *key, bool value) {
    append_key(out, key);
    buffer_append_text(out, value ? "true" : "false");
}

static void put_model(struct buffer *out, const struct event *event) {
    append_key(out, "model");
    buffer_append(out, "{", 1);
    put_string(out, "name", slice_of(event->model_name));
    put_string(out, "version", slice_of(event->model_version));
    buffer_append(out, "}", 1);
}

static void put_order(struct buffer *out, const struct event_order *order) {
    append_key(out, "order");
    if (order == NULL) {
        buffer_append_text(out, "null");
        return;
    }
    buffer_append(out, "{", 1);
    put_string(out, "order_id", order->order_id);
    put_string(out, "feed", order->feed);
    put_string(out, "topic", order->topic);
    put_integer(out, "partition", order->partition);
    put_integer(out, "offset", order->offset);
    buffer_append(out, "}", 1);
}

static void put_features(struct buffer *out, const struct transition *transition) {
    append_key(out, "features");
    buffer_append(out, "{", 1);
    for (int i = 0; i < transition->n_values; i++) {
        append_key(out, transition->values[i].name);
        append_double(out, transition->values[i].value);
    }
    buffer_append(out, "}", 1);
}

static void put_margin(struct buffer *out, double margin) {
    append_key(out, "margin");
    if (isnan(margin))
        buffer_append_text(out, "null");
    else
        append_double(out, margin);
}

static void put_campaigns(struct buffer *out, const struct event *event) {
    append_key(out, "campaigns");
    buffer_append(out, "[", 1);
    for (size_t i = 0; i < event->n_campaigns; i++) {
        if (i > 0)
            buffer_append(out, ",", 1);
        append_string(out, slice_of(event->campaigns[i]));
    }
    buffer_append(out, "]", 1);
}

void event_write_json(struct buffer *out, const struct event *event) {
    const struct transition *transition = event->transition;
    buffer_append(out, "{", 1);
    put_string(out, "event_id", event->event_id);
    put_string(out, "customer_id", event->customer_id);
    put_name(out, "scheme", &transition->scheme);
    put_name(out, "from_segment", &transition->from);
    put_name(out, "to_segment", &transition->to);
    put_string(out, "cause", slice_of(event_cause_text(transition->cause)));
    put_instant(out, "occurred_at", transition->occurred_at);
    put_instant(out, "published_at", event->published_at);
    put_integer(out, "sequence", (int64_t)transition->sequence);
    put_model(out, event);
    put_order(out, event->order);
    put_instant(out, "previous_since", transition->previous_since);
    put_features(out, transition);
    put_margin(out, transition->margin);
    put_name(out, "runner_up", &transition->runner_up);
    put_instant(out, "next_change_at", transition->next_change_at);
    put_name(out, "next_segment", &transition->next_segment);
    put_campaigns(out, event);
    put_bool(out, "eligible", event->eligible);
    put_bool(out, "holdout", event->holdout);
    buffer_append(out, "}", 1);
}
