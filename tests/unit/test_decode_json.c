/* JSON records -> orders, or a reason why not. */
#include "decode_fixture.h"

static struct fixture fixture;

static int open_fixture(void **state) {
    (void)state;
    fixture_open(&fixture, NULL);
    return 0;
}

static int close_fixture(void **state) {
    (void)state;
    fixture_close(&fixture);
    return 0;
}

static void becomes(const char *json, const char *wanted) {
    const char *got = fixture_json(&fixture, json);
    if (strcmp(got, wanted) != 0)
        fail_msg("%.200s\n  wanted: %s\n  got:    %s", json, wanted, got);
}

static void takes_all_fields(void **state) {
    (void)state;
    becomes("{\"order_id\":\"o1\",\"customer_id\":\"c1\",\"kind\":\"ORDER\",\"occurred_at\":\"2021-05-30T12:00:00Z\","
            "\"channel\":\"Store\",\"amount\":12.30,\"currency\":\"TRY\",\"categories\":[]}",
            "ORDER c1 o1 2021-05-30T12:00:00.000Z 1230 offline");
    becomes("{\"order_id\":\"o1\",\"customer_id\":\"c1\",\"amount\":\"12.30\"}",
            "ORDER c1 o1 2021-06-01T12:00:00.000Z 1230 online");
    becomes("{\"order_id\":\"o1\",\"customer_id\":\"c1\",\"amount\":12.3,\"kind\":null,\"occurred_at\":null,\"channel\":null,"
            "\"currency\":null,\"categories\":null,\"return_id\":null,\"more\":{\"a\":[1,-2.5e+10,{\"b\":null}]}}",
            "ORDER c1 o1 2021-06-01T12:00:00.000Z 1230 online");
    becomes("{\"order_id\":\"o\\u00fc\\\"1\",\"customer_id\":\"c\\u0000\",\"amount\":0}",
            "ORDER c\\x00 o\\xc3\\xbc\"1 2021-06-01T12:00:00.000Z 0 online");
}

/* through a double 0.29 * 100 is 28.999..., and 9007199254740993 is ...992 */
static void takes_the_amount_from_its_text(void **state) {
    (void)state;
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":9007199254740993.07}",
            "ORDER c o 2021-06-01T12:00:00.000Z 900719925474099307 online");
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":1.00000000000000000000000}",
            "ORDER c o 2021-06-01T12:00:00.000Z 100 online");
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":1.00000000000000000000001}",
            "bad_amount: amount: 23 decimals, the currency has 2");
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":1e2}", "ORDER c o 2021-06-01T12:00:00.000Z 10000 online");
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":10.00,\"currency\":\"EUR\"}",
            "ORDER c o 2021-06-01T12:00:00.000Z 34125 online");
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":1.001,\"currency\":\"KWD\"}",
            "ORDER c o 2021-06-01T12:00:00.000Z 11141 online");
    fixture.feed->amount_in_minor = true;
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":1230}", "ORDER c o 2021-06-01T12:00:00.000Z 1230 online");
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":100,\"currency\":\"JPY\"}",
            "ORDER c o 2021-06-01T12:00:00.000Z 2250 online");
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":12.5}",
            "bad_amount: amount: not a whole number of minor units");
}

/* the mark that says "a number" cannot be forged */
static void strings_are_not_numbers(void **state) {
    (void)state;
    becomes("{\"order_id\":1,\"customer_id\":\"c\",\"amount\":1}", "wrong_type: order_id: a number where a string is wanted");
    becomes("{\"order_id\":\"\xef\xb7\x90"
            "1\",\"customer_id\":\"\\uFDD01\",\"amount\":1}",
            "ORDER \\xef\\xb7\\x901 \\xef\\xb7\\x901 2021-06-01T12:00:00.000Z 100 online");
    becomes("{\"order_id\":\"\xef\xb7\x91"
            "1\",\"customer_id\":\"\\ufdd1\",\"amount\":1}",
            "ORDER \\xef\\xb7\\x91 \\xef\\xb7\\x911 2021-06-01T12:00:00.000Z 100 online");
    becomes("{\"order_id\":\"-12\",\"customer_id\":\"1.5\",\"amount\":1}", "ORDER 1.5 -12 2021-06-01T12:00:00.000Z 100 online");
    fixture_map(&fixture, "order_id", "order_id");
    becomes("{\"order_id\":12345678901234567890123,\"customer_id\":\"c\",\"amount\":1}",
            "ORDER c 12345678901234567890123 2021-06-01T12:00:00.000Z 100 online");
    becomes("{\"order_id\":1.0,\"customer_id\":\"c\",\"amount\":1}",
            "wrong_type: order_id: a number where a string or a whole number is wanted");
}

