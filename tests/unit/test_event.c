/* Segment changes: their ids, their JSON to the byte, and their Avro read back by libavro under the schema file. */
#include "obek/event.h"

#include <avro.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct name name_of(const char *text) {
    struct name name = { 0 };
    if (*text != '\0')
        assert_true(name_set(&name, slice_of(text)));
    return name;
}

static struct transition a_move(void) {
    return (struct transition){
        .scheme = name_of("kmeans"),
        .from = name_of("just_bought"),
        .to = name_of("loyal_online"),
        .cause = CAUSE_RETURN,
        .occurred_at = INT64_C(1622376000123),
        .sequence = 42,
        .previous_since = INT64_C(1600000000000),
        .n_values = 3,
        .values = { { "orders_online", 7 }, { "value_online", 0.1 }, { "recency_days", 12.000001157407407 } },
        .margin = 1.0 / 3,
        .runner_up = name_of("occasional"),
        .next_change_at = INT64_C(1625000000999),
        .next_segment = name_of("online_at_risk"),
    };
}

static const struct event_order an_order = { .order_id = { "o-\"1\"\\\n", 7 },
                                             .feed = { "web", 3 },
                                             .topic = { "orders", 6 },
                                             .partition = 3,
                                             .offset = INT64_C(5000000000) };
static const char *const some_campaigns[] = { "spring", "caf\xc3\xa9" };

static struct event an_event(const struct transition *transition) {
    return (struct event){
        .event_id = slice_of("order/orders/3/5000000000/kmeans"),
        .customer_id = slice_of("m\xc3\xbc\xc5\x9fteri/1"),
        .transition = transition,
        .published_at = INT64_C(1622376001000),
        .model_name = "flo-kmeans7",
        .model_version = "2021-06-01",
        .order = &an_order,
        .n_campaigns = 2,
        .campaigns = some_campaigns,
        .eligible = true,
        .holdout = false,
    };
}

static struct transition a_leaving(void) {
    return (struct transition){
        .scheme = name_of("kmeans"),
        .from = name_of("lapsed"),
        .cause = CAUSE_ERASE,
        .occurred_at = 0,
        .sequence = 1,
        .previous_since = TIME_NONE,
        .margin = NAN,
        .next_change_at = TIME_NEVER,
    };
}

static void json_is(const struct event *event, const char *expected) {
    struct buffer out = { 0 };
    event_write_json(&out, event);
    buffer_append(&out, "", 1);
    assert_string_equal(out.data, expected);
    buffer_free(&out);
}

static void writes_json(void **state) {
    (void)state;
    struct transition move = a_move();
    struct event event = an_event(&move);
    json_is(&event, "{\"event_id\":\"order/orders/3/5000000000/kmeans\",\"customer_id\":\"m\xc3\xbc\xc5\x9fteri/1\","
                    "\"scheme\":\"kmeans\",\"from_segment\":\"just_bought\",\"to_segment\":\"loyal_online\",\"cause\":\"RETURN\","
                    "\"occurred_at\":\"2021-05-30T12:00:00.123Z\",\"published_at\":\"2021-05-30T12:00:01.000Z\",\"sequence\":42,"
                    "\"model\":{\"name\":\"flo-kmeans7\",\"version\":\"2021-06-01\"},"
                    "\"order\":{\"order_id\":\"o-\\\"1\\\"\\\\\\u000a\",\"feed\":\"web\",\"topic\":\"orders\",\"partition\":3,"
                    "\"offset\":5000000000},\"previous_since\":\"2020-09-13T12:26:40.000Z\","
                    "\"features\":{\"orders_online\":7.0,\"value_online\":0.1,\"recency_days\":12.000001157407407},"
                    "\"margin\":0.3333333333333333,\"runner_up\":\"occasional\",\"next_change_at\":\"2021-06-29T20:53:20.999Z\","
                    "\"next_segment\":\"online_at_risk\",\"campaigns\":[\"spring\",\"caf\xc3\xa9\"],\"eligible\":true,"
                    "\"holdout\":false}");
}

static void writes_json_with_nulls(void **state) {
    (void)state;
    struct transition leaving = a_leaving();
    struct event event = an_event(&leaving);
    event.event_id = slice_of("control/9/c/kmeans");
    event.customer_id = slice_of("c");
    event.order = NULL;
    event.n_campaigns = 0;
    json_is(&event,
            "{\"event_id\":\"control/9/c/kmeans\",\"customer_id\":\"c\",\"scheme\":\"kmeans\",\"from_segment\":\"lapsed\","
            "\"to_segment\":null,\"cause\":\"ERASE\",\"occurred_at\":\"1970-01-01T00:00:00.000Z\","
            "\"published_at\":\"2021-05-30T12:00:01.000Z\",\"sequence\":1,"
            "\"model\":{\"name\":\"flo-kmeans7\",\"version\":\"2021-06-01\"},\"order\":null,\"previous_since\":null,"
            "\"features\":{},\"margin\":null,\"runner_up\":null,\"next_change_at\":null,\"next_segment\":null,"
            "\"campaigns\":[],\"eligible\":true,\"holdout\":false}");
}

