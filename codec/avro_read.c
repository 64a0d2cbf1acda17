/* Runs a decode plan over bytes that nobody has checked: every length is held against what is left, items are counted, depth is
   bounded (avro-c does none of this: AVRO-4246, avro #3848). */
#include "avro_plan_internal.h"
#include "obek/instant.h"

#include <endian.h>
#include <inttypes.h>

/* in one record, over all arrays and maps */
#define ITEMS_MAX 1000000

struct reader {
    const unsigned char *begin, *at, *end;
    const struct schema_field *field; /* the record field it is in */
    struct order_fields *fields;
    struct error *error;
    size_t items;
};

/* "value: byte 17 (amount): string of 60000 bytes, 3 remain" */
static bool fail_at(struct reader *reader, const unsigned char *at, const char *text) {
    size_t offset = (size_t)(at - reader->begin);
    if (reader->field == NULL)
        return error_set(reader->error, "value: byte %zu: %s", offset, text);
    return error_set(reader->error, "value: byte %zu (%.100s): %s", offset, reader->field->name.data, text);
}

static size_t left(const struct reader *reader) {
    return (size_t)(reader->end - reader->at);
}

static bool read_long_slow(struct reader *reader, int64_t *number) {
    const unsigned char *start = reader->at;
    uint64_t bits = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (reader->at == reader->end)
            return fail_at(reader, start, "a number is cut off");
        unsigned char byte = *reader->at++;
        if (shift == 63 && byte > 1)
            break;
        bits |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *number = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
            return true;
        }
    }
    return fail_at(reader, start, "a number of more than 64 bits");
}

static inline bool read_long(struct reader *reader, int64_t *number) {
    if (reader->at < reader->end && *reader->at < 0x80) {
        uint64_t bits = *reader->at++;
        *number = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
        return true;
    }
    return read_long_slow(reader, number);
}

static bool read_int(struct reader *reader, int64_t *number) {
    const unsigned char *start = reader->at;
    if (!read_long(reader, number))
        return false;
    if (*number < INT32_MIN || *number > INT32_MAX)
        return fail_at(reader, start, "an int of more than 32 bits");
    return true;
}

/* what: "string", "bytes", ... in the message */
static bool take(struct reader *reader, const unsigned char *start, const char *what, int64_t len, struct slice *bytes) {
    if (len < 0 || (uint64_t)len > left(reader)) {
        char text[96];
        snprintf(text, sizeof text, "%s of %" PRId64 " bytes, %zu remain", what, len, left(reader));
        return fail_at(reader, start, text);
    }
    *bytes = (struct slice){ (const char *)reader->at, (size_t)len };
    reader->at += len;
    return true;
}

static bool read_bytes(struct reader *reader, const char *what, struct slice *bytes) {
    const unsigned char *start = reader->at;
    int64_t len;
    return read_long(reader, &len) && take(reader, start, what, len, bytes);
}

static bool read_index(struct reader *reader, const char *what, size_t n, size_t *index) {
    const unsigned char *start = reader->at;
    int64_t number;
    if (!read_long(reader, &number))
        return false;
    if (number < 0 || (uint64_t)number >= n) {
        char text[96];
        snprintf(text, sizeof text, "%s %" PRId64 " of %zu", what, number, n);
        return fail_at(reader, start, text);
    }
    *index = (size_t)number;
    return true;
}

/* The head of the next block of an array or map: *count items, 0 at the end; *end where it says it ends, or NULL. */
static bool read_block(struct reader *reader, size_t *count, const unsigned char **end) {
    const unsigned char *start = reader->at;
    int64_t n, size;
    struct slice block;
    *end = NULL;
    if (!read_long(reader, &n))
        return false;
    if (n == INT64_MIN)
        return fail_at(reader, start, "a block of impossible length");
    if (n < 0) {
        n = -n;
        if (!read_long(reader, &size) || !take(reader, start, "block", size, &block))
            return false;
        reader->at -= block.len;
        *end = reader->at + block.len;
    }
    if ((uint64_t)n > left(reader) || (uint64_t)n > ITEMS_MAX - reader->items) {
        char text[96];
        snprintf(text, sizeof text, "block of %" PRId64 " items, %zu bytes remain", n, left(reader));
        return fail_at(reader, start, text);
    }
    reader->items += (size_t)n;
    *count = (size_t)n;
    return true;
}

