/* Likelihoods of purchase histories: grouping, derivatives against differences, values against many digits. */
#include "../../trainer/purchase_likelihood.h"
#include "purchase_fixture.h"

static log_likelihood *const models[] = {
    [PURCHASE_BGNBD] = bgnbd_log_likelihood, [PURCHASE_MBGNBD] = mbgnbd_log_likelihood, [PURCHASE_PARETO] = pareto_log_likelihood
};
enum { MODELS = 3 };

static struct tally tally_of(const struct history *histories, size_t n) {
    struct tally tally;
    struct error error;
    if (!tally_init(&tally, histories, n, &error))
        fail_msg("%s", error.text);
    return tally;
}

static void equal_customers_are_one_row(void **state) {
    (void)state;
    static const struct history histories[] = { { 2, 3, 10 }, { 0, 0, 4 },    { 2, 3, 10 }, { 1, 0, 4 },
                                                { 0, 0, 4 },  { 0, -0.0, 4 }, { 2, 5, 10 }, { 5, 8, 8 } };
    struct tally tally = tally_of(histories, 8);
    assert_int_equal(tally.n_rows, 5);
    static const struct tally_row rows[] = { { 0, 0, 2, 3 }, { 1, 0, 2, 1 }, { 2, 1, 5, 2 }, { 2, 3, 5, 1 }, { 5, 4, 4, 1 } };
    static const double times[] = { 0, 3, 4, 5, 8, 10 }, above[] = { 5, 4, 1, 1, 1 };
    for (int i = 0; i < 5; i++)
        assert_memory_equal(&tally.rows[i], &rows[i], sizeof rows[i]);
    assert_int_equal(tally.n_times, 6);
    for (int i = 0; i < 6; i++)
        assert_true(tally.times[i] == times[i] / 10);
    assert_int_equal(tally.x_max, 5);
    for (int i = 0; i < 5; i++)
        assert_true(tally.above[i] == above[i]);
    assert_true(tally.customers == 8 && tally.repeaters == 5 && tally.purchases == 12 && tally.time_unit == 10);
    assert_true(tally.customers_at[2] == 4 && tally.purchases_at[2] == 1 && tally.customers_at[5] == 3 &&
                tally.purchases_at[5] == 6);
    tally_free(&tally);
    assert_null(tally.rows);
}

static void many_customers_are_grouped_right(void **state) {
    (void)state;
    struct purchase_model model = { PURCHASE_BGNBD, { 0.8, 10, 0.7, 2 } };
    struct history *histories = random_histories(1, &model, 20000, 50, 1);
    struct tally tally = tally_of(histories, 20000);
    double customers = 0, tx = 0, T = 0, tx_wanted = 0, T_wanted = 0;
    for (int i = 0; i < 20000; i++) {
        tx_wanted += histories[i].tx;
        T_wanted += histories[i].T;
    }
    for (uint32_t i = 0; i < tally.n_rows; i++) {
        const struct tally_row *row = &tally.rows[i], *before = row - 1;
        customers += row->customers;
        tx += row->customers * tally.times[row->tx] * tally.time_unit;
        T += row->customers * tally.times[row->T] * tally.time_unit;
        assert_true(i == 0 || before->x < row->x ||
                    (before->x == row->x && (before->T < row->T || (before->T == row->T && before->tx < row->tx))));
    }
    assert_true(customers == 20000 && tally.n_rows < 10000);
    assert_close(tx, tx_wanted, 1e-12);
    assert_close(T, T_wanted, 1e-12);
    struct tally part;
    tally_init_sample(&part, &tally, 3);
    assert_int_equal(part.n_rows, (tally.n_rows + 1) / 3);
    assert_memory_equal(&part.rows[7], &tally.rows[22], sizeof part.rows[7]);
    assert_true(part.customers < customers && part.above[0] == part.repeaters);
    tally_free(&part);
    tally_free(&tally);
    free(histories);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    static const struct {
        struct history history;
        const char *error;
    } cases[] = {
        { { NAN, 0, 1 }, "customer 2: NaN (x = nan, tx = 0, T = 1)" },
        { { 1, NAN, 1 }, "customer 2: NaN (x = 1, tx = nan, T = 1)" },
        { { 1, 0, NAN }, "customer 2: NaN (x = 1, tx = 0, T = nan)" },
        { { -1, 0, 1 }, "customer 2: negative (x = -1, tx = 0, T = 1)" },
        { { 1, -1, 1 }, "customer 2: negative (x = 1, tx = -1, T = 1)" },
        { { 1, 0, -1 }, "customer 2: negative (x = 1, tx = 0, T = -1)" },
        { { INFINITY, 0, 1 }, "customer 2: more purchases than can be believed (x = inf, tx = 0, T = 1)" },
        { { 1e7, 0, 1 }, "customer 2: more purchases than can be believed (x = 1e+07, tx = 0, T = 1)" },
        { { 1.5, 0, 1 }, "customer 2: purchases are no whole number (x = 1.5, tx = 0, T = 1)" },
        { { 1, 0, INFINITY }, "customer 2: too old (x = 1, tx = 0, T = inf)" },
        { { 1, 0, 1e13 }, "customer 2: too old (x = 1, tx = 0, T = 1e+13)" },
        { { 1, 2, 1 }, "customer 2: the last purchase comes after the end (x = 1, tx = 2, T = 1)" },
        { { 0, 1, 1 }, "customer 2: a time of the last purchase, but no purchase (x = 0, tx = 1, T = 1)" },
    };
    struct tally tally;
    struct error error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct history histories[] = { { 1, 1, 2 }, cases[i].history };
        assert_false(tally_init(&tally, histories, 2, &error));
        assert_string_equal(error.text, cases[i].error);
    }
    assert_false(tally_init(&tally, NULL, 0, &error));
    assert_string_equal(error.text, "there is no customer to learn from");
    assert_false(tally_init(&tally, (struct history[]){ { 3, 0, 0 } }, 1, &error));
    assert_string_equal(error.text, "no customer has been one for any time: every T is 0");
    assert_false(tally_init(&tally, NULL, (size_t)HISTORIES_MAX + 1, &error));
}