static json_t *parsed(const struct event *event) {
    struct buffer out = { 0 };
    event_write_json(&out, event);
    json_t *json = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    assert_non_null(json);
    buffer_free(&out);
    return json;
}

static void doubles_read_back_exactly(void **state) {
    (void)state;
    static const double values[] = {
        0.1,   1.0 / 3, 2.0 / 3,    1e300, 5e-324, 9.5,  123456789.01, 9007199254740993.0, 1e22,
        -1e-7, -0.0,    1622376e-3, 45e15, 0.3,    -7.0, 2.5e-8,       12.000001157407407, M_PI * 1e5
    };
    struct transition move = a_move();
    move.n_values = 1;
    struct event event = an_event(&move);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        move.values[0] = (struct scheme_value){ "monetary", values[i] };
        json_t *json = parsed(&event);
        const json_t *value = json_object_get(json_object_get(json, "features"), "monetary");
        assert_true(json_is_real(value));
        double back = json_real_value(value);
        assert_memory_equal(&back, &values[i], sizeof back);
        json_decref(json);
    }
}

static void every_control_character_is_escaped(void **state) {
    (void)state;
    char id[129];
    for (int i = 0; i < 128; i++)
        id[i] = (char)i;
    struct transition move = a_move();
    struct event event = an_event(&move);
    event.customer_id = (struct slice){ id, 128 };
    json_t *json = parsed(&event);
    const json_t *back = json_object_get(json, "customer_id");
    assert_int_equal(json_string_length(back), 128);
    assert_memory_equal(json_string_value(back), id, 128);
    json_decref(json);
}

static json_t *file_json(const char *path) {
    json_error_t error;
    json_t *json = json_load_file(path, 0, &error);
    if (json == NULL)
        fail_msg("%s: %s", path, error.text);
    return json;
}

/* The JSON, the JSON Schema and the Avro schema name the same fields in the same order. */
static void schemas_agree_with_the_code(void **state) {
    (void)state;
    struct transition move = a_move();
    struct event event = an_event(&move);
    json_t *json = parsed(&event), *schema = file_json("schemas/segment-change.schema.json");
    json_t *avro = file_json("schemas/segment-change.avsc"), *fields = json_object_get(avro, "fields");
    json_t *required = json_object_get(schema, "required"), *properties = json_object_get(schema, "properties");
    assert_int_equal(json_object_size(json), json_array_size(fields));
    assert_int_equal(json_object_size(json), json_array_size(required));
    assert_int_equal(json_object_size(json), json_object_size(properties));
    size_t i = 0;
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value) {
        assert_string_equal(key, json_string_value(json_object_get(json_array_get(fields, i), "name")));
        assert_string_equal(key, json_string_value(json_array_get(required, i)));
        assert_non_null(json_object_get(properties, key));
        assert_non_null(json_object_get(json_array_get(fields, i), "doc"));
        i++;
    }
    json_t *compiled_in = json_loads(event_avro_schema(), 0, NULL);
    assert_true(json_equal(compiled_in, avro));
    json_decref(compiled_in);
    json_decref(avro);
    json_decref(schema);
    json_decref(json);
}

/* libavro writes what it has read to the same bytes. */
static void written_the_same(avro_value_t *value, struct slice bytes) {
    char again[4096] = { 0 };
    avro_writer_t writer = avro_writer_memory(again, sizeof again);
    assert_int_equal(avro_value_write(writer, value), 0);
    assert_int_equal(avro_writer_tell(writer), bytes.len);
    assert_memory_equal(again, bytes.data, bytes.len);
    avro_writer_free(writer);
}

/* Reads the value behind the framing with libavro's generic reader, under the schema file; gives its JSON form (unions with
   wrappers, as Avro has it). */
