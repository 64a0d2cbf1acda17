#include "replay_record.h"
#include "obek/fields.h"
#include "obek/instant.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define ID_BYTES_MAX 255
#define INDEX_MAX 1000

struct replay_writer {
    const struct feed *feed;
    const struct currency_table *currencies;
    struct replay_avro *avro; /* NULL: JSON */
    uint32_t schema_id;
    char customer_id[ID_BYTES_MAX + 1], order_id[ID_BYTES_MAX + 1]; /* with a copy's suffix */
};

void replay_record_free(struct replay_record *record) {
    buffer_free(&record->key);
    buffer_free(&record->value);
    for (int i = 0; i < FIELD_COUNT; i++)
        buffer_free(&record->headers[i].value);
}

static bool check_indices(const struct feed *feed, enum feed_field field, struct error *error) {
    const struct field_path *path = &feed->paths[field];
    for (size_t i = 0; i < path->n_steps; i++)
        if (path->steps[i].kind == STEP_INDEX && path->steps[i].index > INDEX_MAX)
            return error_set(error, "feed.%s.field.%s: no array of more than %d elements is written", feed->name,
                             feed_field_name(field), INDEX_MAX);
    return true;
}

/* $timestamp holds a time only, and one field at a time can be the key. */
static bool check_paths(const struct feed *feed, struct error *error) {
    int keys = 0;
    for (int field = 0; field < FIELD_COUNT; field++) {
        if (!check_indices(feed, (enum feed_field)field, error))
            return false;
        keys += feed->paths[field].root == PATH_KEY;
        if (feed->paths[field].root == PATH_TIMESTAMP && field != FIELD_OCCURRED_AT)
            return error_set(error, "feed.%s.field.%s = $timestamp: only occurred_at can be written there", feed->name,
                             feed_field_name((enum feed_field)field));
        if (feed->paths[field].root != PATH_VALUE && field == FIELD_CATEGORIES)
            return error_set(error, "feed.%s.field.categories: an array can only be written into the value", feed->name);
    }
    return keys <= 1 || error_set(error, "feed.%s: two fields are mapped to $key", feed->name);
}

struct replay_writer *replay_writer_new(const struct feed *feed, const struct currency_table *currencies, bool avro,
                                        struct error *error) {
    if (!check_paths(feed, error))
        return NULL;
    struct replay_writer *writer = xcalloc(1, sizeof *writer);
    writer->feed = feed;
    writer->currencies = currencies;
    int decimals = currency_table_decimals(currencies, slice_of(""));
    if (avro && (writer->avro = replay_avro_new(feed, decimals, error)) == NULL) {
        replay_writer_free(writer);
        return NULL;
    }
    return writer;
}

void replay_writer_free(struct replay_writer *writer) {
    if (writer == NULL)
        return;
    replay_avro_free(writer->avro);
    free(writer);
}

const char *replay_writer_schema(const struct replay_writer *writer) {
    return replay_avro_schema(writer->avro);
}

void replay_writer_set_schema_id(struct replay_writer *writer, uint32_t id) {
    writer->schema_id = id;
}

bool replay_instant(int64_t ms, enum time_unit unit, int64_t *number) {
    *number = unit == TIME_UNIT_S ? ms / 1000 : ms;
    if (unit == TIME_UNIT_US)
        return !__builtin_mul_overflow(ms, INT64_C(1000), number);
    return unit == TIME_UNIT_MS || ms % 1000 == 0;
}

/* The feed's own word for a kind, else the contract's. */
static const char *kind_text(const struct feed *feed, enum order_kind kind) {
    static const char *const names[] = { "ORDER", "CANCELLATION", "RETURN" };
    for (size_t i = 0; i < feed->n_kinds; i++)
        if (feed->kinds[i].kind == kind)
            return feed->kinds[i].text;
    return names[kind];
}

static bool copy_id(char *out, const char *id, unsigned copy, struct error *error) {
    int len = copy < 2 ? snprintf(out, ID_BYTES_MAX + 1, "%s", id) : snprintf(out, ID_BYTES_MAX + 1, "%s-%u", id, copy);
    return len <= ID_BYTES_MAX || error_set(error, "%d bytes with the copy's number, at most %d are allowed", len, ID_BYTES_MAX);
}