static bool skip(struct reader *reader, const struct schema_node *node, int depth);

static bool skip_blocks(struct reader *reader, const struct schema_node *node, int depth) {
    size_t count;
    const unsigned char *end;
    struct slice key;
    while (read_block(reader, &count, &end)) {
        if (count == 0)
            return true;
        if (end != NULL) {
            reader->at = end;
            continue;
        }
        for (; count > 0; count--)
            if ((node->type == NODE_MAP && !read_bytes(reader, "key", &key)) || !skip(reader, node->children[0], depth))
                return false;
    }
    return false;
}

static bool skip_record(struct reader *reader, const struct schema_node *node, int depth) {
    const struct schema_field *outer = reader->field;
    for (size_t i = 0; i < node->n; i++) {
        reader->field = &node->fields[i];
        if (!skip(reader, node->fields[i].node, depth))
            return false;
    }
    reader->field = outer;
    return true;
}

static bool read_boolean(struct reader *reader) {
    if (left(reader) == 0)
        return fail_at(reader, reader->at, "a boolean is missing");
    unsigned char byte = *reader->at++;
    return byte <= 1 || fail_at(reader, reader->at - 1, "a boolean that is neither 0 nor 1");
}

static bool skip(struct reader *reader, const struct schema_node *node, int depth) {
    struct slice bytes;
    int64_t number;
    size_t index;
    if (depth == SCHEMA_DEPTH_MAX)
        return fail_at(reader, reader->at, "nested too deep");
    switch (node->type) {
    case NODE_NULL:
        return true;
    case NODE_BOOLEAN:
        return read_boolean(reader);
    case NODE_INT:
        return read_int(reader, &number);
    case NODE_LONG:
        return read_long(reader, &number);
    case NODE_FLOAT:
        return take(reader, reader->at, "float", 4, &bytes);
    case NODE_DOUBLE:
        return take(reader, reader->at, "double", 8, &bytes);
    case NODE_BYTES:
    case NODE_STRING:
        return read_bytes(reader, schema_type_name(node->type), &bytes);
    case NODE_RECORD:
        return skip_record(reader, node, depth + 1);
    case NODE_ENUM:
        return read_index(reader, "symbol", node->n, &index);
    case NODE_FIXED:
        return take(reader, reader->at, "fixed", (int64_t)node->size, &bytes);
    case NODE_ARRAY:
    case NODE_MAP:
        return skip_blocks(reader, node, depth + 1);
    case NODE_UNION:
        return read_index(reader, "branch", node->n, &index) && skip(reader, node->children[index], depth + 1);
    }
    return false;
}

static int64_t divide_down(int64_t number, int64_t divisor) {
    return number / divisor - (number % divisor < 0);
}

static void set_integer(struct field_value *value, const struct schema_node *node, int64_t number) {
    value->type = node->logical == LOGICAL_NONE ? VALUE_INTEGER : VALUE_INSTANT;
    if (node->logical == LOGICAL_DATE)
        number *= INT64_C(86400000); /* an int: it fits */
    else if (node->logical != LOGICAL_NONE)
        number = divide_down(number, node->units_per_ms);
    if ((node->logical == LOGICAL_DATE || node->logical == LOGICAL_LOCAL_TIMESTAMP) && instant_in_range(number))
        number = instant_of_local(number);
    value->integer = number;
}