static void times(void **state) {
    (void)state;
#define AT(time) "{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":1,\"occurred_at\":" time "}"
    becomes(AT("1622289600123"), "ORDER c o 2021-05-29T12:00:00.123Z 100 online");
    becomes(AT("-1"), "ORDER c o 1969-12-31T23:59:59.999Z 100 online");
    becomes(AT("1.6222896e12"), "ORDER c o 2021-05-29T12:00:00.000Z 100 online");
    becomes(AT("\"2021-06-01T12:05:00Z\""), "ORDER c o 2021-06-01T12:05:00.000Z 100 online");
    becomes(AT("\"2021-06-01T12:05:00.001Z\""),
            "bad_time: occurred_at: 2021-06-01T12:05:00.001Z is more than 5 min after the record's Kafka timestamp");
    becomes(AT("1622289600123.5"), "bad_time: occurred_at: an epoch time that is not a whole number");
    becomes(AT("\"1622289600123\""), "bad_time: occurred_at: \"1622289600123\" is no RFC 3339 time");
    becomes(AT("-99999999999999999"), "bad_time: occurred_at: outside the years 0000 to 9999");
    becomes(AT("1e30"), "bad_time: occurred_at: outside the years 0000 to 9999");
    becomes(AT("true"), "wrong_type: occurred_at: a boolean where a time is wanted");
    fixture.feed->time_unit = TIME_UNIT_S;
    becomes(AT("1622289600"), "ORDER c o 2021-05-29T12:00:00.000Z 100 online");
    becomes(AT("99999999999999999"), "bad_time: occurred_at: outside the years 0000 to 9999");
    fixture.feed->time_unit = TIME_UNIT_US;
    becomes(AT("1622289600123999"), "ORDER c o 2021-05-29T12:00:00.123Z 100 online");
    becomes(AT("-1"), "ORDER c o 1969-12-31T23:59:59.999Z 100 online");
}

static void the_wall_clock_is_asked_last(void **state) {
    (void)state;
    struct raw_record record = { .value = slice_of(AT("\"2021-06-01T12:10:00.000Z\"")), .timestamp = -1 };
    assert_string_equal(fixture_decode(&fixture, &record, FIXTURE_NOW), "ORDER c o 2021-06-01T12:10:00.000Z 100 online");
    assert_string_equal(fixture_decode(&fixture, &record, FIXTURE_NOW - 1),
                        "future: occurred_at: 2021-06-01T12:10:00.000Z is more than 10 min after the present");
    record.value = slice_of("{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":1}");
    assert_string_equal(fixture_decode(&fixture, &record, FIXTURE_NOW),
                        "missing_field: occurred_at: missing, and the record has no Kafka timestamp");
    record.timestamp = FIXTURE_NOW + 600001;
    assert_string_equal(fixture_decode(&fixture, &record, FIXTURE_NOW),
                        "future: occurred_at: 2021-06-01T12:10:00.001Z is more than 10 min after the present");
}

static void cancellations_and_returns(void **state) {
    (void)state;
    struct order *order = &fixture.order;
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"kind\":\"CANCELLATION\",\"amount\":-5,\"currency\":\"nonsense\"}",
            "CANCELLATION c o 2021-06-01T12:00:00.000Z 0 online");
    fixture_json(&fixture, "{\"order_id\":\"o\",\"customer_id\":\"c\",\"kind\":\"RETURN\",\"amount\":5,\"return_id\":\"r\"}");
    assert_int_equal(order->kind, KIND_RETURN);
    assert_int_equal(order->amount, 500);
    assert_false(order->whole);
    assert_int_equal(order->return_hash, order_hash(slice_of("r")));
    fixture_json(&fixture, "{\"order_id\":\"o\",\"customer_id\":\"c\",\"kind\":\"RETURN\",\"amount\":5}");
    assert_int_equal(order->return_hash, order_return_hash(FIXTURE_NOW, 500, false));
    fixture_json(&fixture, "{\"order_id\":\"o\",\"customer_id\":\"c\",\"kind\":\"RETURN\"}");
    assert_true(order->whole);
    assert_int_equal(order->amount, 0);
    assert_int_equal(order->return_hash, order_return_hash(FIXTURE_NOW, 0, true));
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"kind\":\"RETURN\",\"return_id\":\"\"}",
            "bad_order_id: return_id: empty");
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\"}", "missing_field: amount: missing");
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"kind\":\"order\",\"amount\":1}",
            "bad_kind: kind: unknown kind \"order\"");
}

static void categories(void **state) {
    (void)state;
    struct order *order = &fixture.order;
    fixture_json(&fixture,
                 "{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":1,\"categories\":[\"KADIN\",\"KADIN\",null,\"ERKEK\"]}");
    uint32_t a = order_category_code(slice_of("KADIN")), b = order_category_code(slice_of("ERKEK"));
    assert_int_equal(order->n_categories, 2);
    assert_int_equal(order->categories[0], a < b ? a : b);
    assert_int_equal(order->categories[1], a < b ? b : a);
    fixture_json(&fixture,
                 "{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":1,\"categories\":[\"9\",\"1\",\"2\",\"3\",\"4\",\"5\","
                 "\"6\",\"7\",\"8\",\"0\"]}");
    assert_int_equal(order->n_categories, 8);
    for (int i = 0; i < 8; i++)
        assert_int_not_equal(order->categories[i], order_category_code(slice_of("8")));
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":1,\"categories\":\"KADIN\"}",
            "wrong_type: categories: a string where an array of strings is wanted");
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":1,\"categories\":[\"a\",7]}",
            "wrong_type: categories: a number where an array of strings is wanted");
    becomes("{\"order_id\":\"o\",\"customer_id\":\"c\",\"amount\":1,\"categories\":[[\"a\"]]}",
            "wrong_type: categories: an array where an array of strings is wanted");
}

