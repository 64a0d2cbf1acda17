/* Avro records -> orders: framing, resolution of writers' schemas, and bytes that lie. */
#include "decode_fixture.h"

#include <jansson.h>

static struct fixture fixture;
static struct avro_schema_plan *schema; /* registry id 1; id 2: registry down */

static enum schema_state by_id(void *context, uint32_t id, const struct avro_schema_plan **found, struct error *error) {
    (void)context;
    *found = schema;
    if (id != 1)
        error_set(error, id == 2 ? "registry down" : "no such schema");
    return id == 1 ? SCHEMA_FOUND : id == 2 ? SCHEMA_UNAVAILABLE : SCHEMA_UNKNOWN;
}

static enum schema_state by_fingerprint(void *context, uint64_t fingerprint, const struct avro_schema_plan **found,
                                        struct error *error) {
    (void)context;
    *found = schema;
    if (fingerprint == avro_schema_plan_fingerprint(schema))
        return SCHEMA_FOUND;
    error_set(error, "no such schema");
    return SCHEMA_UNKNOWN;
}

static void use_schema(const char *text) {
    struct error error = { "" };
    avro_schema_plan_free(schema);
    schema = avro_schema_plan_new(slice_of(text), &error);
    if (schema == NULL)
        fail_msg("%s", error.text);
    fixture_close(&fixture); /* a decoder and a feed of its own for every schema */
    const struct schema_source source = { NULL, by_id, by_fingerprint };
    fixture_open(&fixture, &source);
}

static void use_order_schema(void) {
    FILE *file = fopen("schemas/order.avsc", "rb");
    assert_non_null(file);
    char text[8192];
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    use_schema(text);
}

static int open_fixture(void **state) {
    (void)state;
    const struct schema_source source = { NULL, by_id, by_fingerprint };
    fixture_open(&fixture, &source);
    return 0;
}

static int close_fixture(void **state) {
    (void)state;
    fixture_close(&fixture);
    avro_schema_plan_free(schema);
    schema = NULL;
    return 0;
}

/* "l12 sabc x00ff n0": longs, strings and bytes in hex, behind the Confluent frame of schema 1 */
static struct buffer encode(const char *parts) {
    struct buffer out = { 0 };
    buffer_append(&out, "\0\0\0\0\1", 5);
    while (*parts != '\0') {
        char word[256];
        size_t len = strcspn(parts, " ");
        memcpy(word, parts + 1, len - 1);
        word[len - 1] = '\0';
        uint64_t number = *parts == 'l' ? (uint64_t)strtoll(word, NULL, 10) : strlen(word);
        number = number << 1 ^ (uint64_t)((int64_t)number >> 63);
        for (; *parts != 'x' && number >= 0x80; number >>= 7)
            buffer_append(&out, &(char){ (char)(number | 0x80) }, 1);
        if (*parts != 'x')
            buffer_append(&out, &(char){ (char)number }, 1);
        if (*parts == 's')
            buffer_append_text(&out, word);
        for (size_t i = 0; *parts == 'x' && word[i] != '\0'; i += 2)
            buffer_append(&out, &(char){ (char)strtol((char[]){ word[i], word[i + 1], 0 }, NULL, 16) }, 1);
        parts += len + strspn(parts + len, " ");
    }
    return out;
}

static const char *decoded(const char *parts) {
    struct buffer bytes = encode(parts);
    const struct raw_record record = { .value = buffer_slice(&bytes), .timestamp = FIXTURE_NOW };
    const char *text = fixture_decode(&fixture, &record, FIXTURE_NOW);
    buffer_free(&bytes);
    return text;
}

static void becomes(const char *parts, const char *wanted) {
    const char *got = decoded(parts);
    if (strcmp(got, wanted) != 0)
        fail_msg("%s\n  wanted: %s\n  got:    %s", parts, wanted, got);
}

#define FULL "sO1 sC1 l0 l0 l1 l1622289600123 l1 sStore l1 l2 x04ce l0 l1 sX l0"

