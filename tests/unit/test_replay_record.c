/* A row goes out in a feed's shape and is decoded by that very feed: the order is the row's. */
#include "../../tools/replay_record.h"
#include "obek/config.h"
#include "obek/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1622505600000)
#define AT INT64_C(1619863200123) /* 2021-05-01T10:00:00.123Z */

static struct config *load(const char *const *options) {
    char *overrides[40] = { "currency.base=EUR", "model.file=m", "currency.rate.KWD=3", "currency.rate.JPY=0.01",
                            "schema.registry.url=http://127.0.0.1:1" };
    size_t n = 5;
    struct error error;
    for (; *options != NULL; options++)
        overrides[n++] = (char *)(uintptr_t)*options;
    struct config *config = config_load(NULL, overrides, n, &error);
    if (config == NULL)
        fail_msg("%s", error.text);
    return config;
}

/* A row from the texts of its fields in the order of enum feed_field; NULL: none. */
static struct order_row row_of(const struct config *config, const char *const texts[FIELD_COUNT]) {
    struct buffer all = { 0 };
    struct order_row row = { 0 };
    enum feed_field field;
    struct error error;
    for (int i = 0; i < FIELD_COUNT; i++) {
        row.at[i] = texts[i] == NULL ? ROW_FIELD_NONE : (uint16_t)all.len;
        if (texts[i] != NULL)
            buffer_append(&all, texts[i], strlen(texts[i]) + 1);
    }
    row.texts = all.data;
    if (!order_row_check(&row, config->currencies, NOW, &field, &error))
        fail_msg("%s: %s", feed_field_name(field), error.text);
    return row;
}

struct registered {
    struct avro_schema_plan *plan;
};

static enum schema_state by_id(void *context, uint32_t id, const struct avro_schema_plan **schema, struct error *error) {
    (void)error;
    assert_int_equal(id, 0x01020304);
    *schema = ((struct registered *)context)->plan;
    return SCHEMA_FOUND;
}

/* Writes the row for the configuration's only feed, decodes it, and compares. */
struct round {
    struct config *config;
    struct replay_writer *writer;
    struct replay_record record;
    struct registered registered;
    struct decoder *decoder;
    struct schema_source source;
};

static void round_begin(struct round *round, bool avro, const char *const *options) {
    struct error error;
    *round = (struct round){ .config = load(options) };
    round->writer = replay_writer_new(round->config->feeds[0], round->config->currencies, avro, &error);
    if (round->writer == NULL)
        fail_msg("%s", error.text);
    round->source = (struct schema_source){ .context = &round->registered, .by_id = by_id };
    if (avro) {
        replay_writer_set_schema_id(round->writer, 0x01020304);
        round->registered.plan = avro_schema_plan_new(slice_of(replay_writer_schema(round->writer)), &error);
        if (round->registered.plan == NULL)
            fail_msg("%s", error.text);
    }
    round->decoder = decoder_new(round->config->currencies, round->config->channels_offline, round->config->n_channels_offline,
                                 &round->source);
}

static void round_end(struct round *round) {
    decoder_free(round->decoder);
    avro_schema_plan_free(round->registered.plan);
    replay_record_free(&round->record);
    replay_writer_free(round->writer);
    config_free(round->config);
}

static struct order round_trip(struct round *round, const struct order_row *row, unsigned copy) {
    struct error error;
    struct decode_failure failure;
    struct order order;
    struct record_header headers[FIELD_COUNT];
    struct replay_record *record = &round->record;
    if (!replay_write(round->writer, row, copy, record, &error))
        fail_msg("%s", error.text);
    for (size_t i = 0; i < record->n_headers; i++)
        headers[i] = (struct record_header){ slice_of(record->headers[i].name), buffer_slice(&record->headers[i].value) };
    const struct raw_record raw = { .key = buffer_slice(&record->key),
                                    .value = buffer_slice(&record->value),
                                    .timestamp = record->timestamp == 0 ? NOW : record->timestamp,
                                    .n_headers = record->n_headers,
                                    .headers = headers };
    if (decode_order(round->decoder, round->config->feeds[0], &raw, NOW, &order, &failure) != DECODE_OK)
        fail_msg("%s: %s: %.*s", failure.reason, failure.error.text, (int)record->value.len, record->value.data);
    return order;
}