static json_t *read_back(struct slice bytes, uint32_t schema_id) {
    assert_true(bytes.len > 5);
    assert_int_equal(bytes.data[0], 0);
    uint32_t id = 0;
    for (int i = 1; i <= 4; i++)
        id = id << 8 | (unsigned char)bytes.data[i];
    assert_int_equal(id, schema_id);
    json_t *text = file_json("schemas/segment-change.avsc");
    char *schema_text = json_dumps(text, 0);
    avro_schema_t schema;
    assert_int_equal(avro_schema_from_json_length(schema_text, strlen(schema_text), &schema), 0);
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_value_t value;
    assert_int_equal(avro_generic_value_new(class, &value), 0);
    avro_reader_t reader = avro_reader_memory(bytes.data + 5, (int64_t)bytes.len - 5);
    assert_int_equal(avro_value_read(reader, &value), 0);
    assert_int_not_equal(avro_skip_data(reader, avro_schema_long()), 0); /* nothing is left */
    written_the_same(&value, (struct slice){ bytes.data + 5, bytes.len - 5 });
    char *form;
    assert_int_equal(avro_value_to_json(&value, 1, &form), 0);
    json_t *json = json_loads(form, 0, NULL);
    free(form);
    avro_reader_free(reader);
    avro_value_decref(&value);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
    free(schema_text);
    json_decref(text);
    return json;
}

static void avro_says(struct event_avro *avro, const struct event *event, const char *expected) {
    struct buffer out = { 0 };
    struct error error;
    buffer_append_text(&out, "before");
    if (!event_avro_write(avro, 0x01020384u, event, &out, &error))
        fail_msg("%s", error.text);
    json_t *found = read_back((struct slice){ out.data + 6, out.len - 6 }, 0x01020384u);
    json_t *wanted = json_loads(expected, 0, NULL);
    assert_non_null(wanted);
    if (!json_equal(found, wanted))
        fail_msg("%s", json_dumps(found, 0));
    json_decref(wanted);
    json_decref(found);
    buffer_free(&out);
}

/* The same writer is used over and over: nothing of an earlier event may stay. */
static void avro_reads_back(void **state) {
    (void)state;
    struct error error;
    struct event_avro *avro = event_avro_new(&error);
    assert_non_null(avro);
    struct transition move = a_move(), leaving = a_leaving();
    struct event event = an_event(&move), other = an_event(&leaving);
    other.order = NULL;
    other.n_campaigns = 0;
    other.eligible = false;
    other.holdout = true;
    static const char full[] =
        "{\"event_id\":\"order/orders/3/5000000000/kmeans\",\"customer_id\":\"m\xc3\xbc\xc5\x9fteri/1\",\"scheme\":\"kmeans\","
        "\"from_segment\":{\"string\":\"just_bought\"},\"to_segment\":{\"string\":\"loyal_online\"},\"cause\":\"RETURN\","
        "\"occurred_at\":1622376000123,\"published_at\":1622376001000,\"sequence\":42,"
        "\"model\":{\"name\":\"flo-kmeans7\",\"version\":\"2021-06-01\"},"
        "\"order\":{\"OrderReference\":{\"order_id\":\"o-\\\"1\\\"\\\\\\n\",\"feed\":\"web\",\"topic\":\"orders\","
        "\"partition\":3,\"offset\":5000000000}},\"previous_since\":{\"long\":1600000000000},"
        "\"features\":{\"orders_online\":7.0,\"value_online\":0.1,\"recency_days\":12.000001157407407},"
        "\"margin\":{\"double\":0.33333333333333331},\"runner_up\":{\"string\":\"occasional\"},"
        "\"next_change_at\":{\"long\":1625000000999},\"next_segment\":{\"string\":\"online_at_risk\"},"
        "\"campaigns\":[\"spring\",\"caf\xc3\xa9\"],\"eligible\":true,\"holdout\":false}";
    static const char empty[] =
        "{\"event_id\":\"order/orders/3/5000000000/kmeans\",\"customer_id\":\"m\xc3\xbc\xc5\x9fteri/1\",\"scheme\":\"kmeans\","
        "\"from_segment\":{\"string\":\"lapsed\"},\"to_segment\":null,\"cause\":\"ERASE\",\"occurred_at\":0,"
        "\"published_at\":1622376001000,\"sequence\":1,\"model\":{\"name\":\"flo-kmeans7\",\"version\":\"2021-06-01\"},"
        "\"order\":null,\"previous_since\":null,\"features\":{},\"margin\":null,\"runner_up\":null,\"next_change_at\":null,"
        "\"next_segment\":null,\"campaigns\":[],\"eligible\":false,\"holdout\":true}";
    for (int i = 0; i < 3; i++) {
        avro_says(avro, &event, full);
        avro_says(avro, &other, empty);
    }
    event_avro_free(avro);
}