static void mapped_feeds(void **state) {
    (void)state;
    fixture_map(&fixture, "customer_id", "buyer.id");
    fixture_map(&fixture, "order_id", "order.ref\\.no");
    fixture_map(&fixture, "amount", "order.totals[1]");
    fixture_map(&fixture, "categories", "lines[].category");
    fixture_map(&fixture, "occurred_at", "$header.time");
    fixture_map(&fixture, "kind", "status");
    fixture_kind(&fixture, "refunded", KIND_RETURN);
    fixture.feed->channel = xstrdup("Offline");
    const struct record_header headers[] = { { slice_of("time"), slice_of("nonsense") },
                                             { slice_of("time"), slice_of("1622289600000") } };
    struct raw_record record = {
        .value = slice_of("{\"buyer\":{\"id\":77},\"order\":{\"ref.no\":\"A-1\",\"totals\":[1,2.50]},\"status\":\"refunded\","
                          "\"channel\":5,\"lines\":[{\"category\":\"x\"},{},{\"category\":null},{\"category\":3}]}"),
        .timestamp = FIXTURE_NOW,
        .n_headers = 2,
        .headers = headers
    };
    const char *text = fixture_decode(&fixture, &record, FIXTURE_NOW);
    assert_memory_equal(text, "RETURN 77 A-1 2021-05-29T12:00:00.000Z 250 offline return=", 58);
    assert_int_equal(fixture.order.n_categories, 2);
    record.value = slice_of("{\"buyer\":[],\"order\":{\"ref.no\":\"A-1\",\"totals\":[1,2.50]}}");
    assert_string_equal(fixture_decode(&fixture, &record, FIXTURE_NOW),
                        "wrong_type: customer_id: an array where a string or a whole number is wanted");
    record.value = slice_of("{\"buyer\":null,\"order\":{\"ref.no\":\"A-1\",\"totals\":[1,2.50]}}");
    assert_string_equal(fixture_decode(&fixture, &record, FIXTURE_NOW), "missing_field: customer_id: missing");
    fixture_map(&fixture, "customer_id", "$key");
    record.key = slice_of("k1");
    record.value = slice_of("{");
    assert_memory_equal(fixture_decode(&fixture, &record, FIXTURE_NOW), "undecodable", 11);
    assert_true(slice_is(fixture.order.customer_id, "k1"));
    fixture_map(&fixture, "order_id", "lines[].id");
    record.value = slice_of("{\"lines\":[{\"id\":\"1\"},{\"id\":\"2\"}]}");
    assert_string_equal(fixture_decode(&fixture, &record, FIXTURE_NOW),
                        "wrong_type: order_id: more than one value where a string or a whole number is wanted");
}

static void broken_documents_name_the_byte(void **state) {
    (void)state;
    becomes("{\"a\":1,\"b\":2.5,\"c\":01}", "undecodable: value: byte 20: not a number of JSON");
    becomes("{\"a\":-}", "undecodable: value: byte 6: not a number of JSON");
    becomes("{\"a\":1.}", "undecodable: value: byte 7: not a number of JSON");
    becomes("{1:2}", "undecodable: value: byte 2: a number where a name is wanted");
    becomes("{1 :2}", "undecodable: value: byte 2: a number where a name is wanted");
    becomes("{\"a\":NaN}", "undecodable: value: byte 8: invalid token near 'NaN'");
    becomes("{\"a\":-Infinity}", "undecodable: value: byte 6: not a number of JSON");
    becomes("{\"n\":123,\"a\":nope}", "undecodable: value: byte 17: invalid token near 'nope'");
    becomes("{\"a\":1,\"a\":2}", "undecodable: value: byte 10: duplicate object key near '\"a\"'");
    becomes("null", "undecodable: value: null");
    becomes("", "undecodable: value: empty");
    becomes("[]", "wrong_type: customer_id: an array where a string is wanted");
    becomes("12", "wrong_type: value: a number where an object is wanted");
    becomes("\"x\"", "wrong_type: value: a string where an object is wanted");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        TEST(takes_all_fields),
        TEST(takes_the_amount_from_its_text),
        TEST(strings_are_not_numbers),
        TEST(times),
        TEST(the_wall_clock_is_asked_last),
        TEST(cancellations_and_returns),
        TEST(categories),
        TEST(mapped_feeds),
        TEST(broken_documents_name_the_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
