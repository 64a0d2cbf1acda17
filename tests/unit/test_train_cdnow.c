/* The published figures of the CDNOW sample (oracles, "CDNOW"), from the raw rows of ../shared. */
#include "train_fixture.h"

enum { CUSTOMERS = 2357 };

struct cdnow {
    bool rounded;
    int n;
    struct history histories[CUSTOMERS]; /* weeks */
    struct spending spendings[CUSTOMERS];
};

/* A customer while the rows are read, in order of date. */
struct reading {
    char id[16];
    long first, last, repeats, cents; /* days; repeat purchases, and their value */
};

static double weeks(const struct cdnow *cdnow, long days) {
    return cdnow->rounded ? round((double)days / 7 * 100) / 100 : (double)days / 7;
}

/* The calibration ends on 1997-09-30. The mean is of repeat purchases, in cents, half a cent up. */
static void close_customer(struct cdnow *cdnow, const struct reading *r) {
    if (r->id[0] == '\0')
        return;
    assert_true(cdnow->n < CUSTOMERS);
    double x = (double)r->repeats, T = weeks(cdnow, day_of(1997, 9, 30) - r->first);
    long mean = r->repeats > 0 ? (2 * r->cents + r->repeats) / (2 * r->repeats) : 0;
    cdnow->histories[cdnow->n] = (struct history){ x, x > 0 ? weeks(cdnow, r->last - r->first) : 0, T };
    cdnow->spendings[cdnow->n++] = (struct spending){ x, (double)mean / 100 };
}

/* Purchases of a day are one. */
static void add_purchase(struct reading *r, long day, long cents) {
    if (day != r->last) {
        r->repeats++;
        r->last = day;
    }
    if (r->last != r->first)
        r->cents += cents;
}

static struct cdnow *read_cdnow(bool rounded) {
    gzFile file = shared_file("data/CDNOW_sample.txt");
    struct cdnow *cdnow = xcalloc(1, sizeof *cdnow);
    struct reading reading = { "", 0, 0, 0, 0 };
    char line[128], id[16];
    cdnow->rounded = rounded;
    while (gzgets(file, line, sizeof line) != NULL) {
        int year, month, date;
        double value;
        assert_int_equal(sscanf(line, "%*s %15s %4d%2d%2d %*d %lf", id, &year, &month, &date, &value), 5);
        long day = day_of(year, month, date);
        if (strcmp(id, reading.id) != 0) {
            close_customer(cdnow, &reading);
            reading = (struct reading){ .first = day, .last = day };
            memcpy(reading.id, id, sizeof id);
        } else if (day <= day_of(1997, 9, 30)) {
            add_purchase(&reading, day, lround(value * 100));
        }
    }
    close_customer(cdnow, &reading);
    gzclose(file);
    assert_int_equal(cdnow->n, CUSTOMERS);
    return cdnow;
}

static void check_parameters(const struct purchase_fit *fit, const double *wanted, double tolerance) {
    for (int i = 0; i < PURCHASE_PARAMETERS; i++)
        if (!(fabs(fit->model.parameters[i] - wanted[i]) <= tolerance * wanted[i]))
            fail_msg("%s %.10g instead of %.10g", purchase_parameter_name(fit->model.type, i), fit->model.parameters[i],
                     wanted[i]);
}

static void bgnbd_parameters(void **state) {
    (void)state;
    struct cdnow *cdnow = read_cdnow(true);
    struct purchase_fit fit = learn_purchases(PURCHASE_BGNBD, cdnow->histories, CUSTOMERS, 0);
    check_parameters(&fit, (double[]){ 0.2425929, 4.4135312, 0.7928862, 2.4257533 }, 3e-7);
    /* where the gradient is zero to 25 digits' arithmetic: the published ones' last digits are off */
    check_parameters(&fit, (double[]){ 0.2425929072, 4.413531561, 0.7928861481, 2.425753436 }, 1e-9);
    assert_near(fit.log_likelihood, -9582.42556, 5e-6);
    static const double errors[] = { 0.0126, 0.378, 0.186, 0.705 };
    for (int i = 0; i < PURCHASE_PARAMETERS; i++)
        assert_near(fit.standard_errors[i], errors[i], i == 0 ? 5e-5 : 5e-4);
    assert_int_equal(fit.warnings.n, 0);
    free(cdnow);
}