static void avro_names_every_cause(void **state) {
    (void)state;
    static const char *const names[] = { "ORDER", "CANCELLATION", "RETURN", "TIME", "MODEL", "IMPORT", "ERASE" };
    struct error error;
    struct event_avro *avro = event_avro_new(&error);
    assert_non_null(avro);
    struct transition move = a_move();
    struct event event = an_event(&move);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buffer out = { 0 };
        move.cause = (enum cause)i;
        assert_true(event_avro_write(avro, 1, &event, &out, &error));
        json_t *found = read_back(buffer_slice(&out), 1);
        assert_string_equal(json_string_value(json_object_get(found, "cause")), names[i]);
        json_decref(found);
        buffer_free(&out);
    }
    event_avro_free(avro);
}

/* Ids are any valid UTF-8, a NUL included: its length must survive. */
static void avro_keeps_a_nul(void **state) {
    (void)state;
    struct error error;
    struct event_avro *avro = event_avro_new(&error);
    struct transition move = a_move();
    struct event event = an_event(&move);
    event.event_id = slice_of("e");
    event.customer_id = (struct slice){ "a\0b", 3 };
    struct buffer out = { 0 };
    assert_true(event_avro_write(avro, 1, &event, &out, &error));
    /* framing, "e", then the string of 3 bytes (zigzag 6) */
    assert_memory_equal(out.data + 5,
                        "\x02"
                        "e"
                        "\x06"
                        "a\0b",
                        6);
    buffer_free(&out);
    event_avro_free(avro);
}

static void tells_of(struct slice value, bool avro, const struct event *event) {
    struct event_told told;
    struct arena arena = { 0 };
    const struct transition *move = event->transition;
    assert_true(event_read(&told, &arena, value, avro));
    assert_true(slice_equal(told.event_id, event->event_id));
    assert_true(slice_equal(told.customer_id, event->customer_id));
    assert_true(name_equal(&told.scheme, &move->scheme));
    assert_true(name_equal(&told.from, &move->from));
    assert_true(name_equal(&told.to, &move->to));
    assert_int_equal(told.cause, move->cause);
    assert_true(told.occurred_at == move->occurred_at && told.published_at == event->published_at);
    assert_int_equal(told.sequence, move->sequence);
    for (size_t len = 0; !avro && len < value.len; len++) /* cut: it is none, but nothing is read beyond it */
        assert_false(event_read(&told, &arena, (struct slice){ value.data, len }, avro));
    arena_free(&arena);
}

/* An Avro value is one as soon as it has all up to `sequence`. */
static void is_read_from(struct slice value, size_t least) {
    struct event_told told;
    struct arena arena = { 0 };
    for (size_t len = 0; len < value.len; len++) {
        char *cut = xmalloc(len + (len == 0)); /* so that a sanitizer sees what is read beyond it */
        memcpy(cut, value.data, len);
        assert_int_equal(event_read(&told, &arena, (struct slice){ cut, len }, true), len >= least);
        free(cut);
    }
    arena_free(&arena);
}

static void what_was_written_is_read_again(void **state) {
    (void)state;
    struct error error;
    struct event_avro *avro = event_avro_new(&error);
    struct transition move = a_move();
    struct event event = an_event(&move);
    event.customer_id = (struct slice){ "a\0b", 3 };
    for (int i = CAUSE_ORDER; i <= CAUSE_ERASE; i++) {
        struct buffer json = { 0 }, binary = { 0 };
        move.cause = (enum cause)i;
        move.to = name_of(i % 2 == 0 ? "" : "loyal_online");
        move.from = name_of(i % 3 == 0 ? "" : "just_bought");
        event_write_json(&json, &event);
        assert_true(event_avro_write(avro, 7, &event, &binary, &error));
        tells_of(buffer_slice(&json), false, &event);
        tells_of(buffer_slice(&binary), true, &event);
        /* framing, two texts, three names, cause, two instants of six bytes, sequence */
        is_read_from(buffer_slice(&binary), 5 + 1 + event.event_id.len + 1 + 3 + 1 + move.scheme.len +
                                                (move.from.len == 0 ? 1 : 2u + move.from.len) +
                                                (move.to.len == 0 ? 1 : 2u + move.to.len) + 1 + 6 + 6 + 1);
        buffer_free(&json);
        buffer_free(&binary);
    }
    event_avro_free(avro);
}