/* Exact: the row's check refused more decimals than the currency has. */
static bool to_minor(struct decimal amount, int decimals, int64_t *minor, struct error *error) {
    for (; amount.scale > decimals && amount.digits % 10 == 0; amount.scale--)
        amount.digits /= 10;
    for (; amount.scale < decimals && amount.digits <= INT64_MAX; amount.scale++)
        amount.digits *= 10;
    if (amount.scale != decimals || amount.digits > INT64_MAX)
        return error_set(error, "does not fit into minor units");
    *minor = (int64_t)amount.digits;
    return true;
}

static bool take_amount(const struct replay_writer *writer, const struct order_row *row, struct outgoing_field *out,
                        struct error *error) {
    const char *text = order_row_text(row, FIELD_AMOUNT), *currency = order_row_text(row, FIELD_CURRENCY);
    if (text == NULL || row->kind == KIND_CANCELLATION)
        return true;
    *out = (struct outgoing_field){ .type = OUT_DECIMAL, .text = text };
    if (!decimal_parse(&out->decimal, slice_of(text), error))
        return false;
    if (!writer->feed->amount_in_minor)
        return true;
    out->type = OUT_MINOR;
    int decimals = currency_table_decimals(writer->currencies, slice_of(currency == NULL ? "" : currency));
    return to_minor(out->decimal, decimals, &out->integer, error);
}

static bool take_field(const struct replay_writer *writer, const struct order_row *row, enum feed_field field,
                       struct outgoing_field *out, struct error *error) {
    const char *text = order_row_text(row, field);
    *out = (struct outgoing_field){ .type = OUT_NONE };
    if (field == FIELD_AMOUNT)
        return take_amount(writer, row, out, error);
    if (text == NULL || (field == FIELD_CHANNEL && writer->feed->channel != NULL)) /* a constant is not written */
        return true;
    *out = (struct outgoing_field){ .type = OUT_TEXT, .text = text };
    if (field == FIELD_CUSTOMER_ID)
        out->text = writer->customer_id;
    else if (field == FIELD_ORDER_ID)
        out->text = writer->order_id;
    else if (field == FIELD_KIND)
        out->text = kind_text(writer->feed, row->kind);
    else if (field == FIELD_OCCURRED_AT)
        *out = (struct outgoing_field){ .type = OUT_INSTANT, .integer = row->occurred_at };
    else if (field == FIELD_CATEGORIES)
        out->type = OUT_LIST;
    return true;
}

/* ---- JSON ---- */

static json_t *json_list(const char *text) {
    json_t *array = json_array();
    struct slice category;
    while (list_item(&text, &category))
        json_array_append_new(array, json_stringn(category.data, category.len));
    return array;
}

/* A time goes as text (RFC 3339) unless the feed has a unit of its own and it goes into that without a rest. */
static json_t *json_time(int64_t ms, enum time_unit unit) {
    char text[40];
    int64_t number;
    if (unit != TIME_UNIT_MS && replay_instant(ms, unit, &number))
        return json_integer(number);
    instant_text(ms, text);
    return json_string(text);
}

static json_t *json_of(const struct outgoing_field *field, const struct feed *feed) {
    if (field->type == OUT_LIST)
        return json_list(field->text);
    if (field->type == OUT_INSTANT)
        return json_time(field->integer, feed->time_unit);
    return field->type == OUT_MINOR ? json_integer(field->integer) : json_string(field->text);
}

/* The member of an object or the element of an array that a step leads to; NULL where it leads nowhere yet. */
static json_t *json_child(json_t *at, const struct path_step *step, size_t index) {
    return step->kind == STEP_NAME ? json_object_get(at, step->name) : json_array_get(at, index);
}

static void json_put(json_t *at, const struct path_step *step, size_t index, json_t *value) {
    if (step->kind == STEP_NAME) {
        json_object_set_new(at, step->name, value);
        return;
    }
    while (json_array_size(at) <= index)
        json_array_append_new(at, json_null());
    json_array_set_new(at, index, value);
}

/* Puts the value at the end of the path, making objects and arrays on the way; the first [] takes the elements of a list apart.
   False when another field is in the way. Steals the value. */
static bool json_place(json_t *at, const struct path_step *steps, size_t n, json_t *value) {
    bool spread = steps->kind == STEP_EVERY && json_is_array(value);
    bool good = steps->kind == STEP_NAME ? json_is_object(at) : json_is_array(at);
    for (size_t i = 0; i < (spread ? json_array_size(value) : 1) && good; i++) {
        size_t index = steps->kind == STEP_INDEX ? steps->index : i;
        json_t *element = spread ? json_array_get(value, i) : value, *child = json_child(at, steps, index);
        if (n == 1) {
            good = child == NULL || json_is_null(child);
            if (good)
                json_put(at, steps, index, json_incref(element));
            continue;
        }
        if (child == NULL || json_is_null(child)) {
            child = steps[1].kind == STEP_NAME ? json_object() : json_array();
            json_put(at, steps, index, child);
        }
        good = json_place(child, steps + 1, n - 1, json_incref(element));
    }
    json_decref(value);
    return good;
}