static void takes_the_projects_own_schema(void **state) {
    (void)state;
    use_order_schema();
    const char *text = decoded(FULL);
    assert_memory_equal(text, "ORDER C1 O1 2021-05-29T12:00:00.123Z 1230 offline categories=", 61);
    becomes("sO1 sC1 l1 l0 l0 l0 l0 l0 l0", "CANCELLATION C1 O1 2021-06-01T12:00:00.000Z 0 online");
    assert_non_null(
        strstr(decoded("sO1 sC1 l2 l1 sr1 l0 l0 l1 l1 x05 l1 sEUR l0"), "RETURN C1 O1 2021-06-01T12:00:00.000Z 171 online"));
    becomes("sO1 sC1 l0 l0 l0 l0 l0 l0 l0", "missing_field: amount: missing");
    becomes("sO1 sC1 l0 l0 l0 l0 l1 l2 xff38 l0 l0", "bad_amount: amount: byte 16: negative");
    becomes("s sC1 l0 l0 l0 l0 l1 l2 x0038 l0 l0", "bad_order_id: order_id: byte 5: empty");
    becomes("sO1 sC\xff l0 l0 l0 l0 l1 l2 x0038 l0 l0", "bad_customer_id: customer_id: byte 8: invalid UTF-8");
}

/* schemas/order.avsc is the reader's schema: its fields are the contract's, and a writer may use its aliases instead */
static void the_schemas_aliases_are_the_codes(void **state) {
    (void)state;
    json_error_t error;
    json_t *writer = json_load_file("schemas/order.avsc", 0, &error), *fields = json_object_get(writer, "fields");
    int aliases = 0;
    assert_int_equal(json_array_size(fields), FIELD_COUNT);
    for (size_t i = 0; i < json_array_size(fields); i++) {
        json_t *field = json_array_get(fields, i), *alias = json_array_get(json_object_get(field, "aliases"), 0);
        assert_int_equal(feed_field_from_name(slice_of(json_string_value(json_object_get(field, "name")))), i);
        assert_true(json_array_size(json_object_get(field, "aliases")) <= 1);
        if (alias != NULL) {
            json_object_set(field, "name", alias);
            json_object_del(field, "aliases");
            aliases++;
        }
    }
    assert_true(aliases > 0);
    char *text = json_dumps(writer, 0);
    use_schema(text);
    assert_memory_equal(decoded(FULL), "ORDER C1 O1 2021-05-29T12:00:00.123Z 1230 offline categories=", 61);
    decoded("sO1 sC1 l2 l1 sr1 l0 l0 l0 l0 l0");
    assert_int_equal(fixture.order.return_hash, order_hash(slice_of("r1")));
    free(text);
    json_decref(writer);
}

static void framing(void **state) {
    (void)state;
    use_order_schema();
    struct buffer bytes = encode(FULL);
    struct raw_record record = { .value = buffer_slice(&bytes), .timestamp = FIXTURE_NOW };
    bytes.data[4] = 2;
    assert_string_equal(fixture_decode(&fixture, &record, FIXTURE_NOW), "wait: value: byte 1: schema id 2: registry down");
    bytes.data[1] = 3;
    assert_string_equal(fixture_decode(&fixture, &record, FIXTURE_NOW),
                        "unknown_schema: value: byte 1: schema id 50331650: no such schema");
    record.value.len = 4;
    assert_memory_equal(fixture_decode(&fixture, &record, FIXTURE_NOW), "undecodable: value: byte 0: no Confluent framing", 48);
    record.value.len = 0;
    assert_string_equal(fixture_decode(&fixture, &record, FIXTURE_NOW), "undecodable: value: empty");
    record.value.data = NULL;
    assert_string_equal(fixture_decode(&fixture, &record, FIXTURE_NOW), "undecodable: value: null (a tombstone is no order)");
    const struct record_header header = { slice_of("__value_schema_id"), { "\1\0", 2 } };
    record = (struct raw_record){ .value = slice_of("x"), .timestamp = -1, .n_headers = 1, .headers = &header };
    assert_memory_equal(fixture_decode(&fixture, &record, FIXTURE_NOW), "unsupported_framing: header __value_schema_id", 44);
    uint64_t fingerprint = avro_schema_plan_fingerprint(schema);
    struct buffer single = { 0 };
    buffer_append(&single, "\xc3\x01", 2);
    for (int i = 0; i < 8; i++)
        buffer_append(&single, &(char){ (char)(fingerprint >> 8 * i) }, 1);
    buffer_append(&single, bytes.data + 5, bytes.len - 5);
    record = (struct raw_record){ .value = buffer_slice(&single), .timestamp = FIXTURE_NOW };
    assert_memory_equal(fixture_decode(&fixture, &record, FIXTURE_NOW), "ORDER C1 O1", 11);
    single.data[3]++;
    assert_memory_equal(fixture_decode(&fixture, &record, FIXTURE_NOW), "unknown_schema: value: byte 2: schema fingerprint", 49);
    fixture.feed->format = FEED_CONFLUENT_AVRO;
    assert_memory_equal(fixture_decode(&fixture, &record, FIXTURE_NOW), "undecodable: value: byte 0: no Confluent framing", 48);
    fixture.feed->format = FEED_AVRO_SINGLE_OBJECT;
    record.value = buffer_slice(&bytes);
    assert_memory_equal(fixture_decode(&fixture, &record, FIXTURE_NOW), "undecodable: value: byte 0: no single-object", 44);
    buffer_free(&single);
    buffer_free(&bytes);
}

