#include "obek/decode.h"
#include "decode_internal.h"

#include <inttypes.h>
#include <stdlib.h>

struct decoder {
    const struct currency_table *currencies;
    char *const *offline_channels;
    size_t n_offline_channels;
    struct schema_source schemas;
    struct arena arena;
    struct buffer scratch;
    struct order_fields fields;
    /* the plan that was used last: a batch has one feed and one schema for long stretches */
    const struct avro_schema_plan *schema;
    const struct feed *feed;
    const struct avro_plan *plan;
    json_t *document; /* what the fields' texts point into while a record is judged */
};

struct decoder *decoder_new(const struct currency_table *currencies, char *const *offline_channels, size_t n_offline_channels,
                            const struct schema_source *schemas) {
    struct decoder *decoder = xcalloc(1, sizeof *decoder);
    decoder->currencies = currencies;
    decoder->offline_channels = offline_channels;
    decoder->n_offline_channels = n_offline_channels;
    if (schemas != NULL)
        decoder->schemas = *schemas;
    return decoder;
}

void decoder_free(struct decoder *decoder) {
    if (decoder == NULL)
        return;
    arena_free(&decoder->arena);
    buffer_free(&decoder->scratch);
    free(decoder);
}

void decoder_reset(struct decoder *decoder) {
    arena_reset(&decoder->arena);
}

/* how the bytes are framed, once `auto` has been settled by their beginning */
static enum feed_format format_of(enum feed_format format, struct slice value) {
    if (format != FEED_AUTO)
        return format;
    if (value.len >= 1 && value.data[0] == 0)
        return FEED_CONFLUENT_AVRO;
    if (value.len >= 2 && memcmp(value.data, "\xc3\x01", 2) == 0)
        return FEED_AVRO_SINGLE_OBJECT;
    return FEED_JSON;
}

static uint64_t bytes_number(const char *bytes, size_t n, bool big_endian) {
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++)
        number = number << 8 | (unsigned char)bytes[big_endian ? i : n - 1 - i];
    return number;
}

static enum decode_status schema_answer(enum schema_state state, struct decode_failure *failure) {
    if (state == SCHEMA_FOUND)
        return DECODE_OK;
    failure->reason = "unknown_schema";
    return state == SCHEMA_UNAVAILABLE ? DECODE_WAIT : DECODE_BAD;
}

static enum decode_status bad(struct decode_failure *failure, const char *reason, const char *text) {
    decode_fail(failure, reason, "%s", text);
    return DECODE_BAD;
}

static enum decode_status find_by_id(const struct decoder *decoder, struct slice value, const struct avro_schema_plan **schema,
                                     struct decode_failure *failure) {
    if (value.len < 5 || value.data[0] != 0)
        return bad(failure, "undecodable", "value: byte 0: no Confluent framing (0x00 and a schema id of 4 bytes)");
    uint32_t id = (uint32_t)bytes_number(value.data + 1, 4, true);
    if (decoder->schemas.by_id == NULL)
        return bad(failure, "unknown_schema", "value: byte 1: no schema registry is configured");
    enum schema_state state = decoder->schemas.by_id(decoder->schemas.context, id, schema, &failure->error);
    if (state != SCHEMA_FOUND)
        error_context(&failure->error, "value: byte 1: schema id %" PRIu32, id);
    return schema_answer(state, failure);
}

static enum decode_status find_by_fingerprint(const struct decoder *decoder, struct slice value,
                                              const struct avro_schema_plan **schema, struct decode_failure *failure) {
    if (value.len < 10 || memcmp(value.data, "\xc3\x01", 2) != 0)
        return bad(failure, "undecodable", "value: byte 0: no single-object encoding (c3 01 and a fingerprint of 8 bytes)");
    uint64_t fingerprint = bytes_number(value.data + 2, 8, false);
    if (decoder->schemas.by_fingerprint == NULL)
        return bad(failure, "unknown_schema", "value: byte 2: no schemas are configured for single-object encoding");
    enum schema_state state = decoder->schemas.by_fingerprint(decoder->schemas.context, fingerprint, schema, &failure->error);
    if (state != SCHEMA_FOUND)
        error_context(&failure->error, "value: byte 2: schema fingerprint %016" PRIx64, fingerprint);
    return schema_answer(state, failure);
}

