/* What the tests of the purchase models share: customers whose parameters are known, and derivatives by differences. */
#ifndef PURCHASE_FIXTURE_H
#define PURCHASE_FIXTURE_H

#include "../../trainer/likelihood.h"
#include "../../trainer/purchase_model.h"
#include "core_fixture.h"

#define assert_close(a, b, relative) assert_near((a), (b), (relative)*fabs(b))

static inline double random_normal(uint64_t *seed) {
    return sqrt(-2 * log(1 - random_unit(seed))) * cos(2 * M_PI * random_unit(seed));
}

static inline double random_exponential(uint64_t *seed, double rate) {
    return -log(1 - random_unit(seed)) / rate;
}

/* Of rate 1 (Marsaglia, Tsang 2000). */
static inline double random_gamma(uint64_t *seed, double shape) {
    if (shape < 1)
        return random_gamma(seed, shape + 1) * pow(1 - random_unit(seed), 1 / shape);
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double z = random_normal(seed), v = pow(1 + c * z, 3);
        if (v > 0 && log(1 - random_unit(seed)) < z * z / 2 + d - d * v + d * log(v))
            return d * v;
    }
}

static inline double random_beta(uint64_t *seed, double a, double b) {
    double x = random_gamma(seed, a);
    return x / (x + random_gamma(seed, b));
}

/* A customer's life from the first order at 0, seen until T, and what comes in the `future` after that. Parameters as those of
   struct purchase_model; third 0: nobody leaves. */
static inline struct history random_history(uint64_t *seed, const struct purchase_model *model, double T, double future,
                                            bool *alive, int *bought) {
    const double *p = model->parameters;
    struct history history = { 0, 0, T };
    double rate = random_gamma(seed, p[0]) / p[1], life = INFINITY, leaves = 0;
    if (p[2] > 0 && model->type == PURCHASE_PARETO)
        life = random_exponential(seed, random_gamma(seed, p[2]) / p[3]);
    else if (p[2] > 0)
        leaves = random_beta(seed, p[2], p[3]);
    if (model->type == PURCHASE_MBGNBD && random_unit(seed) < leaves)
        life = 0;
    *bought = 0;
    *alive = life > T;
    for (double t = random_exponential(seed, rate); t <= life && t <= T + future; t += random_exponential(seed, rate)) {
        if (t <= T)
            history.x++, history.tx = t;
        else
            ++*bought;
        if (random_unit(seed) < leaves) {
            *alive = t > T;
            break;
        }
    }
    return history;
}

/* n of them, of ages between half of T and T; each time rounded up to a multiple of `grain` when that is not 0. */
static inline struct history *random_histories(uint64_t seed, const struct purchase_model *model, size_t n, double T,
                                               double grain) {
    struct history *histories = xcalloc(n, sizeof *histories);
    for (size_t i = 0; i < n; i++) {
        bool alive;
        int bought;
        double age = T * (1 - random_unit(&seed) / 2);
        if (grain > 0)
            age = ceil(age / grain) * grain;
        histories[i] = random_history(&seed, model, age, 0, &alive, &bought);
        if (grain > 0)
            histories[i].tx = fmin(ceil(histories[i].tx / grain) * grain, age);
    }
    return histories;
}

/* Gradient against differences of the value, Hessian against differences of the gradient: central ones of fourth order. */
static inline void check_derivatives(const struct problem *problem, const double *parameters, double tolerance) {
    static const struct {
        double steps, weight;
    } stencil[] = { { -2, 1.0 / 12 }, { -1, -8.0 / 12 }, { 1, 8.0 / 12 }, { 2, -1.0 / 12 } };
    struct curve at = { 0 };
    problem->log_likelihood(problem->data, parameters, DEPTH_HESSIAN, &at);
    for (int i = 0; i < problem->n; i++) {
        double step = 2e-3 * parameters[i], value = 0, gradient[PARAMETERS_MAX] = { 0 };
        for (int k = 0; k < 4; k++) {
            double moved[PARAMETERS_MAX];
            struct curve there = { 0 };
            memcpy(moved, parameters, sizeof moved);
            moved[i] += stencil[k].steps * step;
            problem->log_likelihood(problem->data, moved, DEPTH_GRADIENT, &there);
            value += stencil[k].weight * there.value / step;
            for (int j = 0; j < problem->n; j++)
                gradient[j] += stencil[k].weight * there.gradient[j] / step;
        }
        /* in logarithms, so that all are of the size of the log-likelihood, or less */
        double size = tolerance * (1 + fabs(at.value));
        if (!(fabs(at.gradient[i] - value) * parameters[i] <= size))
            fail_msg("gradient %d: %.12g, by differences %.12g", i, at.gradient[i], value);
        for (int j = 0; j < problem->n; j++) {
            double hessian = i <= j ? at.hessian[i][j] : at.hessian[j][i];
            if (!(fabs(hessian - gradient[j]) * parameters[i] * parameters[j] <= size))
                fail_msg("hessian %d, %d: %.12g, by differences %.12g", i, j, hessian, gradient[j]);
        }
    }
}

#endif
