/* Rows as Avro, with libavro. One value, filled anew for every row; the schema's own types say how a field is written. */
#include "obek/fields.h"
#include "replay_record.h"

#include <avro.h>
#include <stdlib.h>

static const char order_schema[] =
#include "order.avsc.h"
    ;

struct replay_avro {
    const struct feed *feed;
    char *schema_text;
    int decimals; /* scale of amounts */
    avro_schema_t schema;
    avro_value_iface_t *class;
    avro_value_t value;
    avro_writer_t writer;
    struct buffer text; /* of the string in hand */
};

static bool is_mapped(const struct feed *feed) {
    for (int field = 0; field < FIELD_COUNT; field++)
        if (feed->mapped[field])
            return true;
    return feed->amount_in_minor || feed->n_kinds > 0 || feed->time_unit != TIME_UNIT_MS;
}

struct replay_avro *replay_avro_new(const struct feed *feed, int decimals, struct error *error) {
    struct replay_avro *avro = xcalloc(1, sizeof *avro);
    bool mapped = is_mapped(feed);
    avro->feed = feed;
    avro->decimals = mapped && decimals > 2 ? decimals : 2; /* obek.v1.Order: decimal(18,2) */
    avro->schema_text = mapped ? replay_schema(feed, decimals, error) : xstrdup(order_schema);
    if (avro->schema_text == NULL) {
        replay_avro_free(avro);
        return NULL;
    }
    if (avro_schema_from_json_length(avro->schema_text, strlen(avro->schema_text), &avro->schema) == 0)
        avro->class = avro_generic_class_from_schema(avro->schema);
    if (avro->class != NULL && avro_generic_value_new(avro->class, &avro->value) == 0)
        avro->writer = avro_writer_memory(NULL, 0);
    if (avro->writer != NULL)
        return avro;
    error_set(error, "the schema of feed %s: %s", feed->name, avro_strerror());
    replay_avro_free(avro);
    return NULL;
}

void replay_avro_free(struct replay_avro *avro) {
    if (avro == NULL)
        return;
    if (avro->writer != NULL)
        avro_writer_free(avro->writer);
    if (avro->value.iface != NULL)
        avro_value_decref(&avro->value);
    if (avro->class != NULL)
        avro_value_iface_decref(avro->class);
    if (avro->schema != NULL)
        avro_schema_decref(avro->schema);
    buffer_free(&avro->text);
    free(avro->schema_text);
    free(avro);
}

const char *replay_avro_schema(const struct replay_avro *avro) {
    return avro->schema_text;
}

/* The index of a union's null branch, or of the first other one; -1: it has none. */
static int branch_of(const avro_value_t *value, bool null) {
    avro_schema_t schema = avro_value_get_schema(value);
    for (size_t i = 0; i < avro_schema_union_size(schema); i++)
        if (is_avro_null(avro_schema_union_branch(schema, (int)i)) == null)
            return (int)i;
    return -1;
}

/* Unions to null, through all records: what a row has is set afterwards. */
static void blank(avro_value_t *value) {
    avro_value_t child = { NULL, NULL };
    size_t n = 0;
    avro_type_t type = avro_value_get_type(value);
    if (type == AVRO_UNION && branch_of(value, true) >= 0 && avro_value_set_branch(value, branch_of(value, true), &child) == 0)
        avro_value_set_null(&child);
    if (type != AVRO_RECORD || avro_value_get_size(value, &n) != 0)
        return;
    for (size_t i = 0; i < n; i++)
        if (avro_value_get_by_index(value, i, &child, NULL) == 0)
            blank(&child);
}

void replay_avro_begin(struct replay_avro *avro) {
    avro_value_reset(&avro->value);
    blank(&avro->value);
}

/* Two's complement, big endian, as short as it can be. */
static bool set_decimal(struct replay_avro *avro, avro_value_t *value, struct decimal amount, struct error *error) {
    const __int128 max = (__int128)999999999999999999;
    for (; amount.scale > avro->decimals && amount.digits % 10 == 0; amount.scale--)
        amount.digits /= 10;
    for (; amount.scale < avro->decimals && amount.digits <= max; amount.scale++)
        amount.digits *= 10;
    if (amount.scale != avro->decimals || amount.digits > max)
        return error_set(error, "does not fit into a decimal(18,%d)", avro->decimals);
    unsigned char bytes[9];
    size_t first = sizeof bytes - 1;
    int64_t rest = (int64_t)amount.digits;
    for (size_t i = sizeof bytes; i-- > 0; rest /= 256) {
        bytes[i] = (unsigned char)(rest % 256);
        if (rest > 0)
            first = i;
    }
    if (bytes[first] >= 0x80) /* it would read as negative */
        first--;
    return avro_value_set_bytes(value, bytes + first, sizeof bytes - first) == 0 || error_set(error, "%s", avro_strerror());
}

