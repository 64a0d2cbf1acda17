/* The notebooks' figures of FLO (oracles, "RFM" and "CLTV"), from the data of ../shared. What a recipe will do to the rows is
   done here by hand. */
#include "../../core/cuts.h"
#include "../../trainer/bands.h"
#include "../../trainer/quantiles.h"
#include "../../trainer/rfm_fit.h"
#include "train_fixture.h"

enum { CUSTOMERS = 19945 };

struct flo {
    char ids[CUSTOMERS][40];
    long first[CUSTOMERS], last[CUSTOMERS]; /* days */
    double columns[4][CUSTOMERS];           /* orders online, offline, value offline, online, as the file has them */
};

static struct flo *read_flo(void) {
    gzFile file = shared_table("data/flo_data_20k.csv");
    struct flo *flo = xcalloc(1, sizeof *flo);
    char line[1024];
    for (int i = 0; i < CUSTOMERS; i++) {
        long f[3], l[3];
        assert_non_null(gzgets(file, line, sizeof line));
        assert_int_equal(sscanf(line, "%39[^,],%*[^,],%*[^,],%ld-%ld-%ld,%ld-%ld-%ld,%*[^,],%*[^,],%lf,%lf,%lf,%lf", flo->ids[i],
                                &f[0], &f[1], &f[2], &l[0], &l[1], &l[2], &flo->columns[0][i], &flo->columns[1][i],
                                &flo->columns[2][i], &flo->columns[3][i]),
                         11);
        flo->first[i] = day_of(f[0], f[1], f[2]);
        flo->last[i] = day_of(l[0], l[1], l[2]);
    }
    assert_null(gzgets(file, line, sizeof line));
    gzclose(file);
    return flo;
}

#define ANALYSIS day_of(2021, 6, 1)

/* RFM ---------------------------------------------------------------------------------------------------------------------- */

static struct rfm_customer *rfm_customers(const struct flo *flo) {
    struct rfm_customer *customers = xcalloc(CUSTOMERS, sizeof *customers);
    for (int i = 0; i < CUSTOMERS; i++)
        customers[i] = (struct rfm_customer){ { (double)(ANALYSIS - flo->last[i]), flo->columns[0][i] + flo->columns[1][i],
                                                flo->columns[2][i] + flo->columns[3][i] } };
    return customers;
}

static uint8_t table[sizeof rfm_named_table];
static const bool by_frequency[RFM_MEASURES] = { [RFM_FREQUENCY] = true };

static void rfm_learn(const struct rfm_customer *customers, struct rfm_fit *fit, struct rfm_score *scores, size_t *torn) {
    struct error error;
    memcpy(table, rfm_named_table, sizeof table);
    assert_true(rfm_fit(customers, CUSTOMERS, 5, fit, &error));
    struct rfm grid = rfm_grid(fit, table);
    *torn = rfm_score_ranked(customers, CUSTOMERS, &grid, by_frequency, scores);
}

static void every_customer_by_rfm(void **state) {
    (void)state;
    struct flo *flo = read_flo();
    struct rfm_customer *customers = rfm_customers(flo);
    struct rfm_score *scores = xcalloc(CUSTOMERS, sizeof *scores);
    struct rfm_fit fit;
    size_t torn;
    rfm_learn(customers, &fit, scores, &torn);
    struct rfm grid = rfm_grid(&fit, table);
    gzFile file = shared_table("oracles/flo_rfm.csv.gz");
    char line[512], id[40], segment[40];
    for (int i = 0; i < CUSTOMERS; i++) {
        double recency, frequency, monetary;
        struct rfm_score wanted;
        assert_non_null(gzgets(file, line, sizeof line));
        assert_int_equal(sscanf(line, "%39[^,],%lf,%lf,%lf,%d,%d,%d,%*d,%39s", id, &recency, &frequency, &monetary,
                                &wanted.recency, &wanted.frequency, &wanted.monetary, segment),
                         8);
        const double *m = customers[i].measures;
        assert_string_equal(id, flo->ids[i]);
        assert_true(m[RFM_RECENCY] == recency && m[RFM_FREQUENCY] == frequency && fabs(m[RFM_MONETARY] - monetary) < 1e-9);
        assert_memory_equal(&scores[i], &wanted, sizeof wanted);
        assert_string_equal(rfm_named[rfm_segment(&grid, &scores[i])].id, segment);
    }
    gzclose(file);
    assert_int_equal(torn, 13274);
    assert_int_equal(rfm_differing(customers, CUSTOMERS, &grid, scores), 1451);
    static const double edges[RFM_MEASURES][6] = { { 2, 33, 83, 145, 232, 367 },
                                                   { 2, 2, 3, 4, 7, 202 },
                                                   { 44.98, 302.188, 455.826, 660.38, 1020.036, 45905.1 } };
    for (int k = 0; k < RFM_MEASURES; k++)
        for (int i = 0; i <= 5; i++)
            assert_near(fit.edges[k][i], edges[k][i], 1e-9);
    assert_int_equal(fit.warnings.n, 0);
    free(scores);
    free(customers);
    free(flo);
}

