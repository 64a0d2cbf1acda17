/* libavro as the oracle: random schemas, random data written by libavro, random paths. What the plan finds must be what a walk
   through libavro's generic values finds; and no proper beginning of a datum is one. */
#include "../../codec/decode_internal.h"

#include <avro.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROUNDS 3000
#define DATA_PER_SCHEMA 5

static uint64_t seed;
static unsigned met[VALUE_OTHER + 1]; /* values found, by type */

static unsigned below(unsigned n) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % n;
}

/* The logical types, which libavro forgets, are told by the first letter of the field's name: d3_... decimals of scale 3 (bytes
   and fixed below it), t_... longs are timestamps in microseconds. */
static void random_type(struct buffer *out, char kind, int scale, int depth, int *names, bool in_union);

static void random_record(struct buffer *out, int depth, int *names) {
    unsigned n = 1 + below(5);
    buffer_printf(out, "{\"type\":\"record\",\"name\":\"R%d\",\"fields\":[", (*names)++);
    for (unsigned i = 0; i < n; i++) {
        char kind = "dtp"[below(3)];
        int scale = (int)below(4);
        buffer_printf(out, "%s{\"name\":\"%c%d_%u\",\"type\":", i > 0 ? "," : "", kind, scale, i);
        random_type(out, kind, scale, depth - 1, names, false);
        buffer_append_text(out, "}");
    }
    buffer_append_text(out, "]}");
}

static void random_leaf(struct buffer *out, char kind, int scale, int *names, unsigned which) {
    static const char *const plain[] = { "boolean", "int", "float", "double", "string" };
    char logical[80] = "";
    if (kind == 'd')
        snprintf(logical, sizeof logical, ",\"logicalType\":\"decimal\",\"precision\":9,\"scale\":%d", scale);
    if (which < 5)
        buffer_printf(out, "\"%s\"", plain[which]);
    else if (which == 5)
        buffer_printf(out, "{\"type\":\"long\"%s}", kind == 't' ? ",\"logicalType\":\"timestamp-micros\"" : "");
    else if (which == 6)
        buffer_printf(out, "{\"type\":\"bytes\"%s}", logical);
    else if (which == 7)
        buffer_printf(out, "{\"type\":\"fixed\",\"name\":\"F%d\",\"size\":%u%s}", (*names)++, 1 + below(9), logical);
    else
        buffer_printf(out, "{\"type\":\"enum\",\"name\":\"E%d\",\"symbols\":[\"A\",\"BB\",\"CCC\"]}", (*names)++);
}

static void random_union(struct buffer *out, char kind, int scale, int depth, int *names) {
    unsigned null_at = below(3), leaf = below(9);
    buffer_append_text(out, "[");
    if (null_at == 0)
        buffer_append_text(out, "\"null\",");
    random_leaf(out, kind, scale, names, leaf);
    if (null_at == 1)
        buffer_append_text(out, ",\"null\"");
    if (below(2) == 0) {
        buffer_append_text(out, ",");
        random_record(out, depth - 1, names);
    }
    buffer_append_text(out, "]");
}

static void random_type(struct buffer *out, char kind, int scale, int depth, int *names, bool in_union) {
    unsigned which = below(depth > 0 ? 14 : 9);
    if (which < 9) {
        random_leaf(out, kind, scale, names, which);
    } else if (which == 9) {
        random_record(out, depth - 1, names);
    } else if (which == 10 && !in_union) {
        random_union(out, kind, scale, depth, names);
    } else {
        buffer_append_text(out, which == 11 ? "{\"type\":\"map\",\"values\":" : "{\"type\":\"array\",\"items\":");
        random_type(out, kind, scale, depth - 1, names, false);
        buffer_append_text(out, "}");
    }
}

