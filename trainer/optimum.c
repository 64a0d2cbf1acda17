#include "likelihood.h"
#include "obek/interrupt.h"
#include "symmetric.h"

#include <math.h>
#include <nlopt.h>
#include <string.h>

#define SEARCH_TOLERANCE 1e-9 /* of the objective, a mean over customers: Newton's steps do the rest */
#define SEARCH_EVALUATIONS 300
#define SIMPLEX_TOLERANCE 1e-12
#define SIMPLEX_EVALUATIONS 5000
#define NEWTON_EVALUATIONS 200
#define NEWTON_STEP_MAX 2.0   /* of a logarithm */
#define NEXT_TO_NOTHING 1e-12 /* a fall of the objective that rounding may hide */
#define LEVEL 1e-7            /* a gradient that counts as none when no step lessens it */
#define VERY_NEAR 1e-9        /* of a logarithm to a bound */
#define FLAT 1e-12            /* a curvature, against the greatest */
#define DAMPING_MIN 1e-4
#define DAMPING_MAX 1e12

/* The objective as a function of the logarithms of the parameters. */
struct point {
    double logs[PARAMETERS_MAX];
    double parameters[PARAMETERS_MAX];
    double objective, gradient[PARAMETERS_MAX];
    square_matrix hessian; /* upper triangle */
    struct curve curve;
};

/* Moves the point within the bounds, and onto one that is very near: there, a parameter is its bound to the last bit. */
static void set_parameters(const struct problem *problem, struct point *point) {
    for (int i = 0; i < problem->n; i++) {
        double low = log(problem->low[i]), high = log(problem->high[i]), *at = &point->logs[i];
        *at = *at - VERY_NEAR <= low ? low : *at + VERY_NEAR >= high ? high : *at;
        point->parameters[i] = *at == low ? problem->low[i] : *at == high ? problem->high[i] : exp(*at);
    }
}

static void evaluate(const struct problem *problem, enum depth depth, struct point *point) {
    const double *theta = point->parameters;
    set_parameters(problem, point);
    point->curve = (struct curve){ 0 };
    problem->log_likelihood(problem->data, theta, depth, &point->curve);
    point->objective = -point->curve.value / problem->customers;
    for (int i = 0; i < problem->n; i++) {
        point->objective += problem->penalty * theta[i] * theta[i];
        point->gradient[i] = theta[i] * (2 * problem->penalty * theta[i] - point->curve.gradient[i] / problem->customers);
        for (int j = i; j < problem->n; j++)
            point->hessian[i][j] = -theta[i] * theta[j] * point->curve.hessian[i][j] / problem->customers;
        point->hessian[i][i] += 2 * problem->penalty * theta[i] * theta[i] + point->gradient[i];
    }
}

struct search {
    const struct problem *problem;
    nlopt_opt opt;
    struct point point, best;
};

/* SLSQP has been seen to ask at NaN, and to go on for ever (NLopt.jl #31): the best point is kept here. */
static double search_at(unsigned n, const double *logs, double *gradient, void *context) {
    struct search *search = context;
    bool finite = true;
    for (unsigned i = 0; i < n; i++)
        finite = finite && isfinite(logs[i]);
    if (!finite || interrupted()) {
        nlopt_force_stop(search->opt);
        return search->best.objective;
    }
    memcpy(search->point.logs, logs, n * sizeof *logs);
    evaluate(search->problem, gradient != NULL ? DEPTH_GRADIENT : DEPTH_VALUE, &search->point);
    if (gradient != NULL)
        memcpy(gradient, search->point.gradient, n * sizeof *gradient);
    if (search->point.objective < search->best.objective)
        search->best = search->point;
    return search->point.objective;
}

/* Moves search->best as far down as the algorithm gets. Its own verdict is of no use: Newton's steps will tell. */
static bool descend(struct search *search, nlopt_algorithm algorithm, double tolerance, int evaluations_max,
                    struct error *error) {
    const struct problem *problem = search->problem;
    double low[PARAMETERS_MAX], high[PARAMETERS_MAX], logs[PARAMETERS_MAX], objective;
    for (int i = 0; i < problem->n; i++) {
        low[i] = log(problem->low[i]);
        high[i] = log(problem->high[i]);
        logs[i] = fmin(fmax(search->best.logs[i], low[i]), high[i]);
    }
    search->opt = nlopt_create(algorithm, (unsigned)problem->n);
    if (search->opt == NULL)
        return error_set(error, "no memory for the optimiser");
    nlopt_set_min_objective(search->opt, search_at, search);
    nlopt_set_lower_bounds(search->opt, low);
    nlopt_set_upper_bounds(search->opt, high);
    nlopt_set_ftol_abs(search->opt, tolerance);
    nlopt_set_maxeval(search->opt, evaluations_max);
    nlopt_set_initial_step1(search->opt, 0.5);
    nlopt_optimize(search->opt, logs, &objective);
    nlopt_destroy(search->opt);
    return interrupt_check(error);
}

static unsigned at_bound(const struct problem *problem, const struct point *point) {
    unsigned mask = 0;
    for (int i = 0; i < problem->n; i++)
        if ((point->parameters[i] <= problem->low[i] && point->gradient[i] >= 0) ||
            (point->parameters[i] >= problem->high[i] && point->gradient[i] <= 0))
            mask |= 1u << i;
    return mask;
}

/* Newton's step along the parameters that no bound holds; the damping (Levenberg, Marquardt) turns it downhill where the Hessian
   is not positive definite. Sets how far the objective would fall if it were a parabola; false: not positive definite. */
