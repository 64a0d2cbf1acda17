#include "purchase_fit.h"
#include "purchase_likelihood.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SAMPLE_ROWS 2000        /* so many tell where to look */
#define REPEATERS_WANTED 40     /* ten a parameter */
#define UNSEEN 1e-3             /* of the third parameter: next to no dropout */
#define DROPOUT_SEEN 0.01       /* a gain in the log-likelihood that is more than rounding and flatness */
#define DROPOUT_SIGNIFICANT 2.0 /* 5 % level of a likelihood ratio with one or two parameters, one of them at its border */

/* The bounds are what model files may hold (codec/model_file_cltv.c), in units of the largest T. */
static const struct kind {
    log_likelihood *log_likelihood;
    bool times[PURCHASE_PARAMETERS]; /* is in units of time */
    double low[PURCHASE_PARAMETERS], high[PURCHASE_PARAMETERS];
    double dropout_starts[3][2]; /* r and alpha start where nobody leaves */
} kinds[] = {
    [PURCHASE_BGNBD] = { bgnbd_log_likelihood,
                         { false, true, false, false },
                         { 1e-7, 1e-6, 1e-7, 1e-7 },
                         { 1e6, 1e3, 1e3, 1e6 },
                         { { 0.5, 2 }, { 0.1, 0.5 }, { 3, 10 } } },
    [PURCHASE_MBGNBD] = { mbgnbd_log_likelihood,
                          { false, true, false, false },
                          { 1e-7, 1e-6, 1e-7, 1e-7 },
                          { 1e6, 1e3, 1e3, 1e6 },
                          { { 0.5, 2 }, { 0.1, 0.5 }, { 3, 10 } } },
    [PURCHASE_PARETO] = { pareto_log_likelihood,
                          { false, true, false, true },
                          { 1e-7, 1e-6, 1e-7, 1e-6 },
                          { 1e6, 1e3, 1e3, 1e3 },
                          { { 0.5, 0.3 }, { 0.2, 1 }, { 3, 1 } } },
};

static struct problem problem_of(const struct kind *kind, int n, const struct purchases *purchases, double penalty) {
    struct problem problem = { .n = n,
                               .log_likelihood = n == 2 ? nbd_log_likelihood : kind->log_likelihood,
                               .data = purchases,
                               .customers = purchases->tally->customers,
                               .penalty = penalty };
    memcpy(problem.low, kind->low, sizeof problem.low);
    memcpy(problem.high, kind->high, sizeof problem.high);
    return problem;
}

/* The limit and the model, over all rows, and over a sample that tells where to look when there are many; else `sampled` is
 * false. */
struct quest {
    const struct kind *kind;
    struct problem limit, full;
    bool sampled;
    struct problem sample_limit, sample_full;
};

static double within(double value, double low, double high) {
    return fmin(fmax(value, low), high);
}

/* The limit in which nobody leaves: two parameters. */
static bool fit_limit(const struct quest *quest, struct optimum *nbd, struct error *error) {
    const struct problem *problem = &quest->limit;
    const struct tally *tally = ((const struct purchases *)problem->data)->tally;
    static const double shapes[] = { 0.3, 2 };
    double starts[2][PARAMETERS_MAX] = { { 0 } }, lived = 0;
    for (uint32_t i = 0; i < tally->n_times; i++)
        lived += tally->customers_at[i] * tally->times[i];
    for (int i = 0; i < 2; i++) {
        starts[i][0] = shapes[i];
        starts[i][1] = within(shapes[i] * lived / tally->purchases, problem->low[1], problem->high[1]);
    }
    if (quest->sampled && !optimum_near(&quest->sample_limit, 2, starts, starts[0], error))
        return false;
    return optimum_find(problem, quest->sampled ? 1 : 2, starts, nbd, error);
}

/* Whether the likelihood rises from where nobody leaves: the third parameter brings dropout, the fourth says of which kind. A
   start beyond there. */
static bool dropout_pays(const struct problem *problem, const struct optimum *nbd, double start[PARAMETERS_MAX]) {
    static const double fourths[] = { 0.03, 0.3, 3, 30 };
    double steepest = 0;
    for (size_t i = 0; i < sizeof fourths / sizeof *fourths; i++) {
        const double at[PARAMETERS_MAX] = { nbd->parameters[0], nbd->parameters[1], problem->low[2], fourths[i] };
        struct curve curve = { 0 };
        problem->log_likelihood(problem->data, at, DEPTH_GRADIENT, &curve);
        if (curve.gradient[2] > steepest) {
            steepest = curve.gradient[2];
            memcpy(start, at, sizeof at);
            start[2] = fourths[i] / 20;
        }
    }
    return steepest > 0;
}

static bool fit_full(const struct quest *quest, const struct optimum *nbd, struct optimum *optimum, struct error *error) {
    double starts[3][PARAMETERS_MAX];
    for (int i = 0; i < 3; i++) {
        starts[i][0] = nbd->parameters[0];
        starts[i][1] = nbd->parameters[1];
        starts[i][2] = quest->kind->dropout_starts[i][0];
        starts[i][3] = quest->kind->dropout_starts[i][1];
    }
    if (!quest->sampled)
        return optimum_find(&quest->full, 3, starts, optimum, error);
    if (!optimum_near(&quest->sample_full, 3, starts, starts[0], error))
        return false;
    /* a sample may have missed a little dropout that all of them show */
    bool missed = starts[0][2] < UNSEEN && dropout_pays(&quest->full, nbd, starts[1]);
    return optimum_find(&quest->full, missed ? 2 : 1, starts, optimum, error);
}