static void fill(avro_value_t *value) {
    avro_value_t child;
    unsigned char bytes[16];
    char key[8];
    size_t n = 0, index;
    int is_new;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)below(256);
    switch (avro_value_get_type(value)) {
    case AVRO_NULL:
        avro_value_set_null(value);
        break;
    case AVRO_BOOLEAN:
        avro_value_set_boolean(value, (int)below(2));
        break;
    case AVRO_INT32:
        avro_value_set_int(value, (int32_t)((int64_t)below(UINT32_C(0x7fffffff)) >> below(31)) * (below(2) ? 1 : -1));
        break;
    case AVRO_INT64:
        memcpy(&n, bytes, sizeof n);
        avro_value_set_long(value, (int64_t)n >> below(63));
        break;
    case AVRO_FLOAT:
        avro_value_set_float(value, (float)below(100000) / 8);
        break;
    case AVRO_DOUBLE:
        avro_value_set_double(value, (double)below(100000) / 100);
        break;
    case AVRO_STRING:
        snprintf(key, sizeof key, "s%u", below(5));
        avro_value_set_string(value, key);
        break;
    case AVRO_BYTES:
        avro_value_set_bytes(value, bytes, 1 + below(9));
        break;
    case AVRO_FIXED:
        avro_value_set_fixed(value, bytes, (size_t)avro_schema_fixed_size(avro_value_get_schema(value)));
        break;
    case AVRO_ENUM:
        avro_value_set_enum(value, (int)below(3));
        break;
    case AVRO_UNION:
        avro_value_set_branch(value, (int)below((unsigned)avro_schema_union_size(avro_value_get_schema(value))), &child);
        fill(&child);
        break;
    case AVRO_RECORD:
        avro_value_get_size(value, &n);
        for (size_t i = 0; i < n; i++) {
            avro_value_get_by_index(value, i, &child, NULL);
            fill(&child);
        }
        break;
    case AVRO_ARRAY:
        for (n = below(4); n > 0; n--) {
            avro_value_append(value, &child, &index);
            fill(&child);
        }
        break;
    case AVRO_MAP:
        for (n = below(4); n > 0; n--) {
            snprintf(key, sizeof key, "k%u", below(3));
            avro_value_add(value, key, &child, &index, &is_new);
            if (is_new)
                fill(&child);
        }
        break;
    default:
        fail_msg("a type without data");
    }
}

/* a path that mostly leads somewhere */
static void random_path(struct buffer *out, avro_schema_t schema) {
    while (schema != NULL && below(20) > 0) {
        const char *dot = out->len > 0 ? "." : "";
        avro_schema_t next = NULL;
        if (is_avro_record(schema)) {
            int i = (int)below((unsigned)avro_schema_record_size(schema));
            buffer_printf(out, "%s%s", dot, avro_schema_record_field_name(schema, i));
            next = avro_schema_record_field_get_by_index(schema, i);
        } else if (is_avro_array(schema)) {
            if (below(2) == 0)
                buffer_append_text(out, "[]");
            else
                buffer_printf(out, "[%u]", below(3));
            next = avro_schema_array_items(schema);
        } else if (is_avro_map(schema)) {
            buffer_printf(out, "%sk%u", dot, below(3));
            next = avro_schema_map_values(schema);
        } else if (is_avro_union(schema)) {
            next = avro_schema_union_branch(schema, (int)below((unsigned)avro_schema_union_size(schema)));
        }
        schema = next;
    }
    if (out->len == 0 || below(20) == 0)
        buffer_append_text(out, out->len > 0 ? ".nowhere" : "nowhere");
}

/* what the oracle found for one field: how many values, the last one, the categories */
struct answer {
    enum feed_field field;
    size_t n;
    enum value_type type;
    char text[64]; /* of the value, as it prints */
    size_t n_categories;
    uint32_t categories[64];
};

static void found_category(struct answer *answer, struct slice name) {
    uint32_t code = order_category_code(name);
    for (size_t i = 0; i < answer->n_categories; i++)
        if (answer->categories[i] == code)
            return;
    answer->categories[answer->n_categories++] = code;
}