/* two's complement, big endian; what is too large for any amount becomes 10^38 of its sign */
static void set_decimal(struct field_value *value, const struct schema_node *node, struct slice bytes) {
    if (bytes.len == 0) {
        value->type = VALUE_OTHER;
        value->what = "a decimal of no bytes";
        return;
    }
    bool negative = (unsigned char)bytes.data[0] >= 0x80;
    unsigned char sign = negative ? 0xff : 0;
    size_t at = 0;
    while (bytes.len - at > 16 && (unsigned char)bytes.data[at] == sign)
        at++;
    value->type = VALUE_DECIMAL;
    value->scale = node->scale;
    unsigned __int128 digits = negative ? ~(unsigned __int128)0 : 0;
    bool fits = bytes.len - at <= 16 && (bytes.len - at < 16 || ((unsigned char)bytes.data[at] >= 0x80) == negative);
    for (; fits && at < bytes.len; at++)
        digits = digits << 8 | (unsigned char)bytes.data[at];
    value->digits = (__int128)digits;
    if (fits)
        return;
    value->scale = 0;
    value->digits = negative ? -1 : 1;
    for (int i = 0; i < 38; i++)
        value->digits *= 10;
}

static void set_bytes(struct field_value *value, const struct schema_node *node, struct slice bytes) {
    if (node->logical == LOGICAL_DECIMAL) {
        set_decimal(value, node, bytes);
    } else if (node->type == NODE_FIXED) {
        value->type = VALUE_OTHER;
        value->what = "a fixed";
    } else {
        value->type = VALUE_TEXT;
        value->text = bytes;
    }
}

static bool read_real(struct reader *reader, const struct schema_node *node, struct field_value *value) {
    struct slice bytes;
    value->type = VALUE_REAL;
    value->single = node->type == NODE_FLOAT;
    if (!take(reader, reader->at, schema_type_name(node->type), value->single ? 4 : 8, &bytes))
        return false;
    if (value->single) {
        uint32_t bits;
        float real;
        memcpy(&bits, bytes.data, sizeof bits);
        bits = le32toh(bits);
        memcpy(&real, &bits, sizeof real);
        value->real = (double)real;
    } else {
        uint64_t bits;
        memcpy(&bits, bytes.data, sizeof bits);
        bits = le64toh(bits);
        memcpy(&value->real, &bits, sizeof value->real);
    }
    return true;
}

static bool read_value(struct reader *reader, const struct schema_node *node, struct field_value *value) {
    struct slice bytes = { NULL, 0 };
    int64_t number;
    size_t index;
    switch (node->type) {
    case NODE_INT:
    case NODE_LONG:
        if (!(node->type == NODE_INT ? read_int(reader, &number) : read_long(reader, &number)))
            return false;
        set_integer(value, node, number);
        return true;
    case NODE_FLOAT:
    case NODE_DOUBLE:
        return read_real(reader, node, value);
    case NODE_BYTES:
    case NODE_STRING:
    case NODE_FIXED:
        if (!(node->type == NODE_FIXED ? take(reader, reader->at, "fixed", (int64_t)node->size, &bytes)
                                       : read_bytes(reader, schema_type_name(node->type), &bytes)))
            return false;
        set_bytes(value, node, bytes);
        return true;
    case NODE_ENUM:
        if (!read_index(reader, "symbol", node->n, &index))
            return false;
        value->type = VALUE_TEXT;
        value->text = node->symbols[index];
        return true;
    default:
        value->type = VALUE_OTHER;
        value->what = "a boolean";
        return read_boolean(reader);
    }
}

static void put(struct reader *reader, uint16_t fields, const struct field_value *value) {
    for (unsigned left_over = fields; left_over != 0; left_over &= left_over - 1)
        order_fields_put(reader->fields, (enum feed_field)__builtin_ctz(left_over), value);
}

static bool run_leaf(struct reader *reader, const struct plan_op *op) {
    struct field_value value;
    value.untyped = false;
    value.offset = (size_t)(reader->at - reader->begin);
    if (!read_value(reader, op->node, &value))
        return false;
    put(reader, op->fields, &value);
    return true;
}

