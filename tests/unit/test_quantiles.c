/* Quantiles as numpy has them, and bands between them. */
#include "../../core/cuts.h"
#include "../../trainer/bands.h"
#include "../../trainer/quantiles.h"
#include "core_fixture.h"

/* numpy.quantile of these, written with repr(). */
static void as_numpy_has_them(void **state) {
    (void)state;
    static const double values[] = { 3.7, 0.1, 12.9, 5.5, 5.5, 0.30000000000000004, 99.95, 7.1 };
    static const double q[] = { 0, 0.01, 0.2, 0.25, 0.4, 0.5, 0.6, 0.75, 0.8, 0.99, 1 };
    static const double wanted[] = {
        0.1, 0.114, 1.6600000000000006, 2.85, 5.140000000000001, 5.5, 5.82, 8.55, 10.580000000000004, 93.85649999999998, 99.95
    };
    double found[sizeof q / sizeof *q];
    quantiles(values, 8, q, sizeof q / sizeof *q, found);
    for (size_t i = 0; i < sizeof q / sizeof *q; i++)
        if (found[i] != wanted[i])
            fail_msg("quantile %g: %.17g instead of %.17g", q[i], found[i], wanted[i]);
    assert_true(values[0] == 3.7 && values[7] == 7.1); /* left as they were */
}

static void of_one_value(void **state) {
    (void)state;
    static const double q[] = { 0, 0.3, 1 };
    double value = 7, found[3];
    quantiles(&value, 1, q, 3, found);
    for (int i = 0; i < 3; i++)
        assert_true(found[i] == 7);
}

static void they_rise_and_stay_within(void **state) {
    (void)state;
    uint64_t seed = 1;
    double sorted[50];
    for (int i = 0; i < 50; i++)
        sorted[i] = (i > 0 ? sorted[i - 1] : -3) + (random_below(&seed, 3) == 0 ? 0 : exp(20 * random_unit(&seed) - 10));
    double before = sorted[0];
    for (int i = 0; i <= 100000; i++) {
        double found = quantile_sorted(sorted, 50, i / 100000.0);
        assert_true(found >= before && found <= sorted[49]);
        before = found;
    }
    assert_true(before == sorted[49]);
}

static void bands_are_closed_above(void **state) {
    (void)state;
    static const double values[] = { 10, 30, 20, 50, 40 };
    struct fit_warnings warnings = { 0 };
    struct error error;
    double at[3];
    assert_true(bands_fit(values, 5, 4, at, &warnings, &error));
    assert_true(at[0] == 20 && at[1] == 30 && at[2] == 40 && warnings.n == 0);
    struct cuts cuts = { 3, at };
    static const int bands[] = { 0, 1, 0, 3, 2 };
    for (int i = 0; i < 5; i++)
        assert_int_equal(cuts_below(&cuts, values[i]), bands[i]);
}

static void bands_that_are_nobodys(void **state) {
    (void)state;
    static const double alike[] = { 5, 5, 5 }, idle[] = { 0, 0, 3, 9 };
    struct fit_warnings warnings = { 0 };
    struct error error;
    double at[3];
    assert_true(bands_fit(alike, 3, 4, at, &warnings, &error));
    assert_true(warnings.n == 1 && warnings.list[0].code == FIT_EQUAL_CUTS);
    assert_string_equal(warnings.list[0].detail, "cut 2 of 3 is 5");
    assert_true(bands_fit(idle, 4, 4, at, &warnings, &error));
    assert_string_equal(warnings.list[1].detail, "cut 1 of 3 is 0");
    assert_true(bands_fit(alike, 1, 2, at, &warnings, &error));
    assert_true(at[0] == 5 && warnings.n == 2);
}

static void what_is_no_value(void **state) {
    (void)state;
    static const double bad[] = { NAN, INFINITY, -1 };
    struct fit_warnings warnings = { 0 };
    struct error error;
    double at[3];
    for (int i = 0; i < 3; i++) {
        const double values[] = { 1, 2, bad[i] };
        assert_false(bands_fit(values, 3, 4, at, &warnings, &error));
        assert_non_null(strstr(error.text, "customer 3: "));
    }
    assert_false(bands_fit(bad, 0, 4, at, &warnings, &error));
    assert_string_equal(error.text, "there is no customer to learn from");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_numpy_has_them),         cmocka_unit_test(of_one_value),
        cmocka_unit_test(they_rise_and_stay_within), cmocka_unit_test(bands_are_closed_above),
        cmocka_unit_test(bands_that_are_nobodys),    cmocka_unit_test(what_is_no_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
