#include "order_fields.h"

#include <stdarg.h>
#include <stdio.h>

bool decode_fail(struct decode_failure *failure, const char *reason, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->error.text, sizeof failure->error.text, format, arguments);
    va_end(arguments);
    failure->reason = reason;
    return false;
}

void order_fields_init(struct order_fields *fields, const struct feed *feed) {
    for (int field = 0; field < FIELD_COUNT; field++)
        fields->values[field].type = VALUE_ABSENT;
    fields->category_numbers = feed->mapped[FIELD_CATEGORIES];
    fields->n_categories = 0;
}

bool text_is_whole_number(struct slice text) {
    size_t at = text.len > 0 && text.data[0] == '-';
    for (size_t i = at; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.len > at;
}

/* the first ORDER_CATEGORIES_MAX distinct ones, however many the record has */
static void add_category(struct order_fields *fields, struct slice name) {
    uint32_t code = order_category_code(name);
    for (size_t i = 0; i < fields->n_categories; i++)
        if (fields->categories[i] == code)
            return;
    if (fields->n_categories < ORDER_CATEGORIES_MAX)
        fields->categories[fields->n_categories++] = code;
}

static bool put_category(struct order_fields *fields, const struct field_value *value) {
    char digits[24];
    if (value->type == VALUE_TEXT ||
        (fields->category_numbers && value->type == VALUE_NUMBER && text_is_whole_number(value->text))) {
        add_category(fields, value->text);
        return true;
    }
    if (!fields->category_numbers || value->type != VALUE_INTEGER)
        return false;
    snprintf(digits, sizeof digits, "%lld", (long long)value->integer);
    add_category(fields, slice_of(digits));
    return true;
}

void order_fields_put(struct order_fields *fields, enum feed_field field, const struct field_value *value) {
    struct field_value *stored = &fields->values[field];
    if (value->type == VALUE_ABSENT ||
        (field == FIELD_CATEGORIES && (stored->type != VALUE_ABSENT || put_category(fields, value))))
        return;
    if (stored->type == VALUE_ABSENT)
        *stored = *value;
    else
        *stored = (struct field_value){ .type = VALUE_OTHER, .what = "more than one value", .offset = value->offset };
}

static const struct record_header *last_header(const struct raw_record *record, const char *name) {
    for (size_t i = record->n_headers; i > 0; i--)
        if (slice_is(record->headers[i - 1].name, name))
            return &record->headers[i - 1];
    return NULL;
}

void order_fields_from_envelope(struct order_fields *fields, const struct feed *feed, const struct raw_record *record) {
    for (int field = 0; field < FIELD_COUNT; field++) {
        const struct field_path *path = &feed->paths[field];
        struct field_value value = { .type = VALUE_TEXT, .untyped = true, .offset = NO_OFFSET };
        if (path->root == PATH_KEY) {
            value.text = record->key;
        } else if (path->root == PATH_HEADER) {
            const struct record_header *header = last_header(record, path->header);
            value.text = header == NULL ? (struct slice){ NULL, 0 } : header->value;
        } else if (path->root == PATH_TIMESTAMP && record->timestamp >= 0) {
            value.type = field == FIELD_OCCURRED_AT ? VALUE_INSTANT : VALUE_INTEGER;
            value.integer = record->timestamp;
        }
        if (path->root != PATH_VALUE && (value.type != VALUE_TEXT || value.text.data != NULL))
            order_fields_put(fields, (enum feed_field)field, &value);
    }
}
