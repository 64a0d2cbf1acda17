#include "order_bytes.h"

#include <assert.h>
#include <avro.h>
#include <inttypes.h>
#include <stdlib.h>

#define FIELDS_MAX 32
#define CURRENCY "TRY"

typedef void value_writer(const struct bench_order *order, struct buffer *out);

struct field {
    value_writer *write; /* NULL: null is written */
    int branch;          /* of the union; -1: none */
};

struct order_writer {
    struct field fields[FIELDS_MAX];
    size_t n_fields;
};

static void put_long(struct buffer *out, int64_t value) {
    uint64_t rest = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    char *to = buffer_reserve(out, 10);
    size_t len = 0;
    for (; rest > 0x7f; rest >>= 7)
        to[len++] = (char)(rest | 0x80);
    to[len++] = (char)rest;
    out->len += len;
}

static void put_text(struct buffer *out, const char *text) {
    size_t len = strlen(text);
    put_long(out, (int64_t)len);
    buffer_append(out, text, len);
}

static void put_order_id(const struct bench_order *order, struct buffer *out) {
    put_text(out, order->order_id);
}

static void put_customer_id(const struct bench_order *order, struct buffer *out) {
    put_text(out, order->customer_id);
}

/* ORDER, which order_writer_new has found to be the enum's first symbol. */
static void put_kind(const struct bench_order *order, struct buffer *out) {
    (void)order;
    put_long(out, 0);
}

static void put_occurred_at(const struct bench_order *order, struct buffer *out) {
    put_long(out, order->occurred_at_ms);
}

static void put_channel(const struct bench_order *order, struct buffer *out) {
    put_text(out, order->channel);
}

/* decimal(18,2): the unscaled value in two's complement, big endian, as few bytes as possible. */
static void put_amount(const struct bench_order *order, struct buffer *out) {
    unsigned char bytes[8];
    uint64_t value = (uint64_t)order->amount_cents;
    for (int i = 7; i >= 0; i--, value >>= 8)
        bytes[i] = (unsigned char)value;
    size_t skip = 0;
    while (skip < 7 && bytes[skip] == 0 && bytes[skip + 1] < 0x80)
        skip++;
    put_long(out, (int64_t)(sizeof bytes - skip));
    buffer_append(out, bytes + skip, sizeof bytes - skip);
}

static void put_currency(const struct bench_order *order, struct buffer *out) {
    (void)order;
    put_text(out, CURRENCY);
}

static void put_categories(const struct bench_order *order, struct buffer *out) {
    put_long(out, (int64_t)order->n_categories);
    for (size_t i = 0; i < order->n_categories; i++)
        put_text(out, order->categories[i]);
    put_long(out, 0);
}

static const struct {
    const char *name;
    avro_type_t type;
    value_writer *write;
} known[] = {
    { "order_id", AVRO_STRING, put_order_id },
    { "customer_id", AVRO_STRING, put_customer_id },
    { "kind", AVRO_ENUM, put_kind },
    { "return_id", AVRO_STRING, NULL },
    { "occurred_at", AVRO_INT64, put_occurred_at },
    { "channel", AVRO_STRING, put_channel },
    { "amount", AVRO_BYTES, put_amount },
    { "currency", AVRO_STRING, put_currency },
    { "categories", AVRO_ARRAY, put_categories },
};

static int branch_of(avro_schema_t schema, avro_type_t type) {
    for (size_t i = 0; i < avro_schema_union_size(schema); i++)
        if (avro_typeof(avro_schema_union_branch(schema, (int)i)) == type)
            return (int)i;
    return -1;
}

static bool plan_field(struct field *field, const char *name, avro_schema_t schema, struct error *error) {
    size_t i = 0;
    while (i < sizeof known / sizeof *known && strcmp(name, known[i].name) != 0)
        i++;
    if (i == sizeof known / sizeof *known)
        return error_set(error, "the bench does not know the order's field %s", name);
    avro_type_t type = known[i].write == NULL ? AVRO_NULL : known[i].type;
    *field = (struct field){ .write = known[i].write, .branch = -1 };
    if (avro_typeof(schema) == AVRO_UNION) {
        field->branch = branch_of(schema, type);
        if (field->branch < 0)
            return error_set(error, "the union of field %s has no branch for what the bench writes", name);
        schema = avro_schema_union_branch(schema, field->branch);
    }
    if (avro_typeof(schema) != type)
        return error_set(error, "field %s is of another type than the bench writes", name);
    if (type == AVRO_ENUM && avro_schema_enum_get_by_name(schema, "ORDER") != 0)
        return error_set(error, "ORDER is not the first symbol of field %s", name);
    return true;
}

static bool plan_record(struct order_writer *writer, avro_schema_t schema, struct error *error) {
    if (avro_typeof(schema) != AVRO_RECORD || avro_schema_record_size(schema) > FIELDS_MAX)
        return error_set(error, "not a record of at most %d fields", FIELDS_MAX);
    writer->n_fields = avro_schema_record_size(schema);
    for (size_t i = 0; i < writer->n_fields; i++)
        if (!plan_field(&writer->fields[i], avro_schema_record_field_name(schema, (int)i),
                        avro_schema_record_field_get_by_index(schema, (int)i), error))
            return false;
    return true;
}

struct order_writer *order_writer_new(const char *schema, size_t len, struct error *error) {
    avro_schema_t parsed;
    if (avro_schema_from_json_length(schema, len, &parsed) != 0) {
        error_set(error, "%s", avro_strerror());
        return NULL;
    }
    struct order_writer *writer = xcalloc(1, sizeof *writer);
    bool ok = plan_record(writer, parsed, error);
    avro_schema_decref(parsed);
    if (ok)
        return writer;
    order_writer_free(writer);
    return NULL;
}

void order_writer_free(struct order_writer *writer) {
    free(writer);
}

void order_write_avro(const struct order_writer *writer, uint32_t schema_id, const struct bench_order *order,
                      struct buffer *out) {
    const char framing[] = { 0, (char)(schema_id >> 24), (char)(schema_id >> 16), (char)(schema_id >> 8), (char)schema_id };
    buffer_append(out, framing, sizeof framing);
    for (size_t i = 0; i < writer->n_fields; i++) {
        const struct field *field = &writer->fields[i];
        if (field->branch >= 0)
            put_long(out, field->branch);
        if (field->write != NULL)
            field->write(order, out);
    }
}

void order_write_json(const struct bench_order *order, struct buffer *out) {
    buffer_printf(out,
                  "{\"order_id\":\"%s\",\"customer_id\":\"%s\",\"occurred_at\":%" PRId64
                  ",\"channel\":\"%s\",\"amount\":\"%" PRId64 ".%02" PRId64 "\",\"currency\":\"" CURRENCY "\",\"categories\":[",
                  order->order_id, order->customer_id, order->occurred_at_ms, order->channel, order->amount_cents / 100,
                  order->amount_cents % 100);
    for (size_t i = 0; i < order->n_categories; i++)
        buffer_printf(out, "%s\"%s\"", i > 0 ? "," : "", order->categories[i]);
    buffer_append_text(out, "]}");
}