static void put_wrong(struct reader *reader, const struct plan_op *op) {
    static const char *const names[] = {
        [NODE_NULL] = "null",       [NODE_BOOLEAN] = "a boolean", [NODE_INT] = "an int",    [NODE_LONG] = "a long",
        [NODE_FLOAT] = "a float",   [NODE_DOUBLE] = "a double",   [NODE_BYTES] = "bytes",   [NODE_STRING] = "a string",
        [NODE_RECORD] = "a record", [NODE_ENUM] = "an enum",      [NODE_FIXED] = "a fixed", [NODE_ARRAY] = "an array",
        [NODE_MAP] = "a map",       [NODE_UNION] = "a union",
    };
    const struct field_value value = { .type = VALUE_OTHER,
                                       .what = names[op->node->type],
                                       .offset = (size_t)(reader->at - reader->begin) };
    put(reader, op->wrong, &value);
}

static bool run(struct reader *reader, const struct avro_plan *plan, const struct plan_op *op);

static bool run_record(struct reader *reader, const struct avro_plan *plan, const struct plan_op *op) {
    const struct schema_field *outer = reader->field;
    for (size_t i = 0; i < op->n; i++) {
        reader->field = &op->node->fields[i];
        if (!run(reader, plan, &plan->ops[op->first + i]))
            return false;
    }
    reader->field = outer;
    return true;
}

static const struct plan_op *child_of_array(const struct avro_plan *plan, const struct plan_op *op, size_t index) {
    const struct plan_op *child = &plan->ops[op->first];
    for (size_t i = 1; i < op->n; i++)
        if (child[i].index == index)
            return &child[i];
    return child;
}

static const struct plan_op *child_of_map(const struct avro_plan *plan, const struct plan_op *op, struct slice key) {
    const struct plan_op *child = &plan->ops[op->first];
    for (size_t i = 1; i < op->n; i++)
        if (child[i].key.data != NULL && slice_equal(child[i].key, key))
            return &child[i];
    return child;
}

static bool run_item(struct reader *reader, const struct avro_plan *plan, const struct plan_op *op, size_t index) {
    struct slice key;
    if (op->code == PLAN_ARRAY)
        return run(reader, plan, child_of_array(plan, op, index));
    return read_bytes(reader, "key", &key) && run(reader, plan, child_of_map(plan, op, key));
}

static bool run_blocks(struct reader *reader, const struct avro_plan *plan, const struct plan_op *op) {
    size_t count, index = 0;
    const unsigned char *end;
    while (read_block(reader, &count, &end)) {
        if (count == 0)
            return true;
        for (; count > 0; count--, index++)
            if (!run_item(reader, plan, op, index))
                return false;
        if (end != NULL && reader->at != end)
            return fail_at(reader, reader->at, "a block is not as long as it says");
    }
    return false;
}

static bool run(struct reader *reader, const struct avro_plan *plan, const struct plan_op *op) {
    size_t index;
    if (op->wrong != 0)
        put_wrong(reader, op);
    switch (op->code) {
    case PLAN_SKIP:
        return skip(reader, op->node, 0);
    case PLAN_LEAF:
        return run_leaf(reader, op);
    case PLAN_RECORD:
        return run_record(reader, plan, op);
    case PLAN_UNION:
        return read_index(reader, "branch", op->n, &index) && run(reader, plan, &plan->ops[op->first + index]);
    case PLAN_ARRAY:
    case PLAN_MAP:
        return run_blocks(reader, plan, op);
    }
    return false;
}

bool avro_plan_read(const struct avro_plan *plan, struct slice value, size_t start, struct order_fields *fields,
                    struct error *error) {
    const unsigned char *begin = (const unsigned char *)value.data;
    struct reader reader = { .begin = begin, .at = begin + start, .end = begin + value.len, .fields = fields, .error = error };
    if (!run(&reader, plan, &plan->ops[0]))
        return false;
    reader.field = NULL;
    if (reader.at != reader.end) {
        char text[64];
        snprintf(text, sizeof text, "%zu bytes too many", left(&reader));
        return fail_at(&reader, reader.at, text);
    }
    return true;
}
