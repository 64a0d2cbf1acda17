/* Purchase models learned from customers whose parameters are known, and what they expect. */
#include "obek/bgnbd.h"
#include "purchase_fit_fixture.h"

static void parameters_are_recovered(void **state) {
    (void)state;
    for (enum purchase_model_type k = 0; k <= PURCHASE_PARETO; k++) {
        struct history *histories = random_histories(11, &truths[k], 6000, 60, 1.0 / 7);
        struct purchase_fit fit = learn_purchases(truths[k].type, histories, 6000, 0);
        for (int i = 0; i < PURCHASE_PARAMETERS; i++) {
            double off = fabs(fit.model.parameters[i] - truths[k].parameters[i]) / fit.standard_errors[i];
            if (!(off < 3.5 && fit.standard_errors[i] < truths[k].parameters[i]))
                fail_msg("%s, %s: %g, %g (%g) learned", purchase_model_name(truths[k].type),
                         purchase_parameter_name(truths[k].type, i), truths[k].parameters[i], fit.model.parameters[i],
                         fit.standard_errors[i]);
        }
        assert_int_equal(fit.warnings.n, 0);
        assert_true(fit.customers == 6000 && fit.repeaters > 1000 && fit.log_likelihood > fit.nbd_log_likelihood + 50);
        free(histories);
    }
}

/* Twenty small samples: the standard errors are those of the estimates. */
static void standard_errors_are_honest(void **state) {
    (void)state;
    enum { SAMPLES = 40, CUSTOMERS = 1500 };
    double square[2] = { 0 };
    for (uint64_t i = 0; i < SAMPLES; i++) {
        struct history *histories = random_histories(100 + i, &truths[0], CUSTOMERS, 60, 1.0 / 7);
        struct purchase_fit fit = learn_purchases(PURCHASE_BGNBD, histories, CUSTOMERS, 0);
        for (int k = 0; k < 2; k++) {
            double off = (fit.model.parameters[k] - truths[0].parameters[k]) / fit.standard_errors[k];
            square[k] += off * off / SAMPLES;
        }
        free(histories);
    }
    for (int k = 0; k < 2; k++)
        assert_true(square[k] > 0.5 && square[k] < 1.7); /* 1, with a deviation of 0.22 */
}

/* What the models expect is what happens: mean purchases, and the share alive, of customers sorted into four by P(alive). */
static void forecasts_come_true(void **state) {
    (void)state;
    enum { CUSTOMERS = 40000, GROUPS = 4 };
    const struct forecast_plan plan = { .n_horizons = 2, .horizons = { 10, 30 }, .month = 5, .months = 6 };
    for (enum purchase_model_type k = 0; k <= PURCHASE_PARETO; k++) {
        double expected[GROUPS] = { 0 }, happened[GROUPS] = { 0 }, alive[GROUPS] = { 0 }, were[GROUPS] = { 0 }, n[GROUPS] = { 0 };
        uint64_t seed = 5;
        for (int i = 0; i < CUSTOMERS; i++) {
            struct forecast forecast;
            bool lives;
            int bought;
            struct history history = random_history(&seed, &truths[k], 20 + 20 * random_unit(&seed), 30, &lives, &bought);
            forecast_customer(&truths[k], &history, &plan, &forecast);
            assert_true(forecast.purchases[0] < forecast.purchases[1] && forecast.p_alive >= 0 && forecast.p_alive <= 1);
            assert_close(forecast.discounted, forecast.purchases[1], 1e-12); /* no discount */
            int group = (int)fmin(GROUPS - 1, forecast.p_alive * GROUPS);
            n[group]++;
            expected[group] += forecast.purchases[1];
            happened[group] += bought;
            alive[group] += forecast.p_alive;
            were[group] += lives;
        }
        for (int g = 0; g < GROUPS; g++) {
            assert_true(n[g] > 500);
            assert_near(alive[g] / n[g], were[g] / n[g], 3 * 0.5 / sqrt(n[g]));
            assert_near(happened[g] / expected[g], 1, 8 / sqrt(n[g]));
        }
    }
}

static void a_discount_is_taken_month_by_month(void **state) {
    (void)state;
    for (enum purchase_model_type k = 0; k <= PURCHASE_PARETO; k++) {
        const struct history history = { 3, 20, 26 };
        struct forecast_plan plan = { .n_horizons = 4, .month = 4.345, .months = 4, .discount = 0.02 };
        struct forecast forecast;
        for (int i = 0; i < 4; i++)
            plan.horizons[i] = 4.345 * (i + 1);
        forecast_customer(&truths[k], &history, &plan, &forecast);
        double sum = 0;
        for (int i = 0; i < 4; i++)
            sum += (forecast.purchases[i] - (i > 0 ? forecast.purchases[i - 1] : 0)) / pow(1.02, i + 1);
        assert_close(forecast.discounted, sum, 1e-13);
    }
}

static void the_core_serves_the_same(void **state) {
    (void)state;
    const struct bgnbd core = { 0.8, 9, 0.9, 2.5 };
    const struct forecast_plan plan = { .n_horizons = 1, .horizons = { 12 }, .month = 4.345, .months = 1 };
    struct forecast forecast;
    for (int x = 0; x < 30; x++) {
        const struct history history = { x, x > 0 ? 17 : 0, 26 };
        forecast_customer(&truths[0], &history, &plan, &forecast);
        assert_true(forecast.p_alive == bgnbd_p_alive(&core, x, history.tx, 26));
        assert_true(forecast.purchases[0] == forecast.p_alive * bgnbd_purchases_alive(&core, 12, x, 26));
    }
}