static const struct avro_plan *plan_of(struct decoder *decoder, const struct avro_schema_plan *schema, const struct feed *feed,
                                       struct decode_failure *failure) {
    if (schema == decoder->schema && feed == decoder->feed)
        return decoder->plan;
    const struct avro_plan *plan = avro_schema_plan_for(schema, feed, &failure->error);
    if (plan == NULL) {
        failure->reason = "unknown_schema";
        return NULL;
    }
    decoder->schema = schema;
    decoder->feed = feed;
    decoder->plan = plan;
    return plan;
}

static enum decode_status read_avro(struct decoder *decoder, const struct feed *feed, struct slice value, enum feed_format format,
                                    struct decode_failure *failure) {
    const struct avro_schema_plan *schema = NULL;
    bool confluent = format == FEED_CONFLUENT_AVRO;
    enum decode_status status =
        confluent ? find_by_id(decoder, value, &schema, failure) : find_by_fingerprint(decoder, value, &schema, failure);
    if (status != DECODE_OK)
        return status;
    const struct avro_plan *plan = plan_of(decoder, schema, feed, failure);
    if (plan == NULL)
        return DECODE_BAD;
    if (avro_plan_read(plan, value, confluent ? 5 : 10, &decoder->fields, &failure->error))
        return DECODE_OK;
    failure->reason = "undecodable";
    return DECODE_BAD;
}

static bool has_schema_header(const struct raw_record *record) {
    for (size_t i = 0; i < record->n_headers; i++)
        if (slice_is(record->headers[i].name, "__value_schema_id"))
            return true;
    return false;
}

static enum decode_status read_value(struct decoder *decoder, const struct feed *feed, const struct raw_record *record,
                                     struct decode_failure *failure) {
    if (record->value.data == NULL)
        return bad(failure, "undecodable", "value: null (a tombstone is no order)");
    if (record->value.len == 0)
        return bad(failure, "undecodable", "value: empty");
    if (feed->format != FEED_JSON && has_schema_header(record))
        return bad(failure, "unsupported_framing",
                   "header __value_schema_id: schema ids in headers are not supported, only in front of the value");
    enum feed_format format = format_of(feed->format, record->value);
    if (format != FEED_JSON)
        return read_avro(decoder, feed, record->value, format, failure);
    bool read = decode_json(&decoder->fields, feed, record->value, &decoder->scratch, &decoder->document, failure);
    return read ? DECODE_OK : DECODE_BAD;
}

/* the texts of ids must outlive the JSON document */
static void keep_ids(struct decoder *decoder, struct order *order) {
    if (decoder->document == NULL)
        return;
    order->customer_id = arena_copy(&decoder->arena, order->customer_id);
    order->order_id = arena_copy(&decoder->arena, order->order_id);
    json_decref(decoder->document);
    decoder->document = NULL;
}

/* whom a record that cannot be read is about, when it was read that far */
static void name_customer(struct order *order, const struct order_fields *fields, const struct order_context *context) {
    struct decode_failure ignored = { 0 };
    order_customer(order, fields, context, &ignored);
}

enum decode_status decode_order(struct decoder *decoder, const struct feed *feed, const struct raw_record *record,
                                int64_t wall_now, struct order *order, struct decode_failure *failure) {
    const struct order_context context = {
        .currencies = decoder->currencies,
        .offline_channels = decoder->offline_channels,
        .n_offline_channels = decoder->n_offline_channels,
        .feed = feed,
        .record = record,
        .wall_now = wall_now,
        .arena = &decoder->arena,
    };
    order->customer_id = order->order_id = (struct slice){ NULL, 0 };
    order_fields_init(&decoder->fields, feed);
    order_fields_from_envelope(&decoder->fields, feed, record);
    enum decode_status status = read_value(decoder, feed, record, failure);
    if (status == DECODE_OK)
        status = order_from_fields(order, &decoder->fields, &context, failure) ? DECODE_OK : DECODE_BAD;
    else
        name_customer(order, &decoder->fields, &context);
    keep_ids(decoder, order);
    return status;
}
