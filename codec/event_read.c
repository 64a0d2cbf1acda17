/* The beginning of an event as it is read again: who moved from where to where, when, and why. */
#include "obek/event.h"
#include "obek/instant.h"
#include "obek/utf8.h"

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
    return utf8_valid(*text);
}

static bool take_name(struct slice *rest, struct name *name) {
    struct slice text;
    return take_text(rest, &text) && name_set(name, text);
}

/* A union of null and a name; null: length 0. */
static bool take_optional_name(struct slice *rest, struct name *name) {
    int64_t branch;
    *name = (struct name){ 0 };
    if (!take_long(rest, &branch) || branch < 0 || branch > 1)
        return false;
    return branch == 0 || take_name(rest, name);
}

static bool take_cause(struct slice *rest, enum cause *cause) {
    int64_t symbol;
    if (!take_long(rest, &symbol) || symbol < 0 || symbol > CAUSE_ERASE)
        return false;
    *cause = (enum cause)symbol;
    return true;
}

/* Fields in the order of schemas/segment-change.avsc, whose causes stand in the order of enum cause. */
static bool read_avro(struct event_told *told, struct slice value) {
    if (value.len < FRAMING_BYTES)
        return false;
    struct slice rest = { value.data + FRAMING_BYTES, value.len - FRAMING_BYTES };
    return take_text(&rest, &told->event_id) && take_text(&rest, &told->customer_id) && take_name(&rest, &told->scheme) &&
           take_optional_name(&rest, &told->from) && take_optional_name(&rest, &told->to) && take_cause(&rest, &told->cause) &&
           take_long(&rest, &told->occurred_at) && take_long(&rest, &told->published_at) && take_long(&rest, &told->sequence);
}

static struct slice text_of(const json_t *json) {
    return (struct slice){ json_string_value(json), json_string_length(json) };
}

static bool read_text(struct slice *text, struct arena *arena, const json_t *json) {
    if (!json_is_string(json))
        return false;
    *text = arena_copy(arena, text_of(json));
    return true;
}

static bool read_name(struct name *name, const json_t *json) {
    return json_is_string(json) && name_set(name, text_of(json));
}

static bool read_optional_name(struct name *name, const json_t *json) {
    *name = (struct name){ 0 };
    return json_is_null(json) || read_name(name, json);
}

static bool read_cause(enum cause *cause, const json_t *json) {
    if (!json_is_string(json))
        return false;
    for (int i = CAUSE_ORDER; i <= CAUSE_ERASE; i++)
        if (strcmp(json_string_value(json), event_cause_text((enum cause)i)) == 0) {
            *cause = (enum cause)i;
            return true;
        }
    return false;
}

static bool read_instant(int64_t *ms, const json_t *json) {
    struct error error;
    return json_is_string(json) && instant_parse(ms, text_of(json), &error);
}

static bool read_json(struct event_told *told, struct arena *arena, struct slice value) {
    json_t *json = json_loadb(value.data, value.len, JSON_ALLOW_NUL, NULL);
    const json_t *sequence = json_object_get(json, "sequence");
    bool ok = read_text(&told->event_id, arena, json_object_get(json, "event_id")) &&
              read_text(&told->customer_id, arena, json_object_get(json, "customer_id")) &&
              read_name(&told->scheme, json_object_get(json, "scheme")) &&
              read_optional_name(&told->from, json_object_get(json, "from_segment")) &&
              read_optional_name(&told->to, json_object_get(json, "to_segment")) &&
              read_cause(&told->cause, json_object_get(json, "cause")) &&
              read_instant(&told->occurred_at, json_object_get(json, "occurred_at")) &&
              read_instant(&told->published_at, json_object_get(json, "published_at")) && json_is_integer(sequence);
    told->sequence = json_integer_value(sequence);
    json_decref(json);
    return ok;
}

bool event_read(struct event_told *told, struct arena *arena, struct slice value, bool avro) {
    return avro ? read_avro(told, value) : read_json(told, arena, value);
}