static bool write_json(const struct replay_writer *writer, json_t *root, const struct field_path *path,
                       const struct outgoing_field *field, struct error *error) {
    if (field->type == OUT_NONE)
        return true;
    return json_place(root, path->steps, path->n_steps, json_of(field, writer->feed)) ||
           error_set(error, "its path runs into another field's");
}

static int append_json(const char *text, size_t len, void *context) {
    buffer_append(context, text, len);
    return 0;
}

/* ---- the record ---- */

/* Texts of key and headers: a time as RFC 3339, whole epoch numbers in the feed's unit being read as such too. */
static void append_plain(struct buffer *out, const struct outgoing_field *field) {
    char text[40];
    if (field->type == OUT_INSTANT) {
        instant_text(field->integer, text);
        buffer_append_text(out, text);
    } else if (field->type == OUT_MINOR) {
        buffer_printf(out, "%" PRId64, field->integer);
    } else if (field->type != OUT_NONE) {
        buffer_append_text(out, field->text);
    }
}

static void add_header(struct replay_record *record, const char *name, const struct outgoing_field *field) {
    if (field->type == OUT_NONE)
        return;
    record->headers[record->n_headers].name = name;
    buffer_clear(&record->headers[record->n_headers].value);
    append_plain(&record->headers[record->n_headers++].value, field);
}

static bool put_field(struct replay_writer *writer, json_t *root, struct replay_record *record, enum feed_field field,
                      const struct outgoing_field *out, struct error *error) {
    const struct field_path *path = &writer->feed->paths[field];
    switch (path->root) {
    case PATH_KEY:
        append_plain(&record->key, out);
        return true;
    case PATH_HEADER:
        add_header(record, path->header, out);
        return true;
    case PATH_TIMESTAMP:
        record->timestamp = out->integer;
        return out->integer > 0 || error_set(error, "a Kafka timestamp cannot be before 1970");
    case PATH_VALUE:
        break;
    }
    if (writer->avro != NULL)
        return replay_avro_put(writer->avro, path, out, error);
    return write_json(writer, root, path, out, error);
}

static bool put_fields(struct replay_writer *writer, json_t *root, const struct order_row *row, struct replay_record *record,
                       struct error *error) {
    for (int i = 0; i < FIELD_COUNT; i++) {
        struct outgoing_field out;
        enum feed_field field = (enum feed_field)i;
        if (!take_field(writer, row, field, &out, error) || !put_field(writer, root, record, field, &out, error))
            return error_context(error, "%s", feed_field_name(field));
    }
    return true;
}

static bool put_ids(struct replay_writer *writer, const struct order_row *row, unsigned copy, struct error *error) {
    if (!copy_id(writer->customer_id, order_row_text(row, FIELD_CUSTOMER_ID), copy, error))
        return error_context(error, "customer_id");
    return copy_id(writer->order_id, order_row_text(row, FIELD_ORDER_ID), copy, error) || error_context(error, "order_id");
}

static bool write_value(struct replay_writer *writer, json_t *root, struct replay_record *record, struct error *error) {
    if (writer->avro == NULL)
        return json_dump_callback(root, append_json, &record->value, JSON_COMPACT) == 0 ||
               error_set(error, "cannot be written as JSON");
    uint32_t id = writer->schema_id;
    const char framing[5] = { 0, (char)(id >> 24), (char)(id >> 16), (char)(id >> 8), (char)id };
    buffer_append(&record->value, framing, sizeof framing);
    return replay_avro_end(writer->avro, &record->value, error);
}

bool replay_write(struct replay_writer *writer, const struct order_row *row, unsigned copy, struct replay_record *record,
                  struct error *error) {
    buffer_clear(&record->key);
    buffer_clear(&record->value);
    record->n_headers = 0;
    record->timestamp = 0;
    json_t *root = writer->avro == NULL ? json_object() : NULL;
    if (writer->avro != NULL)
        replay_avro_begin(writer->avro);
    bool good = put_ids(writer, row, copy, error) && put_fields(writer, root, row, record, error) &&
                write_value(writer, root, record, error);
    if (record->key.len == 0)
        buffer_append_text(&record->key, writer->customer_id);
    json_decref(root);
    return good;
}