static bool newton_step(const struct problem *problem, const struct point *point, double damping, double *step, double *fall) {
    square_matrix hessian, l;
    double steepness = 0, negative[PARAMETERS_MAX];
    unsigned held = at_bound(problem, point);
    for (int i = 0; i < problem->n; i++)
        steepness = fmax(steepness, fabs(point->hessian[i][i]));
    for (int i = 0; i < problem->n; i++) {
        bool fixed = (held >> i & 1) != 0;
        for (int j = i; j < problem->n; j++)
            hessian[i][j] = fixed || (held >> j & 1) != 0 ? 0 : point->hessian[i][j];
        hessian[i][i] = fixed ? 1 : hessian[i][i] + damping * (fabs(hessian[i][i]) + FLAT * steepness);
        negative[i] = fixed ? 0 : -point->gradient[i];
    }
    if (!cholesky(problem->n, hessian, l))
        return false;
    cholesky_solve(problem->n, l, negative, step);
    *fall = 0;
    for (int i = 0; i < problem->n; i++)
        *fall += negative[i] * step[i] / 2;
    return true;
}

static struct point moved(const struct problem *problem, const struct point *from, const double *step) {
    struct point to = { .objective = 0 };
    for (int i = 0; i < problem->n; i++)
        to.logs[i] = from->logs[i] + fmin(fmax(step[i], -NEWTON_STEP_MAX), NEWTON_STEP_MAX);
    evaluate(problem, DEPTH_HESSIAN, &to);
    return to;
}

static double steepest(const struct problem *problem, const struct point *point) {
    double most = 0;
    unsigned held = at_bound(problem, point);
    for (int i = 0; i < problem->n; i++)
        if ((held >> i & 1) == 0)
            most = fmax(most, fabs(point->gradient[i]));
    return most;
}

/* True when the point has come to where no step would better it. */
static bool finish(const struct problem *problem, struct point *point) {
    double damping = 0, step[PARAMETERS_MAX], fall;
    evaluate(problem, DEPTH_HESSIAN, point);
    for (int i = 0; i < NEWTON_EVALUATIONS && damping < DAMPING_MAX; i++) {
        if (!newton_step(problem, point, damping, step, &fall)) {
            damping = fmax(DAMPING_MIN, damping * 10);
            continue;
        }
        struct point next = moved(problem, point, step);
        double scale = 1 + fabs(point->objective);
        bool hidden = fall <= NEXT_TO_NOTHING * scale; /* then the gradient judges */
        if (hidden ? steepest(problem, &next) < steepest(problem, point) : next.objective < point->objective) {
            *point = next;
            damping = damping > DAMPING_MIN ? damping / 10 : 0;
        } else if (hidden) {
            return steepest(problem, point) <= LEVEL * scale;
        } else {
            damping = fmax(DAMPING_MIN, damping * 10);
        }
    }
    return false;
}

static void report(const struct problem *problem, const struct point *point, bool converged, struct optimum *optimum) {
    *optimum = (struct optimum){ .objective = point->objective, .curve = point->curve, .converged = converged };
    memcpy(optimum->parameters, point->parameters, sizeof optimum->parameters);
    optimum->at_bound = at_bound(problem, point);
}

static bool search_from(const struct problem *problem, const double *start, struct search *search, struct error *error) {
    *search = (struct search){ .problem = problem };
    for (int i = 0; i < problem->n; i++)
        search->best.logs[i] = log(start[i]);
    evaluate(problem, DEPTH_GRADIENT, &search->best);
    return descend(search, NLOPT_LD_SLSQP, SEARCH_TOLERANCE, SEARCH_EVALUATIONS, error);
}

bool optimum_near(const struct problem *problem, int n_starts, const double (*starts)[PARAMETERS_MAX], double *parameters,
                  struct error *error) {
    struct point best = { .objective = INFINITY };
    for (int i = 0; i < n_starts; i++) {
        struct search search;
        if (!search_from(problem, starts[i], &search, error))
            return false;
        if (search.best.objective < best.objective)
            best = search.best;
    }
    memcpy(parameters, best.parameters, sizeof best.parameters);
    return true;
}

bool optimum_find(const struct problem *problem, int n_starts, const double (*starts)[PARAMETERS_MAX], struct optimum *optimum,
                  struct error *error) {
    struct search best = { .problem = problem, .best.objective = INFINITY };
    bool converged = false;
    for (int i = 0; i < n_starts; i++) {
        struct search search;
        if (!search_from(problem, starts[i], &search, error))
            return false;
        bool finished = finish(problem, &search.best);
        if (search.best.objective < best.best.objective) {
            best = search;
            converged = finished;
        }
    }
    if (!converged) {
        if (!descend(&best, NLOPT_LN_NELDERMEAD, SIMPLEX_TOLERANCE, SIMPLEX_EVALUATIONS, error))
            return false;
        converged = finish(problem, &best.best);
    }
    report(problem, &best.best, converged, optimum);
    return true;
}

bool optimum_standard_errors(const struct problem *problem, const struct optimum *optimum, double *errors) {
    int n = problem->n;
    square_matrix negative, l;
    for (int i = 0; i < n; i++) {
        errors[i] = NAN;
        for (int j = i; j < n; j++)
            negative[i][j] = -optimum->curve.hessian[i][j];
    }
    if (optimum->at_bound != 0 || !cholesky(n, negative, l))
        return false;
    for (int i = 0; i < n; i++) {
        double unit[PARAMETERS_MAX] = { 0 }, column[PARAMETERS_MAX];
        unit[i] = 1;
        cholesky_solve(n, l, unit, column);
        errors[i] = sqrt(column[i]);
    }
    return true;
}
