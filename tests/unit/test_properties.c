#include "obek/properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect(const char *text, size_t n, const char *const *pairs) {
    struct properties properties;
    struct error error = { "" };
    if (!properties_parse(&properties, slice_of(text), "t", &error))
        fail_msg("%s: %s", text, error.text);
    assert_int_equal(properties.n, n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(properties.items[i].key, pairs[2 * i]);
        assert_string_equal(properties.items[i].value, pairs[2 * i + 1]);
    }
    properties_free(&properties);
}
#define EXPECT(text, ...)                                                                                                        \
    expect(text, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *) / 2, (const char *[]){ __VA_ARGS__ })

static void reads_what_java_reads(void **state) {
    (void)state;
    EXPECT("a=1\nb: 2\r\nc 3\rd", "a", "1", "b", "2", "c", "3", "d", "");
    EXPECT("  a  =  1 2  \n\t!no\n # no\n\n", "a", "1 2");
    EXPECT("a = =x", "a", "=x");
    EXPECT("a\\ b\\=\\: = c", "a b=:", "c");
    EXPECT("a = x, \\\n    y,\\\r\n z", "a", "x, y,z");
    EXPECT("a = x\\\\\nb = y", "a", "x\\", "b", "y");
    EXPECT("# c \\\na = 1", "a", "1");
    EXPECT("a = 1\\\n# no comment", "a", "1# no comment");
    EXPECT("a = \\t\\n\\r\\f\\q\\\\", "a", "\t\n\r\fq\\");
    EXPECT("a = \\u00f6bek \\uD83D\\uDE00", "a",
           "\xc3\xb6"
           "bek \xf0\x9f\x98\x80");
    EXPECT("a = ends\\", "a", "ends");
    EXPECT("a = kept\\ ", "a", "kept ");
    EXPECT("\xef\xbb\xbf"
           "a = mark",
           "a", "mark");
}

static void knows_where_a_line_began(void **state) {
    (void)state;
    struct properties properties;
    struct error error;
    assert_true(properties_parse(&properties, slice_of("# one\na = 1 \\\n  2\r\nb = 3\n"), "t", &error));
    assert_int_equal(properties.items[0].line, 2);
    assert_int_equal(properties.items[1].line, 4);
    properties_free(&properties);
}

static void refuses(const char *text, size_t len, const char *message) {
    struct properties properties;
    struct error error;
    assert_false(properties_parse(&properties, (struct slice){ text, len }, "f", &error));
    assert_string_equal(error.text, message);
    properties_free(&properties);
}
#define REFUSES(text, message) refuses(text, sizeof text - 1, message)

static void names_file_and_line(void **state) {
    (void)state;
    REFUSES("a=1\nb=2\na=3", "f:3: 'a' is given twice: in line 1 and in line 3");
    REFUSES("\n= 3", "f:2: a value without a key");
    REFUSES("a = \\u12", "f:1: \\u needs four hexadecimal digits");
    REFUSES("a = \\u12g4", "f:1: \\u needs four hexadecimal digits");
    REFUSES("a = \\uDC00", "f:1: \\udc00 is half of a character");
    REFUSES("a = \\uD800x", "f:1: \\ud800 is half of a character");
    REFUSES("a = \\u0000", "f:1: \\u0000 is not allowed");
    REFUSES("a = 1\nb = \xff", "f:2: not UTF-8 text");
    REFUSES("a = \0", "f:1: not UTF-8 text");
    REFUSES("a = \xc0\xaf", "f:1: not UTF-8 text");
    REFUSES("a = \xed\xa0\x80", "f:1: not UTF-8 text");
}

static void refuses_what_is_too_large(void **state) {
    (void)state;
    char *large = malloc(PROPERTIES_BYTES_MAX + 1);
    memset(large, '#', PROPERTIES_BYTES_MAX + 1);
    refuses(large, PROPERTIES_BYTES_MAX + 1, "f: larger than 1048576 bytes");
    size_t len = 0;
    for (int i = 0; i <= PROPERTIES_COUNT_MAX; i++)
        len += (size_t)sprintf(large + len, "k%d=\n", i);
    refuses(large, len, "f:10001: more than 10000 properties");
    free(large);
}

static void what_is_written_reads_back(void **state) {
    (void)state;
    static const char *const pairs[] = {
        "\xef\xbb\xbf", "a mark as a key", "a b=:#!", "  x  ", "t\t", "\tv\n\r\f\\", "empty", "", "eq", "= y", "blank", " "
    };
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i += 2)
        properties_write(out, pairs[i], pairs[i + 1]);
    fclose(out);
    expect(text, sizeof pairs / sizeof *pairs / 2, pairs);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_java_reads),      cmocka_unit_test(knows_where_a_line_began),
        cmocka_unit_test(names_file_and_line),        cmocka_unit_test(refuses_what_is_too_large),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
