/* The radix sort against qsort, quantiles against numpy's numbers, and numbers as text. */
#include "../../trainer/sorted.h"
#include "../../trainer/words.h"
#include "obek/printing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t state_of_chance = 42;

static uint64_t chance(void) {
    state_of_chance ^= state_of_chance << 13;
    state_of_chance ^= state_of_chance >> 7;
    state_of_chance ^= state_of_chance << 17;
    return state_of_chance;
}

static double any_double(void) {
    uint64_t bits = chance();
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int by_value(const void *a, const void *b) {
    double one = *(const double *)a, two = *(const double *)b;
    return (one > two) - (one < two);
}

static void all_doubles_are_sorted(void **state) {
    (void)state;
    const size_t sizes[] = { 0, 1, 2, 255, 256, 10000 };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        double *values = xcalloc(sizes[s] + 1, sizeof *values), *wanted = xcalloc(sizes[s] + 1, sizeof *wanted);
        size_t n = 0;
        for (size_t i = 0; i < sizes[s]; i++) {
            values[i] = i % 7 == 0 ? (double)(chance() % 5) : any_double();
            if (!isnan(values[i]))
                wanted[n++] = values[i];
        }
        struct sorted sorted = sorted_of(values, sizes[s]);
        qsort(wanted, n, sizeof *wanted, by_value);
        assert_int_equal(sorted.n, n);
        for (size_t i = 0; i < n; i++)
            assert_true(sorted.values[i] == wanted[i]);
        sorted_free(&sorted);
        free(values);
        free(wanted);
    }
}

static void quantiles_are_interpolated(void **state) {
    (void)state;
    const double values[] = { 7, NAN, 1, 3, 3, 10 };
    struct sorted sorted = sorted_of(values, 6);
    const struct sorted none = { 0 };
    assert_true(sorted_quantile(&sorted, 0) == 1 && sorted_quantile(&sorted, 1) == 10 && sorted_quantile(&sorted, 0.5) == 3);
    assert_true(fabs(sorted_quantile(&sorted, 0.9) - 8.8) < 1e-12);
    assert_true(isnan(sorted_quantile(&none, 0.5)));
    assert_int_equal(sorted_distinct(&sorted), 4);
    assert_int_equal(sorted_below(&sorted, 3), 1);
    assert_int_equal(sorted_up_to(&sorted, 3), 3);
    sorted_free(&sorted);
}

static void assert_text(double number, const char *expected) {
    char text[32];
    assert_int_equal(real_text(number, text), strlen(expected));
    assert_string_equal(text, expected);
}

static void numbers_are_as_short_as_they_read_back(void **state) {
    (void)state;
    assert_text(0, "0");
    assert_text(-0.0, "-0");
    assert_text(-12.5, "-12.5");
    assert_text(-0.07, "-0.07");
    assert_text(1e15, "1e+15");
    assert_text(0.1, "0.1");
    assert_text(0.1 + 0.2, "0.30000000000000004");
    assert_text(1.0 / 3, "0.3333333333333333");
    for (int i = 0; i < 100000; i++) {
        double number = i % 2 == 0 ? any_double() : (double)(int64_t)(chance() % 2000000) / 100 - 10000;
        char text[32];
        if (!isfinite(number))
            continue;
        real_text(number, text);
        assert_true(strtod(text, NULL) == number);
    }
}

static void words_keep_their_numbers(void **state) {
    (void)state;
    struct words words = { 0 };
    char text[32];
    assert_int_equal(words_find(&words, slice_of("x")), WORD_NONE);
    for (int twice = 0; twice < 2; twice++)
        for (uint32_t i = 0; i < 5000; i++) {
            int len = snprintf(text, sizeof text, "word %u", i);
            assert_int_equal(words_add(&words, (struct slice){ text, (size_t)len }), i);
        }
    assert_int_equal(words.n, 5000);
    assert_true(slice_is(words_text(&words, 4321), "word 4321"));
    assert_int_equal(words_find(&words, slice_of("word 17")), 17);
    assert_int_equal(words_find(&words, slice_of("word")), WORD_NONE);
    words_free(&words);
}

static void formulas_are_harmless(void **state) {
    (void)state;
    static const char *const cells[][2] = { { "=1+1", "'=1+1" }, { "+1", "'+1" },
                                            { "-x", "'-x" },     { "@a", "'@a" },
                                            { "a=1", "a=1" },    { "\t=1", "'\t=1" },
                                            { "", "" },          { "=\"a\",b", "\"'=\"\"a\"\",b\"" } };
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        print_csv_data(out, slice_of(cells[i][0]));
        fclose(out);
        assert_string_equal(text, cells[i][1]);
        free(text);
    }
}

static void between_infinities_there_is_nothing(void **state) {
    (void)state;
    const double values[] = { INFINITY, 1, INFINITY, -INFINITY };
    struct sorted sorted = sorted_of(values, 4); /* -inf, 1, inf, inf */
    assert_true(sorted_quantile(&sorted, 0.5) == INFINITY && sorted_quantile(&sorted, 0.4) == 1);
    assert_true(sorted_quantile(&sorted, 0.1) == -INFINITY && sorted_quantile(&sorted, 0.9) == INFINITY);
    sorted_free(&sorted);
    sorted = sorted_of((const double[]){ INFINITY, INFINITY, INFINITY, INFINITY }, 4);
    assert_true(sorted_quantile(&sorted, 0.5) == INFINITY);
    sorted_free(&sorted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_doubles_are_sorted),     cmocka_unit_test(between_infinities_there_is_nothing),
        cmocka_unit_test(quantiles_are_interpolated), cmocka_unit_test(numbers_are_as_short_as_they_read_back),
        cmocka_unit_test(words_keep_their_numbers),   cmocka_unit_test(formulas_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
