/* Control records: a model file packed, unpacked and held against its hash; hostile ones are refused in words. */
#include "obek/control_record.h"
#include "obek/ledger.h"
#include "obek/model_file.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void sha256_of(struct slice file, char out[65]) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_Digest(file.data, file.len, digest, NULL, EVP_sha256(), NULL);
    for (int i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static void write_record(struct buffer *out, struct slice file, int64_t time) {
    char sha256[65];
    struct error error;
    sha256_of(file, sha256);
    assert_true(control_record_write_model(out, file, sha256, time, &error));
}

static void a_model_reads_back(void **state) {
    (void)state;
    static const char bytes[] = "any bytes: \0\xff\n, a model file is read elsewhere";
    char large[5000];
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)(i * i % 251);
    const struct slice files[] = { { bytes, sizeof bytes - 1 }, { "x", 1 }, { "xy", 2 }, { "xyz", 3 }, { large, sizeof large } };
    const int64_t times[] = { TIME_NONE, 0, 1622505600123, -1 };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        for (size_t k = 0; k < sizeof times / sizeof times[0]; k++) {
            struct buffer out = { 0 };
            struct control_record record;
            struct error error;
            write_record(&out, files[i], times[k]);
            assert_true(control_record_read(&record, buffer_slice(&out), &error));
            assert_int_equal(record.type, CONTROL_MODEL);
            assert_true(record.time == times[k]);
            assert_true(slice_equal(buffer_slice(&record.file), files[i]));
            control_record_free(&record);
            buffer_free(&out);
        }
}

static void one_that_is_too_large_is_not_written(void **state) {
    (void)state;
    size_t len = 800 * 1024; /* random bytes: base64 alone makes them a third larger */
    char *file = malloc(len);
    uint32_t random = 1;
    for (size_t i = 0; i < len; i++)
        file[i] = (char)((random = random * 1664525 + 1013904223) >> 24);
    struct buffer out = { 0 };
    struct error error = { "" };
    assert_false(control_record_write_model(&out, (struct slice){ file, len }, "", TIME_NONE, &error));
    assert_non_null(strstr(error.text, "too large"));
    assert_int_equal(out.len, 0);
    buffer_free(&out);
    free(file);
}

/* A good record with one text replaced. */
static void expect(const char *old, const char *new, const char *reason) {
    struct buffer good = { 0 }, bad = { 0 };
    struct control_record record;
    struct error error = { "" };
    write_record(&good, slice_of("{\"obek_model\":1}"), TIME_NONE);
    buffer_append(&good, "", 1);
    const char *at = strstr(good.data, old);
    assert_non_null(at);
    buffer_printf(&bad, "%.*s%s%s", (int)(at - good.data), good.data, new, at + strlen(old));
    bool read = control_record_read(&record, buffer_slice(&bad), &error);
    if (read || strstr(error.text, reason) == NULL)
        fail_msg("%s -> %s: '%s' instead of '%s'", old, new, read ? "taken" : error.text, reason);
    assert_null(record.file.data);
    buffer_free(&good);
    buffer_free(&bad);
}

static void a_tampered_record_is_refused_by_name(void **state) {
    (void)state;
    expect("\"model\"", "\"modle\"", "type: not one that this version knows");
    expect("\"type\"", "\"tpye\"", "type: not one that this version knows");
    expect("\"time\":null", "\"time\":0", "time: neither null nor RFC 3339");
    expect("\"time\":null", "\"time\":\"yesterday\"", "time: ");
    expect("\"time\":null,", "", "time");
    expect("\"time\":null", "\"time\":null,\"more\":1", "unpacked");
    expect("\"size\":16", "\"size\":17", "file: cannot be unpacked");
    expect("\"size\":16", "\"size\":15", "file: cannot be unpacked");
    expect("\"size\":16", "\"size\":0", "file: wrong length");
    expect("\"size\":16", "\"size\":-1", "file: wrong length");
    expect("\"size\":16", "\"size\":99999999999999", "file: wrong length");
    expect("\"size\":16", "\"size\":16.0", "integer");
    expect("zlib+base64", "none", "encoding: 'none' is not known");
    expect("\"file\":\"", "\"file\":\"!!!!", "file: cannot be unpacked");
    expect("\"file\":\"", "\"file\":\"A", "file: wrong length");
    expect("\"sha256\":\"", "\"sha256\":\"0", "sha256: the file is another one");
    expect("{", "[", "byte ");
    expect("{", "{\"size\":16,", "duplicate");
}