static void derivatives_are_those_of_the_values(void **state) {
    (void)state;
    static const double parameters[][4] = {
        { 0.24, 0.11, 0.8, 2.4 }, { 3, 0.3, 0.05, 0.02 }, { 0.6, 0.27, 0.6, 0.3 },
        { 40, 9, 3, 900 },        { 0.05, 0.002, 7, 1 },  { 1, 2, 1, 2 },
    };
    struct purchase_model model = { PURCHASE_PARETO, { 0.9, 8, 0.7, 9 } };
    struct history *histories = random_histories(2, &model, 400, 40, 0);
    histories[0] = (struct history){ 221, 39.6, 39.7 };
    histories[1] = (struct history){ 60, 1, 40 };
    histories[2] = (struct history){ 3, 30, 30 }; /* bought at the end */
    histories[3] = (struct history){ 1, 0, 20 };  /* twice at once, then never */
    struct tally tally = tally_of(histories, 400);
    struct purchases purchases;
    purchases_init(&purchases, &tally);
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        struct problem problem = { .n = 2, .log_likelihood = nbd_log_likelihood, .data = &purchases };
        check_derivatives(&problem, parameters[i], 1e-8);
        problem.n = 4;
        for (int k = 0; k < MODELS; k++) {
            problem.log_likelihood = models[k];
            check_derivatives(&problem, parameters[i], 1e-8);
        }
    }
    purchases_free(&purchases);
    tally_free(&tally);
    free(histories);
}

/* Customer by customer, with lgamma, as the papers have it: fine for small x. */
static double plain_beta_log_likelihood(const double *p, const struct history *h, int first) {
    double r = p[0], alpha = p[1], a = p[2], b = p[3], x = h->x, k = x + first;
    double nbd = lgamma(r + x) - lgamma(r) + r * log(alpha) - (r + x) * log(alpha + h->T);
    double stayed = lgamma(b + k) - lgamma(b) + lgamma(a + b) - lgamma(a + b + k);
    double odds = k > 0 ? a / (b + k - 1) * pow((alpha + h->T) / (alpha + h->tx), r + x) : 0;
    return nbd + stayed + log1p(odds);
}

