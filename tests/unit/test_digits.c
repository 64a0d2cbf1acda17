/* Numbers as digits, against printf. */
#include "obek/arena.h"
#include "obek/digits.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void digits_are_those_of_printf(void **state) {
    (void)state;
    static const int64_t numbers[] = { 0, 1, -1, 9, 10, 99, 100, -100, 4503599627370496, INT64_MAX, INT64_MIN, INT64_MIN + 1 };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char expected[32], text[DIGITS_MAX];
        int len = snprintf(expected, sizeof expected, "%" PRId64, numbers[i]);
        assert_int_equal(digits_write(text, numbers[i]), len);
        assert_memory_equal(text, expected, (size_t)len);
    }
}

static void an_arena_keeps_numbers_and_joined_texts(void **state) {
    (void)state;
    struct arena arena = { 0 };
    assert_true(slice_is(arena_number(&arena, -1234567890123), "-1234567890123"));
    struct slice joined = arena_join(&arena, "segment:", slice_of("kmeans"));
    assert_true(slice_is(joined, "segment:kmeans"));
    assert_true(slice_is(arena_join(&arena, "", (struct slice){ "", 0 }), ""));
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_those_of_printf),
        cmocka_unit_test(an_arena_keeps_numbers_and_joined_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