static void segments_by_rank(void **state) {
    (void)state;
    static const struct {
        const char *id;
        int n;
        double recency, frequency, monetary; /* means */
    } wanted[] = {
        { "hibernating", 3604, 247.95, 2.394, 366.27 },
        { "at_risk", 3131, 241.61, 4.472, 646.61 },
        { "cant_lose", 1200, 235.44, 10.698, 1474.47 },
        { "about_to_sleep", 1629, 113.79, 2.401, 359.01 },
        { "need_attention", 823, 113.83, 3.728, 562.14 },
        { "loyal_customers", 3361, 82.59, 8.375, 1216.82 },
        { "promising", 647, 58.92, 2, 335.67 },
        { "new_customers", 680, 17.92, 2, 339.96 },
        { "potential_loyalists", 2938, 37.16, 3.304, 533.18 },
        { "champions", 1932, 17.11, 8.934, 1406.63 },
    };
    struct flo *flo = read_flo();
    struct rfm_customer *customers = rfm_customers(flo);
    struct rfm_score *scores = xcalloc(CUSTOMERS, sizeof *scores);
    struct rfm_fit fit;
    size_t torn;
    rfm_learn(customers, &fit, scores, &torn);
    struct rfm grid = rfm_grid(&fit, table);
    for (int s = 0; s < RFM_NAMED; s++) {
        int n = 0;
        double sums[RFM_MEASURES] = { 0 };
        for (int i = 0; i < CUSTOMERS; i++)
            if (rfm_segment(&grid, &scores[i]) == s) {
                n++;
                for (int k = 0; k < RFM_MEASURES; k++)
                    sums[k] += customers[i].measures[k];
            }
        assert_string_equal(rfm_named[s].id, wanted[s].id);
        assert_int_equal(n, wanted[s].n);
        assert_near(sums[RFM_RECENCY] / n, wanted[s].recency, 0.00501);
        assert_near(sums[RFM_FREQUENCY] / n, wanted[s].frequency, 0.000501);
        assert_near(sums[RFM_MONETARY] / n, wanted[s].monetary, 0.00501);
    }
    free(scores);
    free(customers);
    free(flo);
}

/* CLTV --------------------------------------------------------------------------------------------------------------------- */

/* Values above q.99 + 1.5 (q.99 - q.01) are capped there, rounded as Python does it: 48.5 is 48. */
static void cap(struct flo *flo) {
    static const double caps[] = { 48, 16, 3020, 7800 };
    for (int k = 0; k < 4; k++) {
        double ends[2];
        quantiles(flo->columns[k], CUSTOMERS, (double[]){ 0.01, 0.99 }, 2, ends);
        double up = nearbyint(ends[1] + 1.5 * (ends[1] - ends[0]));
        assert_true(up == caps[k]);
        for (int i = 0; i < CUSTOMERS; i++)
            flo->columns[k][i] = fmin(flo->columns[k][i], up);
    }
}

struct cltv_rows {
    struct history histories[CUSTOMERS]; /* weeks */
    struct spending spendings[CUSTOMERS];
};

