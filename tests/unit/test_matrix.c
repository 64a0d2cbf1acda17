/* What can be learned from, and what is refused; and the flag that stops learning. */
#include "../../trainer/matrix.h"
#include "obek/interrupt.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

static void bad_values_are_named_by_row_and_column(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *error;
    } cases[] = {
        { NAN, "row 3, column 2: NaN is no number to learn from" },
        { INFINITY, "row 3, column 2: infinity is no number to learn from" },
        { -INFINITY, "row 3, column 2: infinity is no number to learn from" },
        { -1e150, "row 3, column 2: -1e+150 is too large to compute distances with" },
    };
    struct matrix matrix;
    struct error error = { "" };
    matrix_init(&matrix, 4, 2);
    assert_true(matrix_check(&matrix, &error));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        matrix_row(&matrix, 2)[1] = cases[i].value;
        assert_false(matrix_check(&matrix, &error));
        assert_string_equal(error.text, cases[i].error);
    }
    matrix_row(&matrix, 2)[1] = -MATRIX_VALUE_MAX;
    assert_true(matrix_check(&matrix, &error));
    matrix_free(&matrix);
    assert_null(matrix.values);
}

static void nothing_is_not_enough(void **state) {
    (void)state;
    struct matrix matrix;
    struct error error;
    matrix_init(&matrix, 0, 3);
    assert_false(matrix_check(&matrix, &error));
    assert_string_equal(error.text, "there is nothing to learn from: 0 rows of 3 columns");
    matrix_free(&matrix);
}

static void a_signal_raises_the_flag_until_it_is_caught_anew(void **state) {
    (void)state;
    struct error error;
    interrupt_catch();
    assert_true(interrupt_check(&error));
    raise(SIGTERM);
    assert_true(interrupted());
    assert_false(interrupt_check(&error));
    assert_string_equal(error.text, "interrupted");
    interrupt_catch();
    assert_false(interrupted());
    raise(SIGINT);
    assert_true(interrupted());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_values_are_named_by_row_and_column),
        cmocka_unit_test(nothing_is_not_enough),
        cmocka_unit_test(a_signal_raises_the_flag_until_it_is_caught_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