static void values_are_those_of_the_papers(void **state) {
    (void)state;
    struct purchase_model model = { PURCHASE_MBGNBD, { 0.9, 8, 0.7, 2 } };
    struct history *histories = random_histories(3, &model, 300, 40, 0.5);
    struct tally tally = tally_of(histories, 300);
    struct purchases purchases;
    purchases_init(&purchases, &tally);
    const double parameters[4] = { 0.7, 0.2, 0.4, 1.3 }; /* alpha in units of the largest T */
    const double unscaled[4] = { 0.7, 0.2 * tally.time_unit, 0.4, 1.3 };
    double wanted[2] = { 0 };
    for (int i = 0; i < 300; i++)
        for (int first = 0; first < 2; first++)
            wanted[first] += plain_beta_log_likelihood(unscaled, &histories[i], first);
    for (int first = 0; first < 2; first++) {
        struct curve curve = { 0 };
        models[first](&purchases, parameters, DEPTH_VALUE, &curve);
        assert_close(curve.value - tally.purchases * log(tally.time_unit), wanted[first], 1e-12);
    }
    purchases_free(&purchases);
    tally_free(&tally);
    free(histories);
}

/* The closed form, a difference of two 2F1, in 60 digits. */
static void odds_of_having_left_under_pareto(void **state) {
    (void)state;
    static const struct {
        double parameters[4];
        struct history history;
        double log_odds;
    } cases[] = {
        { { 0.5532755, 10.577612, 0.6062136, 11.667911 }, { 2, 30.43, 38.86 }, -1.8931890030923352 },
        { { 0.5532755, 10.577612, 0.6062136, 11.667911 }, { 0, 0, 38.86 }, 0.87075542275842902 },
        { { 0.55, 10.5, 0.6, 11.6 }, { 221, 103.42857, 103.57143 }, -7.0600993618195231 },
        { { 0.55, 10.5, 0.6, 11.6 }, { 221, 3, 104 }, 468.89795112121121 },
        { { 3, 80, 0.02, 0.001 }, { 5, 0.1, 500 }, 13.47063078716716 },
        { { 0.3, 0.01, 2, 300 }, { 0, 0, 200 }, 1.0768871044397574 },
        { { 1, 5, 1, 5 }, { 4, 2, 30 }, 7.8648040033284599 },
        { { 2, 400, 300, 900 }, { 9, 50, 51 }, -0.97837442540525742 },
        { { 900, 300, 500, 200 }, { 100, 30, 90 }, 282.0818040913192 },
        { { 0.05, 0.001, 0.0001, 2 }, { 1, 0.5, 1000 }, -2.212724977488711 },
    };
    struct curve l;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pareto_log_odds(cases[i].parameters, &cases[i].history, DEPTH_VALUE, &l);
        if (!(fabs(l.value - cases[i].log_odds) <= 1e-14 * (10 + fabs(cases[i].log_odds))))
            fail_msg("case %zu: %.17g instead of %.17g", i, l.value, cases[i].log_odds);
    }
    pareto_log_odds(cases[0].parameters, &(struct history){ 2, 30, 30 }, DEPTH_HESSIAN, &l);
    assert_true(l.value == -INFINITY && l.gradient[0] == 0);
}

/* Everybody has bought at the very end, or 10^6 times: finite at the corners of the search. */
static void nothing_overflows_within_the_bounds(void **state) {
    (void)state;
    static const struct history histories[] = {
        { 221, 103.42857, 103.57143 }, { 1000000, 90, 103 }, { 3, 0, 103 }, { 0, 0, 1e-9 }, { 1, 5, 5 }
    };
    static const double corners[] = { 1e-7, 1, 1e3 };
    struct tally tally = tally_of(histories, 5);
    struct purchases purchases;
    purchases_init(&purchases, &tally);
    for (int i = 0; i < 81; i++) {
        const double parameters[4] = { corners[i % 3], fmax(1e-6, corners[i / 3 % 3]), corners[i / 9 % 3],
                                       fmax(1e-6, corners[i / 27]) };
        for (int k = 0; k < MODELS; k++) {
            struct curve curve = { 0 };
            models[k](&purchases, parameters, DEPTH_HESSIAN, &curve);
            assert_true(isfinite(curve.value));
            for (int j = 0; j < 16; j++)
                assert_true(isfinite(curve.gradient[j / 4]) && isfinite(curve.hessian[j / 4][j % 4]));
        }
    }
    purchases_free(&purchases);
    tally_free(&tally);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_customers_are_one_row),         cmocka_unit_test(many_customers_are_grouped_right),
        cmocka_unit_test(what_cannot_be_is_refused),           cmocka_unit_test(derivatives_are_those_of_the_values),
        cmocka_unit_test(values_are_those_of_the_papers),      cmocka_unit_test(odds_of_having_left_under_pareto),
        cmocka_unit_test(nothing_overflows_within_the_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