static void what_is_no_record_is_refused(void **state) {
    (void)state;
    static const struct slice values[] = {
        { NULL, 0 },           { "", 0 },     { "{", 1 },         { "null", 4 },
        { "[]", 2 },           { "\0\0", 2 }, { "\"model\"", 7 }, { "{\"type\":\"model\"}", 16 },
        { "{\"type\":7}", 10 }
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct control_record record;
        struct error error = { "" };
        assert_false(control_record_read(&record, values[i], &error));
        assert_true(error.text[0] != '\0');
    }
}

/* The schema file names exactly the keys that are written. */
static void the_schema_file_agrees(void **state) {
    (void)state;
    json_error_t error;
    struct buffer out = { 0 };
    json_t *schema = json_load_file("schemas/control.schema.json", 0, &error);
    if (schema == NULL)
        fail_msg("schemas/control.schema.json: line %d: %s", error.line, error.text);
    write_record(&out, slice_of("x"), TIME_NONE);
    json_t *record = json_loadb(out.data, out.len, 0, &error);
    json_t *model = json_object_get(json_object_get(schema, "$defs"), "model");
    json_t *properties = json_object_get(model, "properties");
    assert_int_equal(json_object_size(properties), json_object_size(record));
    assert_int_equal(json_array_size(json_object_get(model, "required")), json_object_size(record));
    const char *key;
    json_t *value;
    json_object_foreach(record, key, value) assert_non_null(json_object_get(properties, key));
    assert_int_equal(json_integer_value(json_object_get(json_object_get(properties, "size"), "maximum")), MODEL_FILE_BYTES_MAX);
    static const char *const constants[] = { "type", "encoding" };
    for (size_t i = 0; i < 2; i++)
        assert_true(json_equal(json_object_get(json_object_get(properties, constants[i]), "const"),
                               json_object_get(record, constants[i])));
    json_decref(record);
    json_decref(schema);
    buffer_free(&out);
}

static bool same_place(const struct due_place *a, const struct due_place *b) {
    return due_place_compare(a, b) == 0;
}

static void expect_same_tick(const struct tick *a, const struct tick *b) {
    assert_true(same_place(&a->from, &b->from));
    assert_true(same_place(&a->to, &b->to));
    assert_true(a->up_to == b->up_to);
    assert_true(a->model == b->model);
    assert_int_equal(a->n_after, b->n_after);
    for (size_t i = 0; i < a->n_after; i++) {
        assert_true(slice_equal(a->after[i].source, b->after[i].source));
        assert_true(a->after[i].position == b->after[i].position);
    }
}

static void reads_back(const struct tick *tick) {
    struct buffer out = { 0 };
    struct control_record record;
    struct error error;
    assert_true(control_record_write_tick(&out, tick, &error));
    if (!control_record_read(&record, buffer_slice(&out), &error))
        fail_msg("%s: %.*s", error.text, (int)out.len, out.data);
    assert_int_equal(record.type, CONTROL_TICK);
    expect_same_tick(&record.tick, tick);
    control_record_free(&record);
    buffer_free(&out);
}

#define BEFORE_ALL                                                                                                               \
    { .score = INT64_MIN, .whole = true }
#define BEHIND_ALL                                                                                                               \
    { .score = INT64_MAX, .whole = true }

static void a_tick_reads_back(void **state) {
    (void)state;
    struct tick_after after[] = { { { "orders/0", 8 }, 12 }, { { "web \"x\"/17", 10 }, INT64_C(9007199254740993) } };
    struct due_place some = { .score = 1622505600123, .id = { "m\xc3\xbc\"ller\\\0x", 11 } };
    struct due_place never = { .score = (INT64_C(1) << 52) + 12345, .id = { "b", 1 } };
    reads_back(&(struct tick){
        .from = BEFORE_ALL, .to = { .score = 1622505600123, .whole = true }, .up_to = 1622505600123, .model = -1 });
    reads_back(
        &(struct tick){ .from = BEFORE_ALL, .to = some, .up_to = 1622505600123, .model = -1, .n_after = 2, .after = after });
    reads_back(&(struct tick){ .from = BEFORE_ALL, .to = BEHIND_ALL, .up_to = TIME_NONE, .model = 7 });
    reads_back(&(struct tick){ .from = some, .to = never, .up_to = TIME_NONE, .model = 0 });
}

static void what_others_write_of_ticks_is_understood(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{\"type\":\"tick\",\"up_to\":1622505600000}",
        "{\"type\":\"tick\",\"up_to\":\"2021-06-01T00:00:00Z\",\"customer\":null,\"after\":null}",
        "{\"after\":{},\"up_to\":\"2021-06-01T03:00:00+03:00\",\"type\":\"tick\"}",
    };
    struct tick tick = {
        .from = BEFORE_ALL, .to = { .score = 1622505600000, .whole = true }, .up_to = 1622505600000, .model = -1
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct control_record record;
        struct error error;
        if (!control_record_read(&record, slice_of(texts[i]), &error))
            fail_msg("%s: %s", texts[i], error.text);
        expect_same_tick(&record.tick, &tick);
        control_record_free(&record);
    }
}