static const char *const full[FIELD_COUNT] = {
    [FIELD_ORDER_ID] = "o\xc3\xb6-1",
    [FIELD_CUSTOMER_ID] = "c 1",
    [FIELD_KIND] = "RETURN",
    [FIELD_RETURN_ID] = "r1",
    [FIELD_OCCURRED_AT] = "2021-05-01T12:00:00.123+02:00",
    [FIELD_CHANNEL] = "Store",
    [FIELD_AMOUNT] = "1234.50",
    [FIELD_CURRENCY] = "EUR",
    [FIELD_CATEGORIES] = "[A, B b]",
};
static const char *const bare[FIELD_COUNT] = {
    [FIELD_ORDER_ID] = "o", [FIELD_CUSTOMER_ID] = "c", [FIELD_OCCURRED_AT] = "1619863200123", [FIELD_AMOUNT] = "0.10"
};

static void expect_order(const struct order *order, const char *customer, const char *id, int64_t at, int64_t amount) {
    assert_true(slice_is(order->customer_id, customer));
    assert_true(slice_is(order->order_id, id));
    assert_true(order->occurred_at == at);
    assert_true(order->amount == amount);
}

static void expect_both(bool avro, bool seconds, const char *const *options) {
    struct round round;
    round_begin(&round, avro, options);
    const char *texts[FIELD_COUNT];
    memcpy(texts, full, sizeof texts);
    int64_t at = seconds ? AT - 123 : AT;
    if (seconds)
        texts[FIELD_OCCURRED_AT] = "2021-05-01T10:00:00Z";
    struct order_row row = row_of(round.config, texts);
    struct order order = round_trip(&round, &row, 1);
    expect_order(&order, "c 1", "o\xc3\xb6-1", at, 123450);
    assert_int_equal(order.kind, KIND_RETURN);
    assert_false(order.whole);
    assert_true(order.return_hash == order_hash(slice_of("r1")));
    assert_true(order.offline);
    assert_int_equal(order.n_categories, 2);
    uint32_t codes[] = { order_category_code(slice_of("A")), order_category_code(slice_of("B b")) };
    assert_true(order.categories[0] == codes[0] || order.categories[0] == codes[1]);
    free(row.texts);
    memcpy(texts, bare, sizeof texts);
    if (seconds)
        texts[FIELD_OCCURRED_AT] = "1619863200000";
    row = row_of(round.config, texts);
    order = round_trip(&round, &row, 1);
    expect_order(&order, "c", "o", at, 10);
    assert_int_equal(order.kind, KIND_ORDER);
    assert_int_equal(order.n_categories, 0);
    free(row.texts);
    round_end(&round);
}
#define EXPECT_BOTH(avro, seconds, ...) expect_both(avro, seconds, (const char *const[]){ __VA_ARGS__, NULL })

static void the_contracts_shape(void **state) {
    (void)state;
    EXPECT_BOTH(false, false, "feeds=orders");
    EXPECT_BOTH(true, false, "feeds=orders");
}

#define NESTED                                                                                                                   \
    "feed.orders.field.order_id=head.ids[1]", "feed.orders.field.customer_id=head.buyer.id", "feed.orders.field.kind=what",      \
        "feed.orders.kind.map=back:RETURN,sold:ORDER", "feed.orders.field.occurred_at=head.when",                                \
        "feed.orders.field.amount=sum.value", "feed.orders.field.currency=sum.unit",                                             \
        "feed.orders.field.categories=lines[].category", "feed.orders.channel=Store"

static void a_nested_shape(void **state) {
    (void)state;
    EXPECT_BOTH(false, false, NESTED);
    EXPECT_BOTH(true, false, NESTED);
}