static void with_field(const char *name, const char *type) {
    char text[1024];
    snprintf(text, sizeof text,
             "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"order_id\",\"type\":\"string\"},"
             "{\"name\":\"customer_id\",\"type\":\"string\"},{\"name\":\"%s\",\"type\":%s}]}",
             name, type);
    use_schema(text);
}

static void amounts(void **state) {
    (void)state;
    with_field("amount", "\"int\"");
    becomes("so sc l12", "ORDER c o 2021-06-01T12:00:00.000Z 1200 online");
    becomes("so sc l2147483648", "undecodable: value: byte 9 (amount): an int of more than 32 bits");
    with_field("amount", "[\"double\",\"null\",\"string\",\"long\"]");
    becomes("so sc l0 x9a99999999992840", "ORDER c o 2021-06-01T12:00:00.000Z 1230 online");
    becomes("so sc l0 x343333333333d33f", "ORDER c o 2021-06-01T12:00:00.000Z 30 online"); /* 0.1 + 0.2 */
    becomes("so sc l0 x000000000000f87f", "bad_amount: amount: byte 10: not a finite number");
    becomes("so sc l2 s12.30", "ORDER c o 2021-06-01T12:00:00.000Z 1230 online");
    becomes("so sc l2 s12,30", "bad_amount: amount: byte 10: \"12,30\" is no decimal number");
    becomes("so sc l1", "missing_field: amount: missing");
    becomes("so sc l4", "undecodable: value: byte 9 (amount): branch 4 of 4");
    becomes("so sc l-1", "undecodable: value: byte 9 (amount): branch -1 of 4");
    fixture.feed->amount_in_minor = true;
    becomes("so sc l3 l1230", "ORDER c o 2021-06-01T12:00:00.000Z 1230 online");
    with_field("amount", "\"float\"");
    becomes("so sc xcdcc4441", "ORDER c o 2021-06-01T12:00:00.000Z 1230 online");
    with_field("amount",
               "{\"type\":\"fixed\",\"name\":\"F\",\"size\":20,\"logicalType\":\"decimal\",\"precision\":40,\"scale\":4}");
    becomes("so sc x000000000000000000000000000000000001e078", "ORDER c o 2021-06-01T12:00:00.000Z 1230 online");
    becomes("so sc x000000000000000000000000000000000001e079", "bad_amount: amount: byte 9: 4 decimals, the currency has 2");
    becomes("so sc xffffffffffffffffffffffffffffffffffffffff", "bad_amount: amount: byte 9: negative");
    becomes("so sc x7f00000000000000000000000000000000000000", "bad_amount: amount: byte 9: out of range");
    becomes("so sc x8000000000000000000000000000000000000000", "bad_amount: amount: byte 9: negative");
    with_field("amount", "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":2,\"scale\":3}");
    becomes("so sc s7.5", "ORDER c o 2021-06-01T12:00:00.000Z 750 online"); /* no valid decimal: bytes */
    with_field("amount", "\"boolean\"");
    becomes("so sc x01", "wrong_type: amount: byte 9: a boolean where a number is wanted");
    becomes("so sc x02", "undecodable: value: byte 9 (amount): a boolean that is neither 0 nor 1");
}