static void found(struct answer *answer, enum value_type type, const char *text) {
    if (answer->field == FIELD_CATEGORIES && (type == VALUE_TEXT || type == VALUE_INTEGER)) {
        found_category(answer, slice_of(text));
        return;
    }
    answer->n++;
    answer->type = type;
    snprintf(answer->text, sizeof answer->text, "%s", text);
}

static void print_bytes(char *out, const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        sprintf(out + 2 * i, "%02x", bytes[i]);
    out[2 * n] = '\0';
}

static void decimal_found(struct answer *answer, const char *name, const unsigned char *bytes, size_t n) {
    __int128 digits = bytes[0] >= 0x80 ? -1 : 0;
    char text[64];
    for (size_t i = 0; i < n; i++)
        digits = digits * 256 + bytes[i];
    snprintf(text, sizeof text, "%lld/%lld e-%c", (long long)(digits / 1000000000), (long long)(digits % 1000000000), name[1]);
    found(answer, VALUE_DECIMAL, text);
}

static void end_of_path(struct answer *answer, avro_value_t *value, const char *name) {
    const void *data;
    const char *string;
    char text[64] = "";
    size_t n = 0;
    int32_t small = 0;
    int64_t large = 0;
    float single = 0;
    double real = 0;
    switch (avro_value_get_type(value)) {
    case AVRO_INT32:
        avro_value_get_int(value, &small);
        snprintf(text, sizeof text, "%d", small);
        found(answer, VALUE_INTEGER, text);
        return;
    case AVRO_INT64:
        avro_value_get_long(value, &large);
        if (name[0] == 't')
            large = large >= 0 ? large / 1000 : -((-(large + 1)) / 1000) - 1;
        snprintf(text, sizeof text, "%lld", (long long)large);
        found(answer, name[0] == 't' ? VALUE_INSTANT : VALUE_INTEGER, text);
        return;
    case AVRO_FLOAT:
        avro_value_get_float(value, &single);
        snprintf(text, sizeof text, "%a", (double)single);
        found(answer, VALUE_REAL, text);
        return;
    case AVRO_DOUBLE:
        avro_value_get_double(value, &real);
        snprintf(text, sizeof text, "%a", real);
        found(answer, VALUE_REAL, text);
        return;
    case AVRO_STRING:
        avro_value_get_string(value, &string, &n);
        found(answer, VALUE_TEXT, string);
        return;
    case AVRO_ENUM:
        avro_value_get_enum(value, &small);
        found(answer, VALUE_TEXT, avro_schema_enum_get(avro_value_get_schema(value), small));
        return;
    case AVRO_BYTES:
    case AVRO_FIXED:
        if (avro_value_get_type(value) == AVRO_BYTES)
            avro_value_get_bytes(value, &data, &n);
        else
            avro_value_get_fixed(value, &data, &n);
        if (name[0] == 'd') {
            decimal_found(answer, name, data, n);
        } else {
            print_bytes(text, data, n);
            if (avro_value_get_type(value) == AVRO_BYTES && answer->field == FIELD_CATEGORIES)
                found_category(answer, (struct slice){ data, n });
            else
                found(answer, avro_value_get_type(value) == AVRO_BYTES ? VALUE_TEXT : VALUE_OTHER, text);
        }
        return;
    default:
        found(answer, VALUE_OTHER, "");
    }
}