static void other_units(void **state) {
    (void)state;
    EXPECT_BOTH(false, true, NESTED, "feed.orders.amount.unit=minor", "feed.orders.time.unit=s");
    EXPECT_BOTH(true, true, NESTED, "feed.orders.amount.unit=minor", "feed.orders.time.unit=s");
    EXPECT_BOTH(false, false, NESTED, "feed.orders.amount.unit=minor", "feed.orders.time.unit=us");
    EXPECT_BOTH(true, false, NESTED, "feed.orders.amount.unit=minor", "feed.orders.time.unit=us");
}

static void key_header_and_timestamp(void **state) {
    (void)state;
    EXPECT_BOTH(false, false, "feed.orders.field.customer_id=$key", "feed.orders.field.occurred_at=$timestamp",
                "feed.orders.field.order_id=$header.order", "feed.orders.field.kind=$header.kind");
    EXPECT_BOTH(true, false, "feed.orders.field.customer_id=$key", "feed.orders.field.occurred_at=$header.at",
                "feed.orders.field.order_id=$header.order", "feed.orders.field.amount=$header.sum");
}

static void json_is_as_it_was_written(void **state) {
    (void)state;
    struct round round;
    round_begin(&round, false, (const char *const[]){ NESTED, NULL });
    struct order_row row = row_of(round.config, full);
    round_trip(&round, &row, 1);
    buffer_append(&round.record.value, "", 1);
    assert_string_equal(
        round.record.value.data,
        "{\"head\":{\"ids\":[null,\"o\xc3\xb6-1\"],\"buyer\":{\"id\":\"c 1\"},\"when\":\"2021-05-01T10:00:00.123Z\"},"
        "\"what\":\"back\",\"return_id\":\"r1\",\"sum\":{\"value\":\"1234.50\",\"unit\":\"EUR\"},"
        "\"lines\":[{\"category\":\"A\"},{\"category\":\"B b\"}]}");
    assert_memory_equal(round.record.key.data, "c 1", round.record.key.len);
    free(row.texts);
    round_end(&round);
}

static void copies_are_other_customers(void **state) {
    (void)state;
    struct round round;
    round_begin(&round, true, (const char *const[]){ "feeds=orders", NULL });
    struct order_row row = row_of(round.config, bare);
    struct order order = round_trip(&round, &row, 12);
    expect_order(&order, "c-12", "o-12", AT, 10);
    assert_memory_equal(round.record.key.data, "c-12", round.record.key.len);
    free(row.texts);
    round_end(&round);
}

static void other_currencies_keep_their_digits(void **state) {
    (void)state;
    const char *texts[FIELD_COUNT];
    memcpy(texts, bare, sizeof texts);
    struct round round;
    round_begin(&round, false, (const char *const[]){ "feed.orders.amount.unit=minor", NULL });
    texts[FIELD_AMOUNT] = "1.234";
    texts[FIELD_CURRENCY] = "KWD";
    struct order_row row = row_of(round.config, texts);
    struct order order = round_trip(&round, &row, 1);
    assert_true(order.amount == 370); /* 3.702 EUR */
    free(row.texts);
    texts[FIELD_AMOUNT] = "1e3";
    texts[FIELD_CURRENCY] = "JPY";
    row = row_of(round.config, texts);
    order = round_trip(&round, &row, 1);
    assert_true(order.amount == 1000);
    free(row.texts);
    round_end(&round);
}

static void the_largest_amount_is_exact(void **state) {
    (void)state;
    const char *texts[FIELD_COUNT];
    memcpy(texts, bare, sizeof texts);
    struct round round;
    round_begin(&round, true, (const char *const[]){ "feeds=orders", NULL });
    static const struct {
        const char *text;
        int64_t minor;
    } amounts[] = { { "9999999999999999.99", INT64_C(999999999999999999) }, { "0", 0 }, { "1.28", 128 }, { "327.68", 32768 } };
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        texts[FIELD_AMOUNT] = amounts[i].text;
        struct order_row row = row_of(round.config, texts);
        struct order order = round_trip(&round, &row, 1);
        assert_true(order.amount == amounts[i].minor);
        free(row.texts);
    }
    round_end(&round);
}

