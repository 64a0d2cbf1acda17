/* Small texts taken apart: every field is checked whole. */
#include "obek/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_split(void **state) {
    (void)state;
    struct slice fields[3];
    assert_true(fields_split(slice_of("12 - abc"), ' ', fields, 3));
    assert_true(slice_is(fields[0], "12") && slice_is(fields[1], "-") && slice_is(fields[2], "abc"));
    static const char *const wrong[] = { "", "1", "1 2", "1 2 ", " 1 2", "1  2", "1 2 3 4" };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (fields_split(slice_of(wrong[i]), ' ', fields, 3))
            fail_msg("'%s' was split into three", wrong[i]);
}

static void test_numbers(void **state) {
    (void)state;
    int64_t number;
    uint64_t hex;
    assert_true(field_int64(slice_of("-9223372036854775808"), &number) && number == INT64_MIN);
    assert_true(field_int64(slice_of("0"), &number) && number == 0);
    static const char *const wrong[] = { "", "-", "+1", " 1", "1 ", "1x", "9223372036854775808", "0x10" };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (field_int64(slice_of(wrong[i]), &number))
            fail_msg("'%s' was taken for a number", wrong[i]);
    assert_true(field_hex(slice_of("00ff"), &hex) && hex == 255);
    assert_false(field_hex(slice_of("0xff"), &hex) || field_hex(slice_of("-1"), &hex) || field_hex(slice_of(""), &hex) ||
                 field_hex(slice_of("12345678901234567"), &hex));
}

static void test_copy(void **state) {
    (void)state;
    char out[4];
    assert_true(field_copy(slice_of("abc"), out, sizeof out));
    assert_string_equal(out, "abc");
    assert_false(field_copy(slice_of("abcd"), out, sizeof out));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