static void walk(struct answer *answer, avro_value_t *value, const struct path_step *step, size_t n, const char *name,
                 bool inside) {
    avro_value_t child;
    size_t size = 0;
    const char *field;
    avro_type_t type = avro_value_get_type(value);
    if (type == AVRO_UNION) {
        avro_value_get_current_branch(value, &child);
        walk(answer, &child, step, n, name, inside);
        return;
    }
    if (type == AVRO_NULL)
        return;
    bool collect = n == 0 && type == AVRO_ARRAY && answer->field == FIELD_CATEGORIES && !inside;
    if (n == 0 && !collect) {
        end_of_path(answer, value, name);
        return;
    }
    if (collect || (step->kind == STEP_EVERY && type == AVRO_ARRAY)) {
        avro_value_get_size(value, &size);
        for (size_t i = 0; i < size; i++) {
            avro_value_get_by_index(value, i, &child, NULL);
            walk(answer, &child, step + !collect, n - !collect, name, true);
        }
    } else if (step->kind == STEP_INDEX && type == AVRO_ARRAY) {
        avro_value_get_size(value, &size);
        if (step->index < size && avro_value_get_by_index(value, step->index, &child, NULL) == 0)
            walk(answer, &child, step + 1, n - 1, name, inside);
    } else if (step->kind == STEP_NAME && (type == AVRO_RECORD || type == AVRO_MAP)) {
        avro_value_get_size(value, &size);
        for (size_t i = 0; i < size; i++) {
            avro_value_get_by_index(value, i, &child, &field);
            if (strcmp(field, step->name) == 0)
                walk(answer, &child, step + 1, n - 1, type == AVRO_RECORD ? field : name, inside);
        }
    } else {
        found(answer, VALUE_OTHER, "");
    }
}

static void print_value(const struct field_value *value, char *text, size_t size) {
    text[0] = '\0';
    if (value->type == VALUE_INTEGER || value->type == VALUE_INSTANT)
        snprintf(text, size, "%lld", (long long)value->integer);
    if (value->type == VALUE_REAL)
        snprintf(text, size, "%a", value->real);
    if (value->type == VALUE_TEXT)
        snprintf(text, size, "%.*s", (int)value->text.len, value->text.data);
    if (value->type == VALUE_DECIMAL)
        snprintf(text, size, "%lld/%lld e-%d", (long long)(value->digits / 1000000000), (long long)(value->digits % 1000000000),
                 value->scale);
}

static bool same_text(const struct field_value *value, const char *text, const char *expected) {
    char hex[64] = "";
    if (value->type == VALUE_TEXT && value->text.len <= 16)
        print_bytes(hex, (const unsigned char *)value->text.data, value->text.len);
    return strcmp(text, expected) == 0 || strcmp(hex, expected) == 0;
}

static bool agrees(const struct order_fields *fields, const struct answer *answer) {
    const struct field_value *value = &fields->values[answer->field];
    char text[64];
    if (answer->field == FIELD_CATEGORIES && answer->n > 0)
        return value->type != VALUE_ABSENT;
    if (answer->field == FIELD_CATEGORIES) {
        size_t n = answer->n_categories < ORDER_CATEGORIES_MAX ? answer->n_categories : ORDER_CATEGORIES_MAX;
        return value->type == VALUE_ABSENT && fields->n_categories == n &&
               memcmp(fields->categories, answer->categories, n * sizeof *answer->categories) == 0;
    }
    if (answer->n != 1)
        return value->type == (answer->n == 0 ? VALUE_ABSENT : VALUE_OTHER);
    print_value(value, text, sizeof text);
    return value->type == answer->type && (value->type == VALUE_OTHER || same_text(value, text, answer->text));
}

/* a datum that is cut is none, and one whose bytes are changed gets an answer; in memory of its exact size */
static void cut_and_change(const struct avro_plan *plan, struct slice datum, const struct feed *feed) {
    struct error error;
    struct order_fields fields;
    for (size_t len = 0; len < datum.len; len++) {
        char *bytes = malloc(len == 0 ? 1 : len);
        memcpy(bytes, datum.data, len);
        order_fields_init(&fields, feed);
        if (avro_plan_read(plan, (struct slice){ bytes, len }, 0, &fields, &error))
            fail_msg("%zu of %zu bytes were taken for a datum", len, datum.len);
        assert_non_null(strstr(error.text, "value: byte "));
        free(bytes);
    }
    for (int i = 0; i < 20 && datum.len > 0; i++) {
        char *bytes = malloc(datum.len);
        memcpy(bytes, datum.data, datum.len);
        bytes[below((unsigned)datum.len)] = (char)below(256);
        order_fields_init(&fields, feed);
        avro_plan_read(plan, (struct slice){ bytes, datum.len }, 0, &fields, &error);
        free(bytes);
    }
}