static void refuses_row(bool avro, enum feed_field field, const char *text, const char *const *options, const char *message) {
    const char *texts[FIELD_COUNT];
    struct error error;
    memcpy(texts, bare, sizeof texts);
    texts[field] = text;
    if (field == FIELD_AMOUNT && avro)
        texts[FIELD_CURRENCY] = "KWD";
    struct config *config = load(options);
    struct replay_writer *writer = replay_writer_new(config->feeds[0], config->currencies, avro, &error);
    assert_non_null(writer);
    struct order_row row = row_of(config, texts);
    struct replay_record record = { 0 };
    assert_false(replay_write(writer, &row, 2, &record, &error));
    assert_string_equal(error.text, message);
    free(row.texts);
    replay_record_free(&record);
    replay_writer_free(writer);
    config_free(config);
}

static void what_does_not_fit_is_told(void **state) {
    (void)state;
    static const char *const none[] = { NULL };
    char long_id[256];
    memset(long_id, 'x', 254);
    long_id[254] = '\0';
    refuses_row(false, FIELD_CUSTOMER_ID, long_id, none,
                "customer_id: 256 bytes with the copy's number, at most 255 are allowed");
    refuses_row(true, FIELD_AMOUNT, "1.234", none, "amount: does not fit into a decimal(18,2)");
    refuses_row(true, FIELD_OCCURRED_AT, "2021-05-01T10:00:00.5Z", (const char *const[]){ "feed.orders.time.unit=s", NULL },
                "occurred_at: does not go into feed.orders.time.unit without a rest");
    refuses_row(false, FIELD_OCCURRED_AT, "1969-01-01", (const char *const[]){ "feed.orders.field.occurred_at=$timestamp", NULL },
                "occurred_at: a Kafka timestamp cannot be before 1970");
    refuses_row(false, FIELD_CHANNEL, "x", (const char *const[]){ "feed.orders.field.channel=order_id.x", NULL },
                "channel: its path runs into another field's");
}

static void refuses_feed(bool avro, const char *const *options, const char *message) {
    struct error error;
    struct config *config = load(options);
    assert_null(replay_writer_new(config->feeds[0], config->currencies, avro, &error));
    assert_string_equal(error.text, message);
    config_free(config);
}

static void shapes_that_cannot_be_written_are_told(void **state) {
    (void)state;
    refuses_feed(false, (const char *const[]){ "feed.orders.field.kind=$timestamp", NULL },
                 "feed.orders.field.kind = $timestamp: only occurred_at can be written there");
    refuses_feed(false, (const char *const[]){ "feed.orders.field.kind=$key", "feed.orders.field.customer_id=$key", NULL },
                 "feed.orders: two fields are mapped to $key");
    refuses_feed(false, (const char *const[]){ "feed.orders.field.kind=a[1001]", NULL },
                 "feed.orders.field.kind: no array of more than 1000 elements is written");
    refuses_feed(true, (const char *const[]){ "feed.orders.field.kind=a-b", NULL },
                 "feed.orders.field.kind: 'a-b' is no name in Avro");
    refuses_feed(true, (const char *const[]){ "feed.orders.field.kind=order_id.x", NULL },
                 "feed.orders.field.kind: its path runs into another field's");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_contracts_shape),
        cmocka_unit_test(a_nested_shape),
        cmocka_unit_test(other_units),
        cmocka_unit_test(key_header_and_timestamp),
        cmocka_unit_test(json_is_as_it_was_written),
        cmocka_unit_test(copies_are_other_customers),
        cmocka_unit_test(other_currencies_keep_their_digits),
        cmocka_unit_test(the_largest_amount_is_exact),
        cmocka_unit_test(what_does_not_fit_is_told),
        cmocka_unit_test(shapes_that_cannot_be_written_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