static void what_is_no_event_is_not_read(void **state) {
    (void)state;
    struct event_told told;
    struct arena arena = { 0 };
    const struct slice none[] = { { "", 0 },
                                  { "\0\0\0\0\1", 5 },
                                  { "\0\0\0\0\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 16 },
                                  { "\0\0\0\0\1\1\2a", 8 },
                                  { "\0\0\0\0\1\2a\2b\2c\4", 12 },
                                  { "\0\0\0\0\1\2a\2b\2c\0\0\x40", 14 } };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(event_read(&told, &arena, none[i], true));
    static const char good[] =
        "{\"event_id\":\"e\",\"customer_id\":\"c\",\"scheme\":\"s\",\"from_segment\":null,\"to_segment\":\"t\","
        "\"cause\":\"ORDER\",\"occurred_at\":\"2024-01-01\",\"published_at\":\"2024-01-01\",\"sequence\":1}";
    static const char *const wrong[][2] = { { "\"e\"", "1" }, { "\"c\"", "null" },    { "\"s\"", "\"\"" },
                                            { "null", "2" },  { "\"t\"", "\"a b\"" }, { "ORDER", "?" },
                                            { "2024", "24" }, { "published", "x" },   { ":1}", ":1.5}" } };
    assert_true(event_read(&told, &arena, slice_of(good), false));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct buffer json = { 0 };
        const char *at = strstr(good, wrong[i][0]);
        buffer_append(&json, good, (size_t)(at - good));
        buffer_append_text(&json, wrong[i][1]);
        buffer_append_text(&json, at + strlen(wrong[i][0]));
        assert_false(event_read(&told, &arena, buffer_slice(&json), false));
        buffer_free(&json);
    }
    arena_free(&arena);
}

static void id_is(struct buffer *out, const char *expected) {
    buffer_append(out, "", 1);
    assert_string_equal(out->data, expected);
    buffer_clear(out);
}

static void ids_name_the_cause(void **state) {
    (void)state;
    struct buffer out = { 0 };
    struct name scheme = name_of("k-means.v1");
    event_id_order(&out, slice_of("orders.web"), 7, INT64_C(123456789012), &scheme);
    id_is(&out, "order/orders.web/7/123456789012/k-means.v1");
    event_id_order(&out, slice_of("o"), 0, INT64_MAX, &scheme);
    id_is(&out, "order/o/0/9223372036854775807/k-means.v1");
    event_id_time(&out, slice_of("c"), INT64_MIN, &scheme);
    id_is(&out, "time/c/-9223372036854775808/k-means.v1");
    event_id_time(&out, slice_of("AZaz09-._~"), INT64_C(1622376000123), &scheme);
    id_is(&out, "time/AZaz09-._~/1622376000123/k-means.v1");
    event_id_model(&out, 5, slice_of("a/b c%d"), &scheme);
    id_is(&out, "model/5/a%2Fb%20c%25d/k-means.v1");
    event_id_control(&out, 6, (struct slice){ "\xc5\x9f\0+", 4 }, &scheme);
    id_is(&out, "control/6/%C5%9F%00%2B/k-means.v1");
    buffer_free(&out);
}

static void collect(void *context, const char *name, struct slice value) {
    buffer_printf(context, "%s=%.*s\n", name, (int)value.len, value.data);
}

static void headers_are_cloudevents(void **state) {
    (void)state;
    struct buffer out = { 0 };
    struct transition move = a_move();
    struct event event = an_event(&move);
    event_headers(event.event_id, move.occurred_at, "/obek/group", true, slice_of("00-ab-cd-01"), slice_of("v=1"), collect, &out);
    id_is(&out, "ce_specversion=1.0\nce_id=order/orders/3/5000000000/kmeans\nce_source=/obek/group\n"
                "ce_type=obek.v1.SegmentChange\nce_time=2021-05-30T12:00:00.123Z\ncontent-type=application/avro\n"
                "traceparent=00-ab-cd-01\ntracestate=v=1\n");
    event_headers(event.event_id, move.occurred_at, "/obek/g", false, (struct slice){ 0 }, (struct slice){ 0 }, collect, &out);
    id_is(&out, "ce_specversion=1.0\nce_id=order/orders/3/5000000000/kmeans\nce_source=/obek/g\n"
                "ce_type=obek.v1.SegmentChange\nce_time=2021-05-30T12:00:00.123Z\ncontent-type=application/json\n");
    buffer_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_json),
        cmocka_unit_test(writes_json_with_nulls),
        cmocka_unit_test(doubles_read_back_exactly),
        cmocka_unit_test(every_control_character_is_escaped),
        cmocka_unit_test(schemas_agree_with_the_code),
        cmocka_unit_test(avro_reads_back),
        cmocka_unit_test(avro_names_every_cause),
        cmocka_unit_test(avro_keeps_a_nul),
        cmocka_unit_test(what_was_written_is_read_again),
        cmocka_unit_test(what_is_no_event_is_not_read),
        cmocka_unit_test(ids_name_the_cause),
        cmocka_unit_test(headers_are_cloudevents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
