#include "decode_internal.h"
#include "json_numbers.h"

/* jansson's messages quote what they stumbled over: take our marks out of that again */
static void strip_marks(char *text) {
    char *out = text;
    while (*text != '\0') {
        if (strncmp(text, JSON_MARK_NUMBER, JSON_MARK_LENGTH) == 0 || strncmp(text, JSON_MARK_STRING, JSON_MARK_LENGTH) == 0)
            text += JSON_MARK_LENGTH;
        else
            *out++ = *text++;
    }
    *out = '\0';
}

static json_t *parse(struct slice value, struct buffer *scratch, struct decode_failure *failure) {
    size_t offset;
    const char *why;
    json_error_t error;
    buffer_clear(scratch);
    if (!json_numbers_quote(scratch, value, &offset, &why)) {
        decode_fail(failure, "undecodable", "value: byte %zu: %s", offset, why);
        return NULL;
    }
    json_t *document = json_loadb(scratch->data, scratch->len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (document == NULL) {
        strip_marks(error.text);
        offset = json_numbers_offset(value, error.position < 0 ? 0 : (size_t)error.position);
        decode_fail(failure, "undecodable", "value: byte %zu: %s", offset, error.text);
    }
    return document;
}

static const char *type_name(const json_t *node) {
    switch (json_typeof(node)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    default:
        return strncmp(json_string_value(node), JSON_MARK_NUMBER, JSON_MARK_LENGTH) == 0 ? "a number" : "a string";
    }
}

static void put(struct order_fields *fields, enum feed_field field, const json_t *node) {
    struct field_value value = { .type = VALUE_OTHER, .what = "", .offset = NO_OFFSET };
    if (!json_is_string(node)) {
        value.what = type_name(node);
        order_fields_put(fields, field, &value);
        return;
    }
    const char *text = json_string_value(node);
    bool number = strncmp(text, JSON_MARK_NUMBER, JSON_MARK_LENGTH) == 0;
    size_t mark = number || strncmp(text, JSON_MARK_STRING, JSON_MARK_LENGTH) == 0 ? JSON_MARK_LENGTH : 0;
    value.type = number ? VALUE_NUMBER : VALUE_TEXT;
    value.text = (struct slice){ text + mark, json_string_length(node) - mark };
    order_fields_put(fields, field, &value);
}

/* at the end of a path: a value, for the categories also an array of them (or, where the path was configured, one alone) */
static void put_end(struct order_fields *fields, enum feed_field field, const json_t *node, bool element) {
    if (json_is_null(node))
        return;
    if (field != FIELD_CATEGORIES || element || (json_is_string(node) && fields->category_numbers)) {
        put(fields, field, node);
        return;
    }
    if (!json_is_array(node)) {
        const struct field_value value = { .type = VALUE_OTHER, .what = type_name(node), .offset = NO_OFFSET };
        order_fields_put(fields, field, &value);
        return;
    }
    for (size_t i = 0; i < json_array_size(node); i++)
        put_end(fields, field, json_array_get(node, i), true);
}

/* what is missing or null on the way is an absent field; anything else that has no such part is a wrong type */
static void walk(struct order_fields *fields, enum feed_field field, const json_t *node, const struct field_path *path, size_t at,
                 bool element) {
    for (; at < path->n_steps && node != NULL && !json_is_null(node); at++) {
        const struct path_step *step = &path->steps[at];
        if (step->kind == STEP_NAME ? !json_is_object(node) : !json_is_array(node)) {
            const struct field_value value = { .type = VALUE_OTHER, .what = type_name(node), .offset = NO_OFFSET };
            order_fields_put(fields, field, &value);
            return;
        }
        if (step->kind == STEP_EVERY) {
            for (size_t i = 0; i < json_array_size(node); i++)
                walk(fields, field, json_array_get(node, i), path, at + 1, true);
            return;
        }
        node = step->kind == STEP_NAME ? json_object_get(node, step->name) : json_array_get(node, step->index);
    }
    if (node != NULL)
        put_end(fields, field, node, element);
}

bool decode_json(struct order_fields *fields, const struct feed *feed, struct slice value, struct buffer *scratch,
                 json_t **document, struct decode_failure *failure) {
    *document = parse(value, scratch, failure);
    if (*document == NULL)
        return false;
    if (json_is_null(*document))
        return decode_fail(failure, "undecodable", "value: null");
    if (!json_is_object(*document) && !json_is_array(*document))
        return decode_fail(failure, "wrong_type", "value: %s where an object is wanted", type_name(*document));
    for (int field = 0; field < FIELD_COUNT; field++)
        if (feed->paths[field].root == PATH_VALUE)
            walk(fields, (enum feed_field)field, *document, &feed->paths[field], 0, false);
    return true;
}