static bool set_number(struct replay_avro *avro, avro_value_t *value, const struct outgoing_field *field, struct error *error) {
    int64_t number = field->integer;
    if (field->type == OUT_INSTANT && !replay_instant(field->integer, avro->feed->time_unit, &number))
        return error_set(error, "does not go into feed.%s.time.unit without a rest", avro->feed->name);
    return avro_value_set_long(value, number) == 0 || error_set(error, "%s", avro_strerror());
}

/* libavro wants a NUL behind the text and counts it. */
static bool set_text(struct replay_avro *avro, avro_value_t *value, struct slice text, struct error *error) {
    buffer_clear(&avro->text);
    buffer_append_slice(&avro->text, text);
    buffer_append(&avro->text, "", 1);
    if (avro_value_get_type(value) == AVRO_ENUM) {
        int symbol = avro_schema_enum_get_by_name(avro_value_get_schema(value), avro->text.data);
        return (symbol >= 0 && avro_value_set_enum(value, symbol) == 0) || error_set(error, "'%s' is no symbol", avro->text.data);
    }
    return avro_value_set_string_len(value, avro->text.data, avro->text.len) == 0 || error_set(error, "%s", avro_strerror());
}

static bool set_leaf(struct replay_avro *avro, avro_value_t *value, const struct outgoing_field *field, struct error *error) {
    if (field->type == OUT_DECIMAL)
        return set_decimal(avro, value, field->decimal, error);
    if (field->type == OUT_INSTANT || field->type == OUT_MINOR)
        return set_number(avro, value, field, error);
    return set_text(avro, value, slice_of(field->text), error);
}

static bool element(avro_value_t *array, size_t index, avro_value_t *child) {
    size_t n = 0;
    while (avro_value_get_size(array, &n) == 0 && n <= index) {
        if (avro_value_append(array, child, NULL) != 0)
            return false;
        blank(child);
    }
    return avro_value_get_by_index(array, index, child, NULL) == 0;
}

static bool put(struct replay_avro *avro, avro_value_t at, const struct path_step *steps, size_t n,
                const struct outgoing_field *field, struct error *error);

/* Each category into an element of its own; what is left of the path goes on in each. */
static bool put_list(struct replay_avro *avro, avro_value_t array, const struct path_step *rest, size_t n, const char *list,
                     struct error *error) {
    struct slice category;
    for (size_t i = 0; list_item(&list, &category); i++) {
        avro_value_t child = { NULL, NULL };
        char *text = xstrndup(category.data, category.len);
        const struct outgoing_field one = { .type = OUT_TEXT, .text = text };
        bool good = (element(&array, i, &child) && child.iface != NULL) || error_set(error, "%s", avro_strerror());
        good = good && put(avro, child, rest, n, &one, error);
        free(text);
        if (!good)
            return false;
    }
    return true;
}

static bool put(struct replay_avro *avro, avro_value_t at, const struct path_step *steps, size_t n,
                const struct outgoing_field *field, struct error *error) {
    avro_value_t child = { NULL, NULL };
    if (at.iface == NULL)
        return error_set(error, "the schema has no such place");
    if (avro_value_get_type(&at) == AVRO_UNION) {
        if (avro_value_set_branch(&at, branch_of(&at, false), &child) != 0)
            return error_set(error, "%s", avro_strerror());
        at = child;
    }
    if (n == 0)
        return avro_value_get_type(&at) == AVRO_ARRAY && field->type == OUT_LIST
                   ? put_list(avro, at, steps, 0, field->text, error)
                   : set_leaf(avro, &at, field, error);
    if (steps->kind == STEP_EVERY && field->type == OUT_LIST)
        return put_list(avro, at, steps + 1, n - 1, field->text, error);
    size_t index = steps->kind == STEP_INDEX ? steps->index : 0;
    bool good =
        steps->kind == STEP_NAME ? avro_value_get_by_name(&at, steps->name, &child, NULL) == 0 : element(&at, index, &child);
    return good ? put(avro, child, steps + 1, n - 1, field, error) : error_set(error, "%s", avro_strerror());
}

bool replay_avro_put(struct replay_avro *avro, const struct field_path *path, const struct outgoing_field *field,
                     struct error *error) {
    return field->type == OUT_NONE || put(avro, avro->value, path->steps, path->n_steps, field, error);
}

bool replay_avro_end(struct replay_avro *avro, struct buffer *out, struct error *error) {
    size_t size = 0;
    if (avro_value_sizeof(&avro->value, &size) != 0)
        return error_set(error, "cannot be encoded: %s", avro_strerror());
    avro_writer_memory_set_dest(avro->writer, buffer_reserve(out, size), (int64_t)size);
    if (avro_value_write(avro->writer, &avro->value) != 0)
        return error_set(error, "cannot be encoded: %s", avro_strerror());
    out->len += (size_t)avro_writer_tell(avro->writer);
    return true;
}