static void bgnbd_parameters_of_exact_days(void **state) {
    (void)state;
    struct cdnow *cdnow = read_cdnow(false);
    struct purchase_fit fit = learn_purchases(PURCHASE_BGNBD, cdnow->histories, CUSTOMERS, 0);
    check_parameters(&fit, (double[]){ 0.2425945, 4.4136021, 0.7929219, 2.4259065 }, 3e-7);
    free(cdnow);
}

static void every_customer_by_bgnbd(void **state) {
    (void)state;
    struct cdnow *cdnow = read_cdnow(true);
    gzFile file = shared_table("oracles/cdnow_bgnbd.csv.gz");
    struct purchase_fit fit = learn_purchases(PURCHASE_BGNBD, cdnow->histories, CUSTOMERS, 0);
    const struct forecast_plan plan = { .n_horizons = 1, .horizons = { 39 }, .month = 4.345, .months = 1 };
    struct forecast forecast;
    char line[512];
    double sum = 0;
    for (int i = 0; i < CUSTOMERS; i++) {
        const struct history *h = &cdnow->histories[i];
        double x, tx, T, purchases, alive;
        assert_non_null(gzgets(file, line, sizeof line));
        assert_int_equal(sscanf(line, "%*d,%lf,%lf,%lf,%lf,%lf", &x, &tx, &T, &purchases, &alive), 5);
        assert_true(h->x == x && h->tx == tx && h->T == T);
        forecast_customer(&fit.model, h, &plan, &forecast);
        assert_close(forecast.purchases[0], purchases, 2e-6); /* theirs are of parameters that are right to 1e-7 */
        assert_close(forecast.p_alive, alive, 2e-6);
        sum += forecast.purchases[0];
    }
    gzclose(file);
    assert_near(sum, 1653.4233, 1e-3);
    forecast_customer(&fit.model, &(struct history){ 2, 30.43, 38.86 }, &plan, &forecast);
    assert_near(forecast.purchases[0], 1.2259, 5e-5);
    assert_near(forecast.p_alive, 0.72661, 5e-6);
    free(cdnow);
}

static void the_other_purchase_models(void **state) {
    (void)state;
    struct cdnow *cdnow = read_cdnow(true);
    struct purchase_fit mbg = learn_purchases(PURCHASE_MBGNBD, cdnow->histories, CUSTOMERS, 0);
    check_parameters(&mbg, (double[]){ 0.525, 6.183, 0.891, 1.614 }, 5e-4);
    assert_near(mbg.log_likelihood, -9582.1327, 5e-5);
    struct purchase_fit pareto = learn_purchases(PURCHASE_PARETO, cdnow->histories, CUSTOMERS, 0);
    check_parameters(&pareto, (double[]){ 0.553, 10.578, 0.606, 11.666 }, 6e-4);
    /* where the gradient of the closed form, in 25 digits, is zero */
    check_parameters(&pareto, (double[]){ 0.5532755087, 10.57761224, 0.6062135687, 11.66791124 }, 1e-8);
    assert_near(pareto.log_likelihood, -9594.974, 5e-4);
    assert_true(mbg.warnings.n == 0 && pareto.warnings.n == 0);
    free(cdnow);
}

static void value_of_a_purchase(void **state) {
    (void)state;
    struct cdnow *cdnow = read_cdnow(true);
    struct gamma_gamma_fit fit = learn_value(cdnow->spendings, CUSTOMERS, 0);
    assert_close(fit.model.p, 6.248802, 1e-6);
    assert_close(fit.model.q, 3.744588, 1e-6);
    assert_close(fit.model.v, 15.447748, 1e-6);
    assert_near(fit.log_likelihood, -4055.9232, 5e-5);
    assert_near(fit.mean, 35.171, 5e-4);
    static const double means[] = { 24.659, 18.912, 35.171, 35.171, 35.171, 71.463, 18.912, 35.171, 27.282, 35.171 };
    for (int i = 0; i < 10; i++)
        assert_near(gamma_gamma_mean(&fit.model, cdnow->spendings[i].x, cdnow->spendings[i].m), means[i], 6e-4);
    assert_true(fit.customers == 946 && fit.without_purchases == CUSTOMERS - 946 && fit.warnings.n == 0);
    free(cdnow);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bgnbd_parameters),        cmocka_unit_test(bgnbd_parameters_of_exact_days),
        cmocka_unit_test(every_customer_by_bgnbd), cmocka_unit_test(the_other_purchase_models),
        cmocka_unit_test(value_of_a_purchase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