/* Under the MBG/NBD somebody who has never come back may have left; under the BG/NBD not. */
static void who_never_came_back(void **state) {
    (void)state;
    const struct forecast_plan plan = { .month = 4, .months = 1 };
    const struct history history = { 0, 0, 26 };
    struct forecast forecast;
    forecast_customer(&truths[0], &history, &plan, &forecast);
    assert_true(forecast.p_alive == 1);
    forecast_customer(&truths[1], &history, &plan, &forecast); /* 1 / (1 + a / b ((alpha + T) / alpha)^r) */
    assert_close(forecast.p_alive, 1 / (1 + 0.8 / 3 * pow(36.0 / 10, 1.2)), 1e-14);
    forecast_customer(&truths[2], &history, &plan, &forecast);
    assert_true(forecast.p_alive > 0 && forecast.p_alive < 0.7);
}

static void order_copies_and_units_do_not_matter(void **state) {
    (void)state;
    enum { N = 1000 };
    struct history *histories = random_histories(21, &truths[0], N, 60, 0), *others = xcalloc(3 * N, sizeof *others);
    for (enum purchase_model_type k = 0; k <= PURCHASE_PARETO; k++) {
        struct purchase_fit fit = learn_purchases(k, histories, N, 0);
        for (int i = 0; i < N; i++)
            others[i] = histories[N - 1 - i];
        struct purchase_fit other = learn_purchases(k, others, N, 0);
        assert_memory_equal(&fit.model, &other.model, sizeof fit.model);
        for (int i = 0; i < 3 * N; i++)
            others[i] = histories[i % N];
        other = learn_purchases(k, others, (size_t)3 * N, 0);
        for (int i = 0; i < PURCHASE_PARAMETERS; i++) {
            assert_close(other.model.parameters[i], fit.model.parameters[i], 1e-8);
            assert_close(other.standard_errors[i], fit.standard_errors[i] / sqrt(3), 1e-6);
        }
        assert_close(other.log_likelihood, 3 * fit.log_likelihood, 1e-12);
        for (int i = 0; i < N; i++)
            others[i] = (struct history){ histories[i].x, histories[i].tx * 7, histories[i].T * 7 };
        other = learn_purchases(k, others, N, 0);
        assert_close(other.model.parameters[0], fit.model.parameters[0], 1e-8);
        assert_close(other.model.parameters[1], 7 * fit.model.parameters[1], 1e-8);
        assert_close(other.model.parameters[3], (k == PURCHASE_PARETO ? 7 : 1) * fit.model.parameters[3], 1e-8);
        assert_close(other.standard_errors[1], 7 * fit.standard_errors[1], 1e-6);
    }
    free(histories);
    free(others);
}

/* At a minimum of the penalised objective no parameter can be moved to a lower one; times in units of the largest T. */
static void a_penalty_draws_parameters_in(void **state) {
    (void)state;
    struct history *histories = random_histories(31, &truths[0], 800, 60, 0);
    struct purchase_fit free_fit = learn_purchases(PURCHASE_BGNBD, histories, 800, 0),
                        fit = learn_purchases(PURCHASE_BGNBD, histories, 800, 0.01);
    double largest = 0, unscaled = 0, scaled = 0;
    for (int i = 0; i < 800; i++)
        largest = fmax(largest, histories[i].T);
    for (int i = 0; i < PURCHASE_PARAMETERS; i++) {
        double unit = i == 1 ? largest : 1;
        unscaled += pow(free_fit.model.parameters[i] / unit, 2);
        scaled += pow(fit.model.parameters[i] / unit, 2);
    }
    assert_true(scaled < unscaled && fit.log_likelihood < free_fit.log_likelihood);
    assert_true(-fit.log_likelihood / 800 + 0.01 * scaled < -free_fit.log_likelihood / 800 + 0.01 * unscaled);
    struct error error;
    assert_false(purchase_fit(PURCHASE_BGNBD, histories, 800, -1, &fit, &error));
    assert_false(purchase_fit(PURCHASE_BGNBD, histories, 800, NAN, &fit, &error));
    assert_string_equal(error.text, "a penalty of nan is not a number that is 0 or more");
    free(histories);
}

static void names(void **state) {
    (void)state;
    assert_string_equal(purchase_model_name(PURCHASE_MBGNBD), "mbgnbd");
    assert_string_equal(purchase_parameter_name(PURCHASE_PARETO, 3), "beta");
    for (enum fit_warning_code code = 0; code <= FIT_EQUAL_CUTS; code++)
        assert_true(strlen(fit_warning_name(code)) > 0 && strlen(fit_warning_meaning(code)) > 0 &&
                    strlen(fit_warning_advice(code)) > 0);
    assert_string_equal(fit_warning_name(FIT_NO_DROPOUT), "no_dropout");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_recovered),
        cmocka_unit_test(standard_errors_are_honest),
        cmocka_unit_test(forecasts_come_true),
        cmocka_unit_test(a_discount_is_taken_month_by_month),
        cmocka_unit_test(the_core_serves_the_same),
        cmocka_unit_test(who_never_came_back),
        cmocka_unit_test(order_copies_and_units_do_not_matter),
        cmocka_unit_test(a_penalty_draws_parameters_in),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
