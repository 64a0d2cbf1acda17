#include "outgoing.h"

#include <endian.h>

void outgoing_begin(struct buffer *out, enum outgoing_kind kind) {
    char byte = (char)kind;
    buffer_append(out, &byte, 1);
}

void outgoing_text(struct buffer *out, struct slice text) {
    uint32_t len = htole32((uint32_t)text.len);
    buffer_append(out, &len, sizeof len);
    buffer_append_slice(out, text);
}

void outgoing_instant(struct buffer *out, int64_t ms) {
    uint64_t bytes = htole64((uint64_t)ms);
    outgoing_text(out, (struct slice){ (const char *)&bytes, sizeof bytes });
}

size_t outgoing_open(struct buffer *out) {
    outgoing_text(out, (struct slice){ "", 0 });
    return out->len;
}

void outgoing_close(struct buffer *out, size_t opened) {
    uint32_t len = htole32((uint32_t)(out->len - opened));
    memcpy(out->data + opened - sizeof len, &len, sizeof len);
}

static bool take(struct slice *from, struct slice *text) {
    uint32_t len;
    if (from->len < sizeof len)
        return false;
    memcpy(&len, from->data, sizeof len);
    len = le32toh(len);
    if (from->len - sizeof len < len)
        return false;
    *text = (struct slice){ from->data + sizeof len, len };
    *from = (struct slice){ text->data + len, from->len - sizeof len - len };
    return true;
}

static bool take_instant(struct slice *from, int64_t *ms) {
    struct slice text;
    uint64_t bytes;
    if (!take(from, &text) || text.len != sizeof bytes)
        return false;
    memcpy(&bytes, text.data, sizeof bytes);
    *ms = (int64_t)le64toh(bytes);
    return true;
}

static bool take_event(struct slice *from, struct outgoing_view *view) {
    return take(from, &view->key) && take(from, &view->event_id) && take(from, &view->traceparent) &&
           take(from, &view->tracestate) && take_instant(from, &view->occurred_at) && take(from, &view->value);
}

static bool take_dead(struct slice *from, struct outgoing_view *view) {
    return take(from, &view->reason) && take(from, &view->message) && take(from, &view->stage);
}

bool outgoing_read(struct outgoing_view *view, struct slice packed, struct error *error) {
    *view = (struct outgoing_view){ 0 };
    char kind = packed.len == 0 ? '\0' : packed.data[0];
    if (kind != OUTGOING_AVRO_EVENT && kind != OUTGOING_JSON_EVENT && kind != OUTGOING_DEAD)
        return error_set(error, "outbox entry of an unknown kind");
    view->kind = (enum outgoing_kind)kind;
    struct slice rest = { packed.data + 1, packed.len - 1 };
    bool whole = view->kind == OUTGOING_DEAD ? take_dead(&rest, view) : take_event(&rest, view);
    return (whole && rest.len == 0) || error_set(error, "outbox entry of a wrong length");
}