/* x: orders less `first`. */
static struct cltv_rows *cltv_rows(struct flo *flo, double first) {
    struct cltv_rows *rows = xcalloc(1, sizeof *rows);
    for (int i = 0; i < CUSTOMERS; i++) {
        double orders = flo->columns[0][i] + flo->columns[1][i], value = flo->columns[2][i] + flo->columns[3][i];
        rows->histories[i] = (struct history){ orders - first, (double)(flo->last[i] - flo->first[i]) / 7,
                                               (double)(ANALYSIS - flo->first[i]) / 7 };
        rows->spendings[i] = (struct spending){ orders - first, value / orders };
    }
    return rows;
}

static void the_notebooks_fit_is_degenerate(void **state) {
    (void)state;
    struct flo *flo = read_flo();
    cap(flo);
    struct cltv_rows *rows = cltv_rows(flo, 0);
    struct purchase_fit fit = learn_purchases(PURCHASE_BGNBD, rows->histories, CUSTOMERS, 0.001);
    assert_close(fit.model.parameters[0], 3.663384, 1e-6);
    assert_close(fit.model.parameters[1], 76.172359, 1e-6);
    assert_true(fit.model.parameters[2] == 0 && is_warned_of(&fit.warnings, FIT_NO_DROPOUT) && fit.warnings.n == 1);
    struct gamma_gamma_fit value = learn_value(rows->spendings, CUSTOMERS, 0.01);
    assert_close(value.model.p, 4.151179, 2e-7);
    assert_close(value.model.q, 0.470125, 1e-6);
    assert_close(value.model.v, 4.077243, 2e-7);
    assert_true(is_warned_of(&value.warnings, FIT_NO_MEAN) && value.warnings.n == 1);
    free(rows);
    free(flo);
}

struct band {
    int n;
    double purchases[2], cltv; /* sums */
};

/* Every customer against the notebook's, and into the bands. */
static void compare_forecasts(const struct flo *flo, const struct cltv_rows *rows, double *cltv, struct forecast *forecasts) {
    struct purchase_fit fit = learn_purchases(PURCHASE_BGNBD, rows->histories, CUSTOMERS, 0.001);
    struct gamma_gamma_fit value = learn_value(rows->spendings, CUSTOMERS, 0.01);
    const struct forecast_plan plan = {
        .n_horizons = 2, .horizons = { 12, 24 }, .month = MONTH_DAYS / 7, .months = 6, .discount = 0.01
    };
    gzFile file = shared_table("oracles/flo_cltv.csv.gz");
    char line[512];
    for (int i = 0; i < CUSTOMERS; i++) {
        double active, T, x, m, e3, e6, mean, wanted, alive;
        const struct history *h = &rows->histories[i];
        const struct spending *s = &rows->spendings[i];
        assert_non_null(gzgets(file, line, sizeof line));
        assert_memory_equal(line, flo->ids[i], strlen(flo->ids[i]));
        assert_int_equal(sscanf(strchr(line, ','), ",%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", &active, &T, &x, &m, &e3, &e6, &mean,
                                &wanted, &alive),
                         9);
        assert_true(h->x == x && h->tx == active && h->T == T);
        assert_close(s->m, m, 1e-14);
        forecast_customer(&fit.model, h, &plan, &forecasts[i]);
        double order_value = gamma_gamma_mean(&value.model, s->x, s->m);
        cltv[i] = order_value * forecasts[i].discounted;
        assert_close(forecasts[i].purchases[0], e3, 1e-6);
        assert_close(forecasts[i].purchases[1], e6, 1e-6);
        assert_close(order_value, mean, 1e-6);
        assert_close(cltv[i], wanted, 1e-6);
        assert_close(forecasts[i].p_alive, alive, 1e-9);
    }
    gzclose(file);
}