static void hostile_ticks_are_refused_in_words(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "{\"type\":\"tick\"}", "up_to" },
        { "{\"type\":\"tick\",\"up_to\":null}", "up_to: neither" },
        { "{\"type\":\"tick\",\"up_to\":1.5}", "up_to: neither" },
        { "{\"type\":\"tick\",\"up_to\":\"yesterday\"}", "up_to" },
        { "{\"type\":\"tick\",\"up_to\":9007199254740993}", "up_to: outside" },
        { "{\"type\":\"tick\",\"up_to\":0,\"customer\":7}", "customer: not a customer id" },
        { "{\"type\":\"tick\",\"up_to\":0,\"customer\":\"\"}", "customer: not a customer id" },
        { "{\"type\":\"tick\",\"up_to\":0,\"after\":[]}", "after: not an object" },
        { "{\"type\":\"tick\",\"up_to\":0,\"after\":{\"orders/0\":-1}}", "after.orders/0: not an offset" },
        { "{\"type\":\"tick\",\"up_to\":0,\"after\":{\"orders/0\":\"1\"}}", "after.orders/0: not an offset" },
        { "{\"type\":\"tick\",\"up_to\":0,\"afterwards\":{}}", "afterwards" },
        { "{\"type\":\"tick\",\"up_to\":0,\"model\":1,\"reevaluate\":{\"from\":null,\"to\":null}}", "up_to" },
        { "{\"type\":\"tick\",\"reevaluate\":{\"from\":null,\"to\":null}}", "model" },
        { "{\"type\":\"tick\",\"model\":-1,\"reevaluate\":{\"from\":null,\"to\":null}}", "model: not a number" },
        { "{\"type\":\"tick\",\"model\":1,\"reevaluate\":{\"from\":null}}", "reevaluate" },
        { "{\"type\":\"tick\",\"model\":1,\"reevaluate\":{\"from\":[1],\"to\":null}}", "reevaluate.from: not [score, customer]" },
        { "{\"type\":\"tick\",\"model\":1,\"reevaluate\":{\"from\":[1,\"\"],\"to\":null}}",
          "reevaluate.from: not a customer id" },
        { "{\"type\":\"tick\",\"model\":1,\"reevaluate\":{\"from\":null,\"to\":[9007199254740993,\"a\"]}}",
          "reevaluate.to: not [score, customer]" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct control_record record;
        struct error error = { "" };
        assert_false(control_record_read(&record, slice_of(cases[i].text), &error));
        if (strstr(error.text, cases[i].words) == NULL)
            fail_msg("%s: '%s' does not say '%s'", cases[i].text, error.text, cases[i].words);
    }
}

static void an_id_that_is_no_text_is_not_written(void **state) {
    (void)state;
    struct buffer out = { 0 };
    struct error error;
    struct tick tick = { .from = BEFORE_ALL, .to = { .score = 1, .id = { "\xff", 1 } }, .up_to = 1, .model = -1 };
    assert_false(control_record_write_tick(&out, &tick, &error));
    assert_int_equal(out.len, 0);
}

/* Redis's own order of members with one score is by bytes. */
static void places_are_ordered_as_the_index_is(void **state) {
    (void)state;
    const struct due_place places[] = { BEFORE_ALL,
                                        { .score = -5, .id = { "z", 1 } },
                                        { .score = 7, .id = { "B", 1 } },
                                        { .score = 7, .id = { "a", 1 } },
                                        { .score = 7, .id = { "ab", 2 } },
                                        { .score = 7, .id = { "\xc3\xbc", 2 } },
                                        { .score = 7, .whole = true },
                                        { .score = 8, .id = { "a", 1 } },
                                        BEHIND_ALL };
    int n = (int)(sizeof places / sizeof places[0]);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++) {
            int order = due_place_compare(&places[i], &places[k]);
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tick_reads_back),
        cmocka_unit_test(what_others_write_of_ticks_is_understood),
        cmocka_unit_test(hostile_ticks_are_refused_in_words),
        cmocka_unit_test(an_id_that_is_no_text_is_not_written),
        cmocka_unit_test(places_are_ordered_as_the_index_is),
        cmocka_unit_test(a_model_reads_back),
        cmocka_unit_test(one_that_is_too_large_is_not_written),
        cmocka_unit_test(a_tampered_record_is_refused_by_name),
        cmocka_unit_test(what_is_no_record_is_refused),
        cmocka_unit_test(the_schema_file_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