static void warn_of_bounds(const struct purchase_fit *fit, unsigned at_bound, struct fit_warnings *warnings) {
    char names[64] = "";
    size_t used = 0;
    for (int i = 0; i < PURCHASE_PARAMETERS; i++)
        if ((at_bound >> i & 1) != 0)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
                                     purchase_parameter_name(fit->model.type, i));
    if (used > 0)
        fit_warn(warnings, FIT_RUNNING_OFF, "%s", names);
}

/* `optimum` is of problem->n parameters, times in units of the largest T. */
static void report(const struct kind *kind, const struct problem *problem, const struct optimum *optimum,
                   struct purchase_fit *fit) {
    const struct tally *tally = ((const struct purchases *)problem->data)->tally;
    double errors[PARAMETERS_MAX];
    bool known = optimum_standard_errors(problem, optimum, errors);
    for (int i = 0; i < PURCHASE_PARAMETERS; i++) {
        double unit = kind->times[i] ? tally->time_unit : 1;
        fit->model.parameters[i] = i < problem->n ? optimum->parameters[i] * unit : 0;
        fit->standard_errors[i] = i < problem->n ? errors[i] * unit : NAN;
    }
    fit->log_likelihood = optimum->curve.value;
    warn_of_bounds(fit, optimum->at_bound, &fit->warnings);
    if (!optimum->converged)
        fit_warn(&fit->warnings, FIT_NOT_CONVERGED, "log-likelihood %.9g", optimum->curve.value);
    if (!known)
        fit_warn(&fit->warnings, FIT_NO_STANDARD_ERRORS, "%s",
                 optimum->at_bound != 0 ? "a parameter is at a bound" : "the Hessian is not positive definite");
}

/* Chooses between the model and its limit. */
static void judge(const struct quest *quest, const struct optimum *optimum, const struct optimum *nbd, struct purchase_fit *fit) {
    double gain = (nbd->objective - optimum->objective) * quest->full.customers;
    bool seen = gain > DROPOUT_SEEN;
    if (!seen)
        fit_warn(&fit->warnings, FIT_NO_DROPOUT, "log-likelihood %.9g with dropout, %.9g without", optimum->curve.value,
                 nbd->curve.value);
    else if (gain < DROPOUT_SIGNIFICANT)
        fit_warn(&fit->warnings, FIT_DROPOUT_UNCERTAIN, "a log-likelihood %.3g greater than without dropout", gain);
    report(quest->kind, seen ? &quest->full : &quest->limit, seen ? optimum : nbd, fit);
    fit->nbd_log_likelihood = nbd->curve.value;
}

static bool seek(const struct quest *quest, struct purchase_fit *fit, struct error *error) {
    struct optimum nbd, optimum;
    if (!fit_limit(quest, &nbd, error) || !fit_full(quest, &nbd, &optimum, error))
        return false;
    judge(quest, &optimum, &nbd, fit);
    return true;
}

static bool fit_tally(const struct kind *kind, const struct tally *tally, double penalty, struct purchase_fit *fit,
                      struct error *error) {
    struct purchases all, some = { 0 };
    struct tally sample = { 0 };
    purchases_init(&all, tally);
    struct quest quest = { .kind = kind };
    quest.limit = problem_of(kind, 2, &all, penalty);
    quest.full = problem_of(kind, PURCHASE_PARAMETERS, &all, penalty);
    if (tally->n_rows >= 2 * SAMPLE_ROWS)
        tally_init_sample(&sample, tally, tally->n_rows / SAMPLE_ROWS);
    if (sample.repeaters >= REPEATERS_WANTED) {
        quest.sampled = true;
        purchases_init(&some, &sample);
        quest.sample_limit = problem_of(kind, 2, &some, penalty);
        quest.sample_full = problem_of(kind, PURCHASE_PARAMETERS, &some, penalty);
    }
    bool done = seek(&quest, fit, error);
    purchases_free(&all);
    purchases_free(&some);
    tally_free(&sample);
    return done;
}

bool purchase_fit(enum purchase_model_type type, const struct history *histories, size_t n, double penalty,
                  struct purchase_fit *fit, struct error *error) {
    struct tally tally;
    *fit = (struct purchase_fit){ .model.type = type };
    if (!(penalty >= 0 && isfinite(penalty)))
        return error_set(error, "a penalty of %g is not a number that is 0 or more", penalty);
    if (!tally_init(&tally, histories, n, error))
        return false;
    fit->customers = (size_t)tally.customers;
    fit->repeaters = (size_t)tally.repeaters;
    bool done =
        tally.repeaters > 0 ? true : error_set(error, "none of %zu customers has bought again: there is no rate to learn", n);
    if (done && fit->repeaters < REPEATERS_WANTED)
        fit_warn(&fit->warnings, FIT_FEW_REPEATERS, "%zu of %zu customers", fit->repeaters, fit->customers);
    done = done && fit_tally(&kinds[type], &tally, penalty, fit, error);
    if (done) { /* a density in time: of each purchase one unit */
        double change = tally.purchases * log(tally.time_unit);
        fit->log_likelihood -= change;
        fit->nbd_log_likelihood -= change;
    }
    tally_free(&tally);
    return done;
}
