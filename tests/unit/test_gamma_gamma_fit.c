/* The value of a purchase, learned from customers whose parameters are known, and from customers who tell nothing. */
#include "../../trainer/gamma_gamma_fit.h"
#include "../../trainer/gamma_gamma_likelihood.h"
#include "purchase_fixture.h"

static const struct gamma_gamma truth = { 5, 4, 30 };

/* Of 1 to 8 purchases; to the cent. */
static struct spending *random_spendings(uint64_t seed, const struct gamma_gamma *model, size_t n) {
    struct spending *spendings = xcalloc(n, sizeof *spendings);
    for (size_t i = 0; i < n; i++) {
        double x = 1 + (double)random_below(&seed, 8), rate = random_gamma(&seed, model->q) / model->v;
        spendings[i] = (struct spending){ x, fmax(0.01, round(random_gamma(&seed, model->p * x) / rate / x * 100) / 100) };
    }
    return spendings;
}

static struct gamma_gamma_fit learn(const struct spending *spendings, size_t n, double penalty, double q_min) {
    struct gamma_gamma_fit fit;
    struct error error;
    if (!gamma_gamma_fit(spendings, n, penalty, q_min, &fit, &error))
        fail_msg("%s", error.text);
    return fit;
}

static bool warns(const struct gamma_gamma_fit *fit, enum fit_warning_code code) {
    for (int i = 0; i < fit->warnings.n; i++)
        if (fit->warnings.list[i].code == code)
            return true;
    return false;
}

static void derivatives_are_those_of_the_values(void **state) {
    (void)state;
    struct spent rows[300];
    struct spendings spendings = { 300, rows };
    uint64_t seed = 1;
    for (int i = 0; i < 300; i++) {
        double x = 1 + i / 50 * 40, m = exp(10 * random_unit(&seed) - 3);
        rows[i] = (struct spent){ x, x * m, log(x * m), log(m) };
    }
    static const double parameters[][PARAMETERS_MAX] = { { 6, 4, 15 }, { 0.3, 0.5, 2000 }, { 40, 900, 0.1 }, { 1, 1, 1 } };
    struct problem problem = { .n = 3, .log_likelihood = gamma_gamma_log_likelihood, .data = &spendings };
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        check_derivatives(&problem, parameters[i], 1e-8);
    struct curve curve = { 0 };
    gamma_gamma_log_likelihood(&spendings, parameters[0], DEPTH_VALUE, &curve);
    double wanted = 0; /* as the paper has it */
    for (int i = 0; i < 300; i++) {
        double x = rows[i].x, p = 6, q = 4, v = 15, m = exp(rows[i].log_m);
        wanted += lgamma(p * x + q) - lgamma(p * x) - lgamma(q) + q * log(v) + (p * x - 1) * log(m) + p * x * log(x) -
                  (p * x + q) * log(x * m + v);
    }
    assert_close(curve.value, wanted, 1e-12);
}

static void parameters_are_recovered(void **state) {
    (void)state;
    static const struct gamma_gamma truths[] = { { 5, 4, 30 }, { 0.9, 2.5, 400 }, { 20, 12, 3 } };
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) {
        struct spending *spendings = random_spendings(10 + i, &truths[i], 8000);
        struct gamma_gamma_fit fit = learn(spendings, 8000, 0, 0);
        assert_true(fabs(fit.model.p - truths[i].p) < 3.5 * fit.standard_errors[0] && fit.standard_errors[0] < truths[i].p / 5);
        assert_true(fabs(fit.model.q - truths[i].q) < 3.5 * fit.standard_errors[1] && fit.standard_errors[1] < truths[i].q / 5);
        assert_true(fabs(fit.model.v - truths[i].v) < 3.5 * fit.standard_errors[2] && fit.standard_errors[2] < truths[i].v / 5);
        assert_close(fit.mean, truths[i].p * truths[i].v / (truths[i].q - 1), 0.05);
        assert_true(fit.warnings.n == 0 && fit.customers == 8000);
        free(spendings);
    }
}

static void order_and_currency_do_not_matter(void **state) {
    (void)state;
    struct spending *spendings = random_spendings(20, &truth, 1000), *others = xcalloc(1000, sizeof *others);
    struct gamma_gamma_fit fit = learn(spendings, 1000, 0, 0);
    for (int i = 0; i < 1000; i++)
        others[i] = spendings[999 - i];
    struct gamma_gamma_fit other = learn(others, 1000, 0, 0);
    assert_memory_equal(&fit.model, &other.model, sizeof fit.model);
    for (int i = 0; i < 1000; i++)
        others[i].m *= 100;
    other = learn(others, 1000, 0, 0);
    assert_close(other.model.p, fit.model.p, 1e-8);
    assert_close(other.model.q, fit.model.q, 1e-8);
    assert_close(other.model.v, 100 * fit.model.v, 1e-8);
    free(spendings);
    free(others);
}

static void who_is_left_out(void **state) {
    (void)state;
    struct spending *spendings = random_spendings(30, &truth, 1000);
    struct gamma_gamma_fit without = learn(spendings + 20, 980, 0, 0);
    for (int i = 0; i < 10; i++) {
        spendings[i] = (struct spending){ 0, i == 0 ? NAN : 5 }; /* nothing is known of their value */
        spendings[10 + i].m = 0;
    }
    struct gamma_gamma_fit fit = learn(spendings, 1000, 0, 0);
    assert_memory_equal(&fit.model, &without.model, sizeof fit.model);
    assert_true(fit.customers == 980 && fit.without_purchases == 10 && fit.without_value == 10);
    assert_true(fit.warnings.n == 1 && warns(&fit, FIT_ZERO_VALUES));
    free(spendings);
}

