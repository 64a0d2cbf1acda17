/* Purchase models learned from customers who tell little or nothing. */
#include "purchase_fit_fixture.h"

static void no_dropout_is_said(void **state) {
    (void)state;
    const struct purchase_model nbd = { PURCHASE_BGNBD, { 3, 70, 0, 0 } };
    struct history *histories = random_histories(42, &nbd, 3000, 150, 1.0 / 7);
    for (int i = 0; i < 3000; i++) /* as FLO's: all have bought within the last year */
        histories[i].tx = histories[i].x > 0 ? fmax(histories[i].tx, histories[i].T - 52) : 0;
    for (enum purchase_model_type k = 0; k <= PURCHASE_PARETO; k++) {
        struct purchase_fit fit = learn_purchases(k, histories, 3000, 0);
        const double *p = fit.model.parameters;
        assert_true(is_warned_of(&fit.warnings, FIT_NO_DROPOUT) && fit.warnings.n == 1);
        assert_true(p[2] == 0 && p[3] == 0 && isnan(fit.standard_errors[2]) && isnan(fit.standard_errors[3]));
        assert_true(fabs(p[0] - 3) < 3.5 * fit.standard_errors[0] && fabs(p[1] - 70) < 3.5 * fit.standard_errors[1]);
        assert_true(fit.log_likelihood == fit.nbd_log_likelihood);
        const struct forecast_plan plan = { .n_horizons = 1, .horizons = { 12 }, .month = 4, .months = 3 };
        struct forecast forecast;
        forecast_customer(&fit.model, &(struct history){ 4, 3, 90 }, &plan, &forecast);
        assert_true(forecast.p_alive == 1);
        assert_close(forecast.purchases[0], (p[0] + 4) * 12 / (p[1] + 90), 1e-14);
        assert_close(forecast.discounted, forecast.purchases[0], 1e-14);
    }
    free(histories);
}

/* With so few the likelihood rises by less than chance alone would make it. */
static void dropout_may_be_uncertain(void **state) {
    (void)state;
    const struct purchase_model nbd = { PURCHASE_BGNBD, { 1.5, 20, 0, 0 } };
    int certain = 0, uncertain = 0, none = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct history *histories = random_histories(500 + seed, &nbd, 300, 60, 0);
        struct purchase_fit fit = learn_purchases(PURCHASE_BGNBD, histories, 300, 0);
        double gain = fit.log_likelihood - fit.nbd_log_likelihood;
        assert_true(is_warned_of(&fit.warnings, FIT_DROPOUT_UNCERTAIN) == (gain > 0 && gain < 2));
        assert_true(is_warned_of(&fit.warnings, FIT_NO_DROPOUT) == (gain == 0));
        none += gain == 0;
        uncertain += gain > 0 && gain < 2;
        certain += gain >= 2;
        free(histories);
    }
    assert_true(none >= 10 && uncertain >= 3 && certain <= 4); /* of 40 */
}

/* One in 1,600 leaves after a purchase: the sample of the rows that tells where to look has nothing of it. */
static void a_little_dropout_is_found_among_many(void **state) {
    (void)state;
    const struct purchase_model little = {
        PURCHASE_MBGNBD, { 1.3843373319296379, 28.362392449330514, 0.0072595849506230147, 11.708579134561329 }
    };
    struct history *histories = random_histories(UINT64_C(1894724025689409451), &little, 30000, 60, 0);
    struct purchase_fit fit = learn_purchases(PURCHASE_MBGNBD, histories, 30000, 0);
    assert_true(fit.log_likelihood - fit.nbd_log_likelihood > 0.9);
    assert_true(is_warned_of(&fit.warnings, FIT_DROPOUT_UNCERTAIN));
    free(histories);
}

/* Hardly anybody comes back, and everybody's times differ: a sample of the rows would have next to no purchase. */
static void rare_repeaters_among_many(void **state) {
    (void)state;
    const struct purchase_model rare = { PURCHASE_BGNBD, { 0.002, 6, 0, 0 } };
    struct history *histories = random_histories(62, &rare, 30000, 60, 0);
    for (enum purchase_model_type k = 0; k <= PURCHASE_PARETO; k++) {
        struct purchase_fit fit = learn_purchases(k, histories, 30000, 0);
        const double *p = fit.model.parameters, *errors = fit.standard_errors;
        assert_true(fit.repeaters > 40 && fit.repeaters < 300 && !is_warned_of(&fit.warnings, FIT_NOT_CONVERGED));
        assert_true(isnan(errors[0]) || (fabs(p[0] - 0.002) < 3.5 * errors[0] && fabs(p[1] - 6) < 3.5 * errors[1]));
        assert_true(p[0] > 0.0005 && p[0] < 0.01);
    }
    free(histories);
}

static void fit_of_all_alike(enum purchase_model_type type, struct history history, size_t n) {
    struct history *histories = xcalloc(n, sizeof *histories);
    for (size_t i = 0; i < n; i++)
        histories[i] = history;
    struct purchase_fit fit = learn_purchases(type, histories, n, 0);
    const struct forecast_plan plan = { .n_horizons = 1, .horizons = { 12 }, .month = 4, .months = 3, .discount = 0.01 };
    struct forecast forecast;
    forecast_customer(&fit.model, &history, &plan, &forecast);
    assert_true(isfinite(forecast.purchases[0]) && isfinite(forecast.discounted) && forecast.p_alive >= 0 &&
                forecast.p_alive <= 1);
    for (int i = 0; i < PURCHASE_PARAMETERS; i++)
        assert_true(isfinite(fit.model.parameters[i]) && isnan(fit.standard_errors[i]));
    assert_true(is_warned_of(&fit.warnings, FIT_RUNNING_OFF) && is_warned_of(&fit.warnings, FIT_NO_STANDARD_ERRORS));
    assert_true(is_warned_of(&fit.warnings, FIT_FEW_REPEATERS) == (n < 40));
    assert_true(!is_warned_of(&fit.warnings, FIT_NOT_CONVERGED));
    free(histories);
}

