/* The beginning of an event as it is read again: which scheme and segment, and why. */
#include "obek/event.h"

#include <jansson.h>

#define FRAMING_BYTES 5
#define VARINT_BYTES_MAX 10

static bool take_long(struct slice *rest, int64_t *value) {
    uint64_t bits = 0;
    for (size_t i = 0; i < rest->len && i < VARINT_BYTES_MAX; i++) {
        uint64_t byte = (unsigned char)rest->data[i];
        bits |= (byte & 0x7f) << (7 * i);
        if (byte >= 0x80)
            continue;
        *value = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
        *rest = (struct slice){ rest->data + i + 1, rest->len - i - 1 };
        return true;
    }
    return false;
}

static bool take_text(struct slice *rest, struct slice *text) {
    int64_t len;
    if (!take_long(rest, &len) || len < 0 || (uint64_t)len > rest->len)
        return false;
    *text = (struct slice){ rest->data, (size_t)len };
    *rest = (struct slice){ rest->data + len, rest->len - (size_t)len };
    return true;
}

/* A union of null and a name; null: length 0. */
static bool take_optional_name(struct slice *rest, struct name *name) {
    int64_t branch;
    struct slice text;
    *name = (struct name){ 0 };
    if (!take_long(rest, &branch) || branch < 0 || branch > 1)
        return false;
    return branch == 0 || (take_text(rest, &text) && name_set(name, text));
}

/* Fields in the order of schemas/segment-change.avsc, whose causes stand in the order of enum cause. */
static bool read_avro(struct event_change *change, struct slice rest) {
    struct slice text;
    struct name from;
    int64_t cause;
    if (rest.len < FRAMING_BYTES)
        return false;
    rest = (struct slice){ rest.data + FRAMING_BYTES, rest.len - FRAMING_BYTES };
    for (int field = 0; field < 3; field++) /* event_id, customer_id, scheme */
        if (!take_text(&rest, &text))
            return false;
    if (!name_set(&change->scheme, text) || !take_optional_name(&rest, &from) || !take_optional_name(&rest, &change->to) ||
        !take_long(&rest, &cause) || cause < 0 || cause > CAUSE_ERASE)
        return false;
    change->cause = (enum cause)cause;
    return true;
}

static bool name_of(const json_t *json, struct name *name) {
    return json_is_string(json) && name_set(name, (struct slice){ json_string_value(json), json_string_length(json) });
}

static bool read_json(struct event_change *change, struct slice value) {
    json_t *json = json_loadb(value.data, value.len, JSON_ALLOW_NUL, NULL);
    const json_t *to = json_object_get(json, "to_segment"), *cause = json_object_get(json, "cause");
    change->to = (struct name){ 0 };
    bool ok = name_of(json_object_get(json, "scheme"), &change->scheme) && (json_is_null(to) || name_of(to, &change->to)) &&
              json_is_string(cause);
    int i = CAUSE_ORDER;
    while (ok && i <= CAUSE_ERASE && strcmp(json_string_value(cause), event_cause_text((enum cause)i)) != 0)
        i++;
    ok = ok && i <= CAUSE_ERASE;
    if (ok)
        change->cause = (enum cause)i;
    json_decref(json);
    return ok;
}

bool event_read_change(struct event_change *change, struct slice value, bool avro) {
    return avro ? read_avro(change, value) : read_json(change, value);
}