#define ORDER_FIELDS                                                                                                             \
    "{\"name\":\"order_id\",\"type\":\"string\"},{\"name\":\"customer_id\",\"type\":\"string\"},"                                \
    "{\"name\":\"amount\",\"type\":\"int\"}"

static void times(void **state) {
    (void)state;
    static const struct {
        const char *type, *parts, *wanted;
    } cases[] = {
        { "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", "l1622289600123", "2021-05-29T12:00:00.123Z" },
        { "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}", "l1622289600123999", "2021-05-29T12:00:00.123Z" },
        { "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}", "l-1", "1969-12-31T23:59:59.999Z" },
        { "{\"type\":\"long\",\"logicalType\":\"local-timestamp-micros\"}", "l1622289600123999", "2021-05-29T12:00:00.123Z" },
        { "{\"type\":\"int\",\"logicalType\":\"date\"}", "l18776", "2021-05-29T00:00:00.000Z" },
        { "\"long\"", "l1622289600123", "2021-05-29T12:00:00.123Z" },
        { "\"string\"", "s2021-05-29T12:00:00.123Z", "2021-05-29T12:00:00.123Z" },
        { "\"double\"", "x00c0e7ec7f9b7742", "2021-05-29T12:00:00.124Z" },
        { "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", "l9223372036854775807", NULL },
        { "{\"type\":\"long\",\"logicalType\":\"local-timestamp-millis\"}", "l-9223372036854775808", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024], parts[128], wanted[128];
        snprintf(text, sizeof text,
                 "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" ORDER_FIELDS ",{\"name\":\"occurred_at\",\"type\":%s}]}",
                 cases[i].type);
        use_schema(text);
        snprintf(parts, sizeof parts, "so sc l1 %s", cases[i].parts);
        if (cases[i].wanted != NULL)
            snprintf(wanted, sizeof wanted, "ORDER c o %s 100 online", cases[i].wanted);
        else
            snprintf(wanted, sizeof wanted, "bad_time: occurred_at: byte 10: outside the years 0000 to 9999");
        becomes(parts, wanted);
    }
}

static void names_and_aliases(void **state) {
    (void)state;
    /* a writer's alias, the reader's alias, and an exact name before both */
    use_schema("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"no\",\"aliases\":[\"order_id\"],\"type\":\"string\"},"
               "{\"name\":\"customerId\",\"type\":\"bytes\"},{\"name\":\"amount\",\"type\":\"int\"},{\"name\":\"orderId\","
               "\"type\":\"string\"}]}");
    becomes("so sc l1 sx", "ORDER c o 2021-06-01T12:00:00.000Z 100 online");
    use_schema("{\"type\":\"record\",\"name\":\"R\",\"fields\":[" ORDER_FIELDS
               ",{\"name\":\"customerId\",\"type\":\"string\"}]}");
    becomes("so sc l1 sx", "ORDER c o 2021-06-01T12:00:00.000Z 100 online");
    /* numeric ids count where the path was configured */
    use_schema("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"order_id\",\"type\":\"long\"},{\"name\":\"customer_"
               "id\",\"type\":"
               "\"int\"},{\"name\":\"amount\",\"type\":\"int\"}]}");
    becomes("l1 l2 l3", "wrong_type: customer_id: byte 6: a number where a string is wanted");
    fixture_map(&fixture, "customer_id", "customer_id");
    becomes("l1 l2 l3", "wrong_type: order_id: byte 5: a number where a string is wanted");
}

