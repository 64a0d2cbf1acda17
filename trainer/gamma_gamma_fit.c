#include "gamma_gamma_fit.h"
#include "gamma_gamma_likelihood.h"
#include "obek/buffer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CUSTOMERS_WANTED 30 /* ten a parameter */
#define SAMPLE_ROWS 2000    /* so many tell where to look */
#define PURCHASES_MAX 1e6
#define MONEY_MAX 1e15 /* as in model files */
#define SHAPE_MIN 1e-4
#define SHAPE_MAX 1e6
#define SCALE_RANGE 1e6 /* of v around the mean value */
#define STARTS 3

static const char *const names[] = { "p", "q", "v" };

static const char *wrong(const struct spending *s) {
    if (isnan(s->x) || (s->x > 0 && isnan(s->m)))
        return "NaN";
    if (s->x < 0 || (s->x > 0 && s->m < 0))
        return "negative";
    if (s->x > PURCHASES_MAX)
        return "more purchases than can be believed";
    if (s->x != floor(s->x))
        return "purchases are no whole number";
    if (s->x > 0 && s->m > MONEY_MAX)
        return "a value too large to be believed";
    return NULL;
}

static int by_x_m(const void *left, const void *right) {
    const struct spent *a = left, *b = right;
    return a->x != b->x ? (a->x > b->x) - (a->x < b->x) : (a->total > b->total) - (a->total < b->total);
}

static bool collect(struct spendings *spendings, const struct spending *all, size_t n, struct gamma_gamma_fit *fit,
                    struct error *error) {
    spendings->rows = xcalloc(n + 1, sizeof *spendings->rows);
    for (size_t i = 0; i < n; i++) {
        double x = all[i].x, m = all[i].m;
        const char *reason = wrong(&all[i]);
        if (reason != NULL)
            return error_set(error, "customer %zu: %s (x = %g, m = %g)", i + 1, reason, x, m);
        if (x == 0)
            fit->without_purchases++;
        else if (m == 0)
            fit->without_value++;
        else
            spendings->rows[spendings->n++] = (struct spent){ x, x * m, log(x * m), log(m) };
    }
    fit->customers = spendings->n;
    if (spendings->n == 0)
        return error_set(error, "none of %zu customers has purchases of any value: there is nothing to learn from", n);
    qsort(spendings->rows, spendings->n, sizeof *spendings->rows, by_x_m);
    return true;
}

/* Several starts over a sample of the rows when there are many, then one, from where that led, over all. */
static bool search(const struct problem *problem, double starts[STARTS][PARAMETERS_MAX], struct optimum *optimum,
                   struct error *error) {
    const struct spendings *all = problem->data;
    if (all->n < (size_t)2 * SAMPLE_ROWS)
        return optimum_find(problem, STARTS, starts, optimum, error);
    struct spendings sample = { 0 };
    size_t step = all->n / SAMPLE_ROWS;
    sample.rows = xcalloc(all->n / step + 1, sizeof *sample.rows);
    for (size_t i = step / 2; i < all->n; i += step)
        sample.rows[sample.n++] = all->rows[i];
    struct problem smaller = *problem;
    smaller.data = &sample;
    smaller.customers = (double)sample.n;
    bool found = optimum_near(&smaller, STARTS, starts, starts[0], error);
    free(sample.rows);
    return found && optimum_find(problem, 1, starts, optimum, error);
}

static double within(double value, double low, double high) {
    return fmin(fmax(value, low), high);
}

static bool find(const struct spendings *spendings, double penalty, double q_min, struct problem *problem,
                 struct optimum *optimum, struct error *error) {
    double mean = 0;
    for (size_t i = 0; i < spendings->n; i++)
        mean += exp(spendings->rows[i].log_m) / (double)spendings->n;
    *problem = (struct problem){ .n = 3,
                                 .log_likelihood = gamma_gamma_log_likelihood,
                                 .data = spendings,
                                 .customers = (double)spendings->n,
                                 .penalty = penalty,
                                 .low = { SHAPE_MIN, q_min > 0 ? q_min : SHAPE_MIN, mean / SCALE_RANGE },
                                 .high = { SHAPE_MAX, SHAPE_MAX, fmin(mean * SCALE_RANGE, MONEY_MAX) } };
    /* twice of that mean; once small, which is where a penalty leads */
    double starts[STARTS][PARAMETERS_MAX] = { { 1, 3, 2 * mean }, { 6, 4, mean / 2 }, { 3, 1, 1 } };
    for (int i = 0; i < STARTS; i++)
        for (int k = 0; k < 3; k++)
            starts[i][k] = within(starts[i][k], problem->low[k], problem->high[k]);
    return search(problem, starts, optimum, error);
}

static void warn(const struct optimum *optimum, double q_min, struct gamma_gamma_fit *fit) {
    struct fit_warnings *warnings = &fit->warnings;
    char running[16] = "";
    size_t used = 0;
    bool held = q_min > 0 && fit->model.q <= q_min;
    for (int i = 0; i < 3; i++)
        if ((optimum->at_bound >> i & 1) != 0 && !(i == 1 && held))
            used += (size_t)snprintf(running + used, sizeof running - used, "%s%s", used > 0 ? ", " : "", names[i]);
    if (fit->customers < CUSTOMERS_WANTED)
        fit_warn(warnings, FIT_FEW_REPEATERS, "%zu customers", fit->customers);
    if (fit->without_value > 0)
        fit_warn(warnings, FIT_ZERO_VALUES, "%zu customers", fit->without_value);
    if (held)
        fit_warn(warnings, FIT_HELD, "q = %g", fit->model.q);
    if (fit->model.q <= 1)
        fit_warn(warnings, FIT_NO_MEAN, "q = %g", fit->model.q);
    if (used > 0)
        fit_warn(warnings, FIT_RUNNING_OFF, "%s", running);
    if (!optimum->converged)
        fit_warn(warnings, FIT_NOT_CONVERGED, "log-likelihood %.9g", optimum->curve.value);
    if (isnan(fit->standard_errors[0]))
        fit_warn(warnings, FIT_NO_STANDARD_ERRORS, "%s",
                 optimum->at_bound != 0 ? "a parameter is at a bound" : "the Hessian is not positive definite");
}

bool gamma_gamma_fit(const struct spending *spendings, size_t n, double penalty, double q_min, struct gamma_gamma_fit *fit,
                     struct error *error) {
    struct spendings rows = { 0 };
    struct problem problem;
    struct optimum optimum;
    *fit = (struct gamma_gamma_fit){ 0 };
    if (!(penalty >= 0 && isfinite(penalty)))
        return error_set(error, "a penalty of %g is not a number that is 0 or more", penalty);
    if (q_min != 0 && !(q_min > 1 && q_min < SHAPE_MAX))
        return error_set(error, "a least q of %g does not lie above 1 and below %g", q_min, SHAPE_MAX);
    bool done = collect(&rows, spendings, n, fit, error) && find(&rows, penalty, q_min, &problem, &optimum, error);
    if (done) {
        const double *found = optimum.parameters;
        fit->model = (struct gamma_gamma){ found[0], found[1], found[2] };
        fit->mean = found[1] > 1 ? gamma_gamma_mean(&fit->model, 0, 0) : INFINITY;
        fit->log_likelihood = optimum.curve.value;
        optimum_standard_errors(&problem, &optimum, fit->standard_errors);
        warn(&optimum, q_min, fit);
    }
    free(rows.rows);
    return done;
}
