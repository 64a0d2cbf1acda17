/* Writers' schemas: fingerprints that everyone else computes too, and schemas that are refused. */
#include "obek/avro_plan.h"
#include "obek/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t fingerprint(const char *text) {
    struct error error = { "" };
    struct avro_schema_plan *schema = avro_schema_plan_new(slice_of(text), &error);
    if (schema == NULL)
        fail_msg("%s: %s", text, error.text);
    uint64_t result = avro_schema_plan_fingerprint(schema);
    avro_schema_plan_free(schema);
    return result;
}

/* from share/test/data/schema-tests.txt of Apache Avro */
static void fingerprints_of_the_specification(void **state) {
    (void)state;
    static const struct {
        const char *schema;
        int64_t fingerprint;
    } cases[] = {
        { "\"null\"", INT64_C(7195948357588979594) },
        { "{\"type\":\"null\"}", INT64_C(7195948357588979594) },
        { "\"boolean\"", INT64_C(-6970731678124411036) },
        { "\"int\"", INT64_C(8247732601305521295) },
        { "\"long\"", INT64_C(-3434872931120570953) },
        { "\"float\"", INT64_C(5583340709985441680) },
        { "\"double\"", INT64_C(-8181574048448539266) },
        { "\"bytes\"", INT64_C(5746618253357095269) },
        { "\"string\"", INT64_C(-8142146995180207161) },
        { "[ \"int\"  ]", INT64_C(-5232228896498058493) },
        { "[\"int\" , {\"type\":\"boolean\"} ]", INT64_C(5392556393470105090) },
        { "{\"fields\":[], \"type\":\"record\", \"name\":\"foo\"}", INT64_C(-4824392279771201922) },
        { "{\"fields\":[], \"type\":\"record\", \"name\":\"foo\", \"namespace\":\"x.y\"}", INT64_C(5916914534497305771) },
        { "{\"fields\":[{\"type\":{\"type\":\"boolean\"}, \"name\":\"f1\"}], \"type\":\"record\", \"name\":\"foo\"}",
          INT64_C(7843277075252814651) },
        { "{ \"type\":\"enum\", \"name\":\"foo\", \"symbols\":[\"A1\"]}", INT64_C(-6342190197741309591) },
        { "{ \"namespace\":\"x.y.z\", \"type\":\"enum\", \"name\":\"foo\", \"doc\":\"foo bar\", \"symbols\":[\"A1\", \"A2\"]}",
          INT64_C(-4448647247586288245) },
        { "{\"name\":\"foo\",\"type\":\"fixed\",\"size\":15}", INT64_C(1756455273707447556) },
        { "{\"namespace\":\"x.y.z\", \"type\":\"fixed\", \"name\":\"foo\", \"doc\":\"foo bar\", \"size\":32}",
          INT64_C(-3064184465700546786) },
        { "{ \"items\":{\"type\":\"null\"}, \"type\":\"array\"}", INT64_C(-589620603366471059) },
        { "{ \"values\":\"string\", \"type\":\"map\"}", INT64_C(-8732877298790414990) },
        { "{\"name\":\"PigValue\",\"type\":\"record\", \"fields\":[{\"name\":\"value\", \"type\":[\"null\", \"int\", \"long\", "
          "\"PigValue\"]}]}",
          INT64_C(-1759257747318642341) },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (fingerprint(cases[i].schema) != (uint64_t)cases[i].fingerprint)
            fail_msg("%s: %lld", cases[i].schema, (long long)fingerprint(cases[i].schema));
}

static void refuses(const char *schema, const char *fragment) {
    struct error error = { "" };
    struct avro_schema_plan *taken = avro_schema_plan_new(slice_of(schema), &error);
    if (taken != NULL)
        fail_msg("%.200s was taken", schema);
    if (strstr(error.text, fragment) == NULL)
        fail_msg("%.200s: %s", schema, error.text);
}

static void refuses_hostile_schemas(void **state) {
    (void)state;
    refuses("", "schema: byte 0");
    refuses("{", "schema: byte 1");
    refuses("\"strin\"", "unknown type \"strin\"");
    refuses("\"record\"", "alone is no type");
    refuses("7", "a name, an object or an array");
    refuses("{\"type\":7}", "a name, an object or an array");
    refuses("{\"type\":\"fixed\",\"name\":\"f\",\"size\":-1}", "impossible size");
    refuses("{\"type\":\"fixed\",\"name\":\"f\",\"size\":99999999999}", "impossible size");
    refuses("{\"type\":\"fixed\",\"name\":\"f\"}", "impossible size");
    refuses("{\"type\":\"record\",\"name\":\"r\"}", "no fields");
    refuses("{\"type\":\"record\",\"fields\":[]}", "is no name");
    refuses("{\"type\":\"record\",\"name\":\"1r\",\"fields\":[]}", "is no name");
    refuses("{\"type\":\"record\",\"name\":\"a..b\",\"fields\":[]}", "is no name");
    refuses("{\"type\":\"record\",\"name\":\"string\",\"fields\":[]}", "Avro's own");
    refuses("{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"a b\",\"type\":\"int\"}]}", "no field name");
    refuses("{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"a\"}]}", "field a: no type");
    refuses("{\"type\":\"record\",\"name\":\"r\",\"fields\":[7]}", "no field name");
    refuses(
        "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"a\",\"type\":\"int\"}]}",
        "field a is declared twice");
    refuses("[{\"type\":\"fixed\",\"name\":\"f\",\"size\":1},{\"type\":\"fixed\",\"name\":\"f\",\"size\":1}]",
            "\"f\" is declared twice");
    refuses("[\"int\",[\"int\"]]", "a union directly in a union");
    refuses("{\"type\":\"enum\",\"name\":\"e\"}", "no symbols");
    refuses("{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[1]}", "element 0");
    refuses("{\"type\":\"array\"}", "without the type");
    refuses("{\"type\":\"string\",\"type\":\"int\"}", "duplicate");
}

static void refuses_bombs(void **state) {
    (void)state;
    struct buffer text = { 0 };
    for (int i = 0; i < 100; i++)
        buffer_append_text(&text, "{\"type\":\"array\",\"items\":");
    buffer_append_text(&text, "\"int\"");
    for (int i = 0; i < 100; i++)
        buffer_append_text(&text, "}");
    buffer_append(&text, "", 1);
    refuses(text.data, "nested more than 64 deep");
    buffer_clear(&text);
    buffer_append_text(&text, "[\"int\"");
    for (int i = 0; i < 60000; i++)
        buffer_append_text(&text, ",\"int\"");
    buffer_append(&text, "]", 2);
    refuses(text.data, "more than 50000 types");
    buffer_clear(&text);
    for (int i = 0; i < (1 << 20) + 1; i++)
        buffer_append(&text, " ", 1);
    buffer_append(&text, "", 1);
    refuses(text.data, "at most 1048576 are allowed");
    buffer_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fingerprints_of_the_specification),
        cmocka_unit_test(refuses_hostile_schemas),
        cmocka_unit_test(refuses_bombs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