static void customers_who_are_all_alike(void **state) {
    (void)state;
    for (enum purchase_model_type k = 0; k <= PURCHASE_PARETO; k++) {
        fit_of_all_alike(k, (struct history){ 3, 20, 30 }, 1);
        fit_of_all_alike(k, (struct history){ 3, 20, 30 }, 5000);
        fit_of_all_alike(k, (struct history){ 3, 30, 30 }, 100);
        fit_of_all_alike(k, (struct history){ 1, 0, 30 }, 100);
        fit_of_all_alike(k, (struct history){ 221, 103.42857, 103.57143 }, 100);
        fit_of_all_alike(k, (struct history){ 1000000, 29, 30 }, 2);
    }
}

static void who_cannot_be_learned_from(void **state) {
    (void)state;
    struct history histories[100];
    struct purchase_fit fit;
    struct error error;
    for (int i = 0; i < 100; i++)
        histories[i] = (struct history){ 0, 0, 1 + i };
    for (enum purchase_model_type k = 0; k <= PURCHASE_PARETO; k++) {
        assert_false(purchase_fit(k, histories, 100, 0, &fit, &error));
        assert_string_equal(error.text, "none of 100 customers has bought again: there is no rate to learn");
        assert_false(purchase_fit(k, histories, 0, 0, &fit, &error));
        assert_string_equal(error.text, "there is no customer to learn from");
    }
    histories[0] = (struct history){ 2, 1, 1 };
    histories[99] = (struct history){ 1, NAN, 5 };
    assert_false(purchase_fit(PURCHASE_BGNBD, histories, 100, 0, &fit, &error));
    assert_string_equal(error.text, "customer 100: NaN (x = 1, tx = nan, T = 5)");
    assert_true(purchase_fit(PURCHASE_BGNBD, histories, 99, 0, &fit, &error));
    assert_true(is_warned_of(&fit.warnings, FIT_FEW_REPEATERS));
    assert_string_equal(fit.warnings.list[0].detail, "1 of 99 customers");
}

/* Random handfuls of customers of every odd kind: always an answer, and finite forecasts. */
static void odd_handfuls(void **state) {
    (void)state;
    uint64_t seed = 71;
    for (int round = 0; round < 600; round++) {
        struct history histories[12];
        size_t n = (size_t)(1 + random_below(&seed, 12));
        for (size_t i = 0; i < n; i++) {
            double T = exp(30 * random_unit(&seed) - 5), x = i == 0 ? 1 : (double)random_below(&seed, 3);
            if (random_below(&seed, 5) == 0)
                x = floor(exp(10 * random_unit(&seed)));
            double tx = x == 0 ? 0 : random_below(&seed, 3) == 0 ? T : random_below(&seed, 3) == 0 ? 0 : T * random_unit(&seed);
            histories[i] = (struct history){ x, tx, T };
        }
        enum purchase_model_type type = (enum purchase_model_type)random_below(&seed, 3);
        struct purchase_fit fit = learn_purchases(type, histories, n, random_below(&seed, 2) == 0 ? 0 : 0.001);
        const struct forecast_plan plan = { .n_horizons = 1, .horizons = { 12 }, .month = 4, .months = 3, .discount = 0.01 };
        struct forecast forecast;
        assert_true(isfinite(fit.log_likelihood) && fit.warnings.n >= 1 && is_warned_of(&fit.warnings, FIT_FEW_REPEATERS));
        for (size_t i = 0; i < n; i++) {
            forecast_customer(&fit.model, &histories[i], &plan, &forecast);
            assert_true(isfinite(forecast.purchases[0]) && forecast.purchases[0] >= 0 && isfinite(forecast.discounted));
            assert_true(forecast.p_alive >= 0 && forecast.p_alive <= 1);
        }
    }
}

/* FLO has one such customer: prefix tables and quadrature, not lgamma and 2F1. */
static void the_customer_of_221_purchases(void **state) {
    (void)state;
    const struct history busy = { 221, 103.42857, 103.57143 };
    for (enum purchase_model_type k = 0; k <= PURCHASE_PARETO; k++) {
        struct history *histories = random_histories(81, &truths[k], 2000, 100, 1.0 / 7);
        histories[7] = busy;
        struct purchase_fit fit = learn_purchases(k, histories, 2000, 0);
        const struct forecast_plan plan = { .n_horizons = 1, .horizons = { 26 }, .month = 4, .months = 3 };
        struct forecast forecast;
        forecast_customer(&fit.model, &busy, &plan, &forecast);
        assert_true(forecast.p_alive > 0.9 && forecast.p_alive <= 1);
        assert_true(forecast.purchases[0] > 35 && forecast.purchases[0] < 56);
        assert_int_equal(fit.warnings.n, 0);
        free(histories);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_dropout_is_said),
        cmocka_unit_test(dropout_may_be_uncertain),
        cmocka_unit_test(a_little_dropout_is_found_among_many),
        cmocka_unit_test(rare_repeaters_among_many),
        cmocka_unit_test(customers_who_are_all_alike),
        cmocka_unit_test(who_cannot_be_learned_from),
        cmocka_unit_test(odd_handfuls),
        cmocka_unit_test(the_customer_of_221_purchases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