/* The penalty is on the parameters in the values' own unit, so it draws v, and with it q, down to where there is no mean. */
static void a_q_without_a_mean(void **state) {
    (void)state;
    static const struct gamma_gamma dear = { 5, 4, 300 };
    struct spending *spendings = random_spendings(40, &dear, 3000);
    struct gamma_gamma_fit fit = learn(spendings, 3000, 0.01, 0), held = learn(spendings, 3000, 0.01, 1.5);
    assert_true(fit.model.q < 1 && fit.mean == INFINITY && warns(&fit, FIT_NO_MEAN) && fit.warnings.n == 1);
    assert_true(held.model.q == 1.5 && isfinite(held.mean) && warns(&held, FIT_HELD) && !warns(&held, FIT_NO_MEAN));
    assert_true(!warns(&held, FIT_RUNNING_OFF) && warns(&held, FIT_NO_STANDARD_ERRORS) && held.warnings.n == 2);
    struct gamma_gamma_fit loose = learn(spendings, 3000, 0, 1.5), unbound = learn(spendings, 3000, 0, 0);
    assert_close(loose.model.q, unbound.model.q, 1e-9);
    assert_int_equal(loose.warnings.n, 0);
    free(spendings);
}

static void check_finite(const struct gamma_gamma_fit *fit) {
    assert_true(isfinite(fit->model.p) && isfinite(fit->model.q) && isfinite(fit->model.v) && isfinite(fit->log_likelihood));
    assert_true(!warns(fit, FIT_NOT_CONVERGED));
}

static void who_tells_nothing(void **state) {
    (void)state;
    static const double values[] = { 0.01, 1, 49.9, 1e15 };
    for (size_t k = 0; k < sizeof values / sizeof *values; k++)
        for (size_t n = 1; n <= 5000; n *= 5000) {
            struct spending *spendings = xcalloc(n, sizeof *spendings);
            for (size_t i = 0; i < n; i++)
                spendings[i] = (struct spending){ 3, values[k] };
            struct gamma_gamma_fit fit = learn(spendings, n, 0, 0);
            check_finite(&fit);
            assert_true(warns(&fit, FIT_RUNNING_OFF) && warns(&fit, FIT_NO_STANDARD_ERRORS));
            assert_true(warns(&fit, FIT_FEW_REPEATERS) == (n < 30));
            assert_close(gamma_gamma_mean(&fit.model, 3, values[k]), values[k], 0.01);
            free(spendings);
        }
}

static void odd_handfuls(void **state) {
    (void)state;
    uint64_t seed = 50;
    for (int round = 0; round < 500; round++) {
        struct spending spendings[10];
        size_t n = (size_t)(1 + random_below(&seed, 10));
        for (size_t i = 0; i < n; i++)
            spendings[i] =
                (struct spending){ floor(exp(13 * random_unit(&seed) * random_unit(&seed))), exp(40 * random_unit(&seed) - 6) };
        spendings[0].x = 1;
        struct gamma_gamma_fit fit =
            learn(spendings, n, random_below(&seed, 2) == 0 ? 0 : 0.01, random_below(&seed, 2) == 0 ? 0 : 1.1);
        check_finite(&fit);
    }
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    static const struct {
        struct spending spending;
        const char *error;
    } cases[] = {
        { { NAN, 5 }, "customer 2: NaN (x = nan, m = 5)" },
        { { 2, NAN }, "customer 2: NaN (x = 2, m = nan)" },
        { { -2, 5 }, "customer 2: negative (x = -2, m = 5)" },
        { { 2, -5 }, "customer 2: negative (x = 2, m = -5)" },
        { { 2, INFINITY }, "customer 2: a value too large to be believed (x = 2, m = inf)" },
        { { 2, 1e16 }, "customer 2: a value too large to be believed (x = 2, m = 1e+16)" },
        { { 1e7, 5 }, "customer 2: more purchases than can be believed (x = 1e+07, m = 5)" },
        { { 2.5, 5 }, "customer 2: purchases are no whole number (x = 2.5, m = 5)" },
    };
    struct gamma_gamma_fit fit;
    struct error error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct spending spendings[] = { { 1, 1 }, cases[i].spending };
        assert_false(gamma_gamma_fit(spendings, 2, 0, 0, &fit, &error));
        assert_string_equal(error.text, cases[i].error);
    }
    const struct spending nobody[] = { { 0, 0 }, { 3, 0 } };
    assert_false(gamma_gamma_fit(nobody, 2, 0, 0, &fit, &error));
    assert_string_equal(error.text, "none of 2 customers has purchases of any value: there is nothing to learn from");
    assert_false(gamma_gamma_fit(nobody, 0, 0, 0, &fit, &error));
    assert_false(gamma_gamma_fit(nobody, 2, -1, 0, &fit, &error));
    assert_false(gamma_gamma_fit(nobody, 2, NAN, 0, &fit, &error));
    assert_false(gamma_gamma_fit(nobody, 2, 0, 1, &fit, &error));
    assert_string_equal(error.text, "a least q of 1 does not lie above 1 and below 1e+06");
    assert_false(gamma_gamma_fit(nobody, 2, 0, NAN, &fit, &error));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_are_those_of_the_values),
        cmocka_unit_test(parameters_are_recovered),
        cmocka_unit_test(order_and_currency_do_not_matter),
        cmocka_unit_test(who_is_left_out),
        cmocka_unit_test(a_q_without_a_mean),
        cmocka_unit_test(who_tells_nothing),
        cmocka_unit_test(odd_handfuls),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