static void map_all_fields(struct feed *feed, avro_schema_t writer) {
    for (int field = 0; field < FIELD_COUNT; field++) {
        struct buffer path = { 0 };
        struct error error = { "" };
        random_path(&path, writer);
        buffer_append(&path, "", 1);
        field_path_free(&feed->paths[field]);
        if (!field_path_parse(&feed->paths[field], path.data, &error))
            fail_msg("%s: %s", path.data, error.text);
        feed->mapped[field] = true;
        buffer_free(&path);
    }
}

static void compare(const struct avro_plan *plan, const struct feed *feed, avro_value_t *value, const char *schema_text) {
    static char bytes[1 << 20];
    avro_writer_t writer = avro_writer_memory(bytes, sizeof bytes);
    assert_int_equal(avro_value_write(writer, value), 0);
    const struct slice datum = { bytes, (size_t)avro_writer_tell(writer) };
    struct order_fields fields;
    struct error error = { "" };
    order_fields_init(&fields, feed);
    if (!avro_plan_read(plan, datum, 0, &fields, &error))
        fail_msg("%s\n%s", schema_text, error.text);
    for (int field = 0; field < FIELD_COUNT; field++) {
        struct answer answer = { .field = (enum feed_field)field };
        walk(&answer, value, feed->paths[field].steps, feed->paths[field].n_steps, "p", false);
        met[answer.n == 1 ? answer.type : VALUE_ABSENT]++;
        if (!agrees(&fields, &answer))
            fail_msg("%s\nfield %s: libavro found %zu values, the last of type %d: %s; the plan's is of type %d", schema_text,
                     feed_field_name((enum feed_field)field), answer.n, (int)answer.type, answer.text,
                     (int)fields.values[field].type);
    }
    cut_and_change(plan, datum, feed);
    avro_writer_free(writer);
}

static void one_schema(void) {
    struct buffer text = { 0 };
    struct error error = { "" };
    avro_schema_t writer;
    int names = 0;
    random_record(&text, 4, &names);
    buffer_append(&text, "", 1);
    if (avro_schema_from_json_length(text.data, text.len - 1, &writer) != 0)
        fail_msg("%s: %s", text.data, avro_strerror());
    struct avro_schema_plan *schema = avro_schema_plan_new(slice_of(text.data), &error);
    if (schema == NULL)
        fail_msg("%s: %s", text.data, error.text);
    struct feed *feed = feed_new("f", "t");
    map_all_fields(feed, writer);
    const struct avro_plan *plan = avro_schema_plan_for(schema, feed, &error);
    assert_non_null(plan);
    avro_value_iface_t *class = avro_generic_class_from_schema(writer);
    for (int i = 0; i < DATA_PER_SCHEMA; i++) {
        avro_value_t value;
        avro_generic_value_new(class, &value);
        fill(&value);
        compare(plan, feed, &value, text.data);
        avro_value_decref(&value);
    }
    avro_value_iface_decref(class);
    avro_schema_decref(writer);
    avro_schema_plan_free(schema);
    feed_free(feed);
    buffer_free(&text);
}

static void the_plan_finds_what_libavro_finds(void **state) {
    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        seed = round * UINT64_C(0x9e3779b97f4a7c15);
        one_schema();
    }
    for (int type = VALUE_TEXT; type <= VALUE_OTHER; type++) /* JSON's numbers aside, all were met */
        assert_true(type == VALUE_NUMBER || met[type] > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_plan_finds_what_libavro_finds) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