static void mapped_paths(void **state) {
    (void)state;
    static const char json[] =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
        "{\"name\":\"buyer\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"B\",\"fields\":[{\"name\":\"x\",\"type\":"
        "\"double\"},"
        "{\"name\":\"id\",\"type\":\"long\"}]}]},"
        "{\"name\":\"ids\",\"type\":{\"type\":\"map\",\"values\":\"string\"}},"
        "{\"name\":\"sums\",\"type\":{\"type\":\"array\",\"items\":\"int\"}},"
        "{\"name\":\"lines\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"L\",\"fields\":["
        "{\"name\":\"category\",\"type\":[\"string\",\"null\",\"boolean\"]}]}}}]}";
    use_schema(json);
    fixture_map(&fixture, "customer_id", "buyer.id");
    fixture_map(&fixture, "order_id", "ids.order");
    fixture_map(&fixture, "amount", "sums[1]");
    fixture_map(&fixture, "categories", "lines[].category");
    const char *text = decoded("l1 x0000000000000000 l77 l2 sother sA sorder sB l0 l3 l5 l6 l7 l0 l3 l0 sx l1 l0 sy l0");
    assert_memory_equal(text, "ORDER 77 B 2021-06-01T12:00:00.000Z 600 online categories=", 58);
    assert_int_equal(fixture.order.n_categories, 2);
    /* the same in blocks with sizes, and in several of them */
    text = decoded("l1 x0000000000000000 l77 l-1 l9 sorder sB l1 sother sA l0 l-1 l1 l5 l2 l6 l7 l0 l-2 l4 l0 sx l1 l0");
    if (text[0] == 'O')
        fail_msg("a block that lies about its size was taken");
    text = decoded("l1 x0000000000000000 l77 l-1 l8 sorder sB l1 sother sA l0 l-1 l1 l5 l2 l6 l7 l0 l-2 l4 l0 sx l1 l0");
    assert_memory_equal(text, "ORDER 77 B 2021-06-01T12:00:00.000Z 600 online categories=", 58);
    becomes("l0 l0 l0 l0", "missing_field: customer_id: missing");
    becomes("l1 x0000000000000000 l77 l1 sorder sB l0 l2 l5 l6 l0 l1 l2 x01 l0",
            "wrong_type: categories: byte 32: a boolean where an array of strings is wanted");
    becomes("l1 x0000000000000000 l77 l2 sorder sB sorder sC l0 l2 l5 l6 l0 l0",
            "wrong_type: order_id: byte 31: more than one value where a string or a whole number is wanted");
    use_schema(json); /* compiled anew: plans are kept by feed, and a feed's paths never change */
    fixture_map(&fixture, "customer_id", "buyer");
    assert_memory_equal(decoded("l1 x0000000000000000 l77 l0 l0 l0"), "wrong_type: customer_id: byte 6: a record where", 47);
}