static void every_customer_and_the_bands_of_the_notebook(void **state) {
    (void)state;
    static const struct band wanted[] = { { 4987, { 2039.164, 4078.328 }, 400657.955 },
                                          { 4986, { 2619.885, 5239.769 }, 689621.178 },
                                          { 4986, { 2997.110, 5994.219 }, 994870.784 },
                                          { 4986, { 3854.313, 7708.626 }, 1806505.089 } };
    struct flo *flo = read_flo();
    cap(flo);
    struct cltv_rows *rows = cltv_rows(flo, 0);
    struct forecast *forecasts = xcalloc(CUSTOMERS, sizeof *forecasts);
    double *cltv = xcalloc(CUSTOMERS, sizeof *cltv), at[3], highest = 0;
    compare_forecasts(flo, rows, cltv, forecasts);
    struct fit_warnings warnings = { 0 };
    struct error error;
    struct band bands[4] = { { 0, { 0, 0 }, 0 } };
    assert_true(bands_fit(cltv, CUSTOMERS, 4, at, &warnings, &error) && warnings.n == 0);
    for (int i = 0; i < CUSTOMERS; i++) {
        struct band *band = &bands[cuts_below(&(struct cuts){ 3, at }, cltv[i])];
        band->n++;
        band->cltv += cltv[i];
        for (int k = 0; k < 2; k++)
            band->purchases[k] += forecasts[i].purchases[k];
        highest = fmax(highest, cltv[i]);
    }
    for (int k = 0; k < 4; k++) {
        assert_int_equal(bands[k].n, wanted[k].n);
        assert_near(bands[k].purchases[0], wanted[k].purchases[0], 0.002);
        assert_near(bands[k].purchases[1], wanted[k].purchases[1], 0.004);
        assert_near(bands[k].cltv, wanted[k].cltv, 1);
    }
    assert_near(highest, 3327.777, 0.002);
    assert_string_equal(flo->ids[0], "cc294636-19f0-11eb-8d74-000d3a38a36f");
    assert_near(forecasts[0].purchases[0], 0.973927, 1e-6);
    assert_near(forecasts[0].purchases[1], 1.947853, 2e-6);
    assert_near(cltv[0], 395.733234, 4e-4);
    free(cltv);
    free(forecasts);
    free(rows);
    free(flo);
}

static void the_proper_fit(void **state) {
    (void)state;
    struct flo *flo = read_flo();
    cap(flo);
    struct cltv_rows *all = cltv_rows(flo, 0), *repeats = cltv_rows(flo, 1);
    struct purchase_fit fit = learn_purchases(PURCHASE_BGNBD, repeats->histories, CUSTOMERS, 0);
    assert_close(fit.model.parameters[0], 2.94762, 2e-6);
    assert_close(fit.model.parameters[1], 78.789933, 5e-7);
    assert_near(fit.log_likelihood, -338531.92867, 6e-6);
    assert_true(fit.model.parameters[2] == 0 && is_warned_of(&fit.warnings, FIT_NO_DROPOUT));
    struct gamma_gamma_fit value = learn_value(all->spendings, CUSTOMERS, 0);
    assert_close(value.model.p, 3.886038, 2e-7);
    assert_close(value.model.q, 9.32754, 5e-7);
    assert_close(value.model.v, 323.872, 1e-6);
    assert_near(value.log_likelihood, -109783.077, 5e-4);
    value = learn_value(repeats->spendings, CUSTOMERS, 0);
    assert_close(value.model.p, 7.551743, 2e-7);
    assert_close(value.model.q, 8.297586, 2e-7);
    assert_close(value.model.v, 146.17124, 1e-7);
    assert_near(value.log_likelihood, -109810.807, 5e-4);
    assert_int_equal(value.warnings.n, 0);
    free(all);
    free(repeats);
    free(flo);
}

static void the_other_models_see_no_dropout_either(void **state) {
    (void)state;
    struct flo *flo = read_flo();
    cap(flo);
    struct cltv_rows *rows = cltv_rows(flo, 1);
    for (enum purchase_model_type type = PURCHASE_MBGNBD; type <= PURCHASE_PARETO; type++) {
        struct purchase_fit fit = learn_purchases(type, rows->histories, CUSTOMERS, 0);
        assert_true(is_warned_of(&fit.warnings, FIT_NO_DROPOUT));
        assert_near(fit.log_likelihood, -338531.92867, 6e-6);
    }
    free(rows);
    free(flo);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_customer_by_rfm),
        cmocka_unit_test(segments_by_rank),
        cmocka_unit_test(the_notebooks_fit_is_degenerate),
        cmocka_unit_test(every_customer_and_the_bands_of_the_notebook),
        cmocka_unit_test(the_proper_fit),
        cmocka_unit_test(the_other_models_see_no_dropout_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
