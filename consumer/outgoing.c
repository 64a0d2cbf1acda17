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

bool outgoing_read(struct outgoing_view *view, struct slice packed, struct error *error) {
    *view = (struct outgoing_view){ 0 };
    if (packed.len == 0 || (packed.data[0] != OUTGOING_EVENT && packed.data[0] != OUTGOING_DEAD))
        return error_set(error, "outbox entry of an unknown kind");
    view->kind = (enum outgoing_kind)packed.data[0];
    struct slice rest = { packed.data + 1, packed.len - 1 };
    if (!take(&rest, &view->key) || !take(&rest, &view->value))
        return error_set(error, "outbox entry is cut short");
    while (rest.len > 0) {
        if (view->n_headers == OUTGOING_HEADERS_MAX)
            return error_set(error, "outbox entry has too many headers");
        if (!take(&rest, &view->names[view->n_headers]) || !take(&rest, &view->values[view->n_headers]))
            return error_set(error, "outbox entry is cut short");
        view->n_headers++;
    }
    return true;
}