static void unknown_fields_are_skipped(void **state) {
    (void)state;
    use_schema(
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
        "{\"name\":\"a\",\"type\":[\"null\",\"boolean\",{\"type\":\"map\",\"values\":{\"type\":\"array\",\"items\":\"float\"}}]},"
        "{\"name\":\"order_id\",\"type\":\"string\"},{\"name\":\"b\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":["
        "\"A\",\"B\"]}},"
        "{\"name\":\"customer_id\",\"type\":\"string\"},{\"name\":\"c\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}},"
        "{\"name\":\"amount\",\"type\":\"string\"},{\"name\":\"next\",\"type\":[\"null\",\"R\"]}]}");
    becomes("l2 l1 sk l1 x00000000 l0 l0 so l1 sc x010203 s1.5 l0", "ORDER c o 2021-06-01T12:00:00.000Z 150 online");
    becomes("l2 l-2 l3 x010203 l0 so l1 sc x010203 s1.5 l0", "ORDER c o 2021-06-01T12:00:00.000Z 150 online");
    becomes("l0 so l0 sc x010203 s1.5 l1 l0 so l0 sc x010203 s9 l0", "ORDER c o 2021-06-01T12:00:00.000Z 150 online");
    becomes("l0 so l2 sc x010203 s1.5 l0", "undecodable: value: byte 8 (b): symbol 2 of 2");
    becomes("l0 so l0 sc x010203 s1.5 l0 x00", "undecodable: value: byte 19: 1 bytes too many");
    becomes("l0 so l0 sc x0102", "undecodable: value: byte 11 (c): fixed of 3 bytes, 2 remain");
}

static void refuses_bombs(void **state) {
    (void)state;
    use_schema(
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"n\",\"type\":{\"type\":\"array\",\"items\":\"null\"}},"
        "{\"name\":\"m\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":\"null\"}}},"
        "{\"name\":\"next\",\"type\":[\"null\",\"R\"]},{\"name\":\"order_id\",\"type\":\"string\"}]}");
    becomes("l137000000", "undecodable: value: byte 5 (n): block of 137000000 items, 0 bytes remain");
    becomes("l-9223372036854775808", "undecodable: value: byte 5 (n): a block of impossible length");
    becomes("l-3 l9223372036854775807", "undecodable: value: byte 5 (n): block of 9223372036854775807 bytes, 0 remain");
    becomes("l-3 l-1", "undecodable: value: byte 5 (n): block of -1 bytes, 0 remain");
    becomes("l0 l0 l2", "undecodable: value: byte 7 (next): branch 2 of 2");
    becomes("xffffffffffffffffff02", "undecodable: value: byte 5 (n): a number of more than 64 bits");
    becomes("xffffffffffffffffffff01", "undecodable: value: byte 5 (n): a number of more than 64 bits");
    becomes("xffff", "undecodable: value: byte 5 (n): a number is cut off");
    becomes("l0 l0 l0 l60000 x414243", "undecodable: value: byte 8 (order_id): string of 60000 bytes, 3 remain");
    becomes("l0 l0 l0 l-4 x414243", "undecodable: value: byte 8 (order_id): string of -4 bytes, 3 remain");
    struct buffer bytes = encode("");
    for (int i = 0; i < 1000; i++)
        buffer_append(&bytes, "\0\0\2", 3); /* next: again */
    const struct raw_record deep = { .value = buffer_slice(&bytes), .timestamp = FIXTURE_NOW };
    assert_non_null(strstr(fixture_decode(&fixture, &deep, FIXTURE_NOW), "nested too deep"));
    buffer_clear(&bytes);
    buffer_append(&bytes, "\0\0\0\0\1\0\x90\x9c\x01", 9); /* 10,000 arrays of as many nulls as bytes remain */
    for (int i = 0; i < 20000; i++)
        buffer_append(&bytes, "\xa0\x9c\x01\0", 4);
    const struct raw_record wide = { .value = buffer_slice(&bytes), .timestamp = FIXTURE_NOW };
    assert_non_null(strstr(fixture_decode(&fixture, &wide, FIXTURE_NOW), "(m): block of 10000 items"));
    buffer_free(&bytes);
}

/* whatever byte the record ends at, whatever byte is another: an answer, and no byte read that is not there */
static void cut_and_changed_at_every_byte(void **state) {
    (void)state;
    use_order_schema();
    struct buffer bytes = encode(FULL);
    struct raw_record record = { .value = buffer_slice(&bytes), .timestamp = FIXTURE_NOW };
    for (record.value.len = 1; record.value.len < bytes.len; record.value.len++) {
        fixture_decode(&fixture, &record, FIXTURE_NOW);
        assert_string_equal(fixture.failure.reason, "undecodable");
        assert_true(record.value.len < 11 || slice_is(fixture.order.customer_id, "C1"));
    }
    record.value.len = bytes.len;
    for (size_t i = 5; i < bytes.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            bytes.data[i] = (char)(bytes.data[i] ^ (1 << bit));
            fixture_decode(&fixture, &record, FIXTURE_NOW);
            bytes.data[i] = (char)(bytes.data[i] ^ (1 << bit));
        }
    assert_memory_equal(fixture_decode(&fixture, &record, FIXTURE_NOW), "ORDER C1 O1", 11);
    buffer_free(&bytes);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        TEST(takes_the_projects_own_schema),
        TEST(the_schemas_aliases_are_the_codes),
        TEST(framing),
        TEST(amounts),
        TEST(times),
        TEST(names_and_aliases),
        TEST(mapped_paths),
        TEST(unknown_fields_are_skipped),
        TEST(refuses_bombs),
        TEST(cut_and_changed_at_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
