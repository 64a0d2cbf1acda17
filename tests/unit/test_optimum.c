/* The search for the greatest likelihood, on likelihoods that are easy to write down. */
#include "../../trainer/likelihood.h"
#include "core_fixture.h"
#include "obek/interrupt.h"

#include <signal.h>

/* n observations with mean m and mean square m2 of a normal distribution with mean p[0] and deviation p[1]. */
struct normal {
    double n, m, m2;
};

static void normal_log_likelihood(const void *data, const double *p, enum depth depth, struct curve *curve) {
    (void)depth;
    const struct normal *d = data;
    double mu = p[0], s = p[1], square = d->m2 - 2 * mu * d->m + mu * mu;
    curve->value = -d->n * (log(s) + square / (2 * s * s));
    curve->gradient[0] = d->n * (d->m - mu) / (s * s);
    curve->gradient[1] = -d->n * (1 / s - square / (s * s * s));
    curve->hessian[0][0] = -d->n / (s * s);
    curve->hessian[0][1] = -2 * d->n * (d->m - mu) / (s * s * s);
    curve->hessian[1][1] = d->n * (1 / (s * s) - 3 * square / (s * s * s * s));
}

static const struct normal sample = { 400, 3, 9.25 }; /* deviation 0.5 */

static struct problem problem_of(log_likelihood *function, const void *data, int n, double customers) {
    return (struct problem){ .n = n,
                             .log_likelihood = function,
                             .data = data,
                             .customers = customers,
                             .low = { 1e-6, 1e-6, 1e-6, 1e-6 },
                             .high = { 1e6, 1e6, 1e6, 1e6 } };
}

static struct optimum find(const struct problem *problem, double first, double second) {
    const double starts[1][PARAMETERS_MAX] = { { first, second, 1, 1 } };
    struct optimum optimum;
    struct error error;
    assert_true(optimum_find(problem, 1, starts, &optimum, &error));
    return optimum;
}

static void finds_the_maximum_to_the_last_digits(void **state) {
    (void)state;
    struct problem problem = problem_of(normal_log_likelihood, &sample, 2, 400);
    static const double starts[][2] = { { 1, 1 }, { 1e-3, 20 }, { 500, 0.01 }, { 2.9, 0.4 } };
    for (size_t i = 0; i < 4; i++) {
        struct optimum optimum = find(&problem, starts[i][0], starts[i][1]);
        assert_near(optimum.parameters[0], 3, 1e-13);
        assert_near(optimum.parameters[1], 0.5, 1e-13);
        assert_near(optimum.objective, log(0.5) + 0.5, 1e-14);
        assert_true(optimum.converged && optimum.at_bound == 0);
        double errors[PARAMETERS_MAX];
        assert_true(optimum_standard_errors(&problem, &optimum, errors));
        assert_near(errors[0], 0.5 / sqrt(400), 1e-12);
        assert_near(errors[1], 0.5 / sqrt(800), 1e-12);
    }
}

static void a_penalty_is_on_the_squared_parameters(void **state) {
    (void)state;
    struct problem problem = problem_of(normal_log_likelihood, &sample, 2, 400);
    problem.penalty = 0.3;
    struct optimum optimum = find(&problem, 1, 1);
    double mu = optimum.parameters[0], s = optimum.parameters[1];
    assert_near((3 - mu) / (s * s), 2 * 0.3 * mu, 1e-10); /* both derivatives are zero */
    assert_near(1 / s - (0.25 + (3 - mu) * (3 - mu)) / (s * s * s), -2 * 0.3 * s, 1e-10);
    assert_near(optimum.objective, log(s) + (0.25 + (3 - mu) * (3 - mu)) / (2 * s * s) + 0.3 * (mu * mu + s * s), 1e-12);
}

static void a_bound_that_holds_is_reported(void **state) {
    (void)state;
    struct problem problem = problem_of(normal_log_likelihood, &sample, 2, 400);
    problem.high[0] = 2;
    struct optimum optimum = find(&problem, 1, 1);
    assert_true(optimum.converged && optimum.at_bound == 1);
    assert_true(optimum.parameters[0] == 2);
    assert_near(optimum.parameters[1], sqrt(1.25), 1e-12);
    double errors[PARAMETERS_MAX] = { 1, 1 };
    assert_false(optimum_standard_errors(&problem, &optimum, errors));
    assert_true(isnan(errors[0]) && isnan(errors[1]));
}

/* No maximum: rises ever more slowly as the first grows and the second shrinks. */
static void rising_log_likelihood(const void *data, const double *p, enum depth depth, struct curve *curve) {
    (void)data, (void)depth;
    curve->value = -1 / p[0] - p[1];
    curve->gradient[0] = 1 / (p[0] * p[0]);
    curve->gradient[1] = -1;
    curve->hessian[0][0] = -2 / (p[0] * p[0] * p[0]);
}

static void what_runs_off_ends_at_its_bounds(void **state) {
    (void)state;
    struct problem problem = problem_of(rising_log_likelihood, NULL, 2, 1);
    struct optimum optimum = find(&problem, 1, 1);
    assert_int_equal(optimum.at_bound, 3);
    assert_true(optimum.parameters[0] == 1e6 && optimum.parameters[1] == 1e-6 && optimum.converged);
}

/* Two hills of unequal height, in the logarithms. */
static void hills_log_likelihood(const void *data, const double *p, enum depth depth, struct curve *curve) {
    (void)data, (void)depth;
    double u = log(p[0]);
    for (int i = 0; i < 2; i++) {
        double away = u - (i == 0 ? -3 : 3), hill = (1 + i) * exp(-away * away / 2), slope = -away * hill;
        curve->value += hill;
        curve->gradient[0] += slope / p[0];
        curve->hessian[0][0] += ((away * away - 1) * hill - slope) / (p[0] * p[0]);
    }
}

static void the_best_of_several_starts_wins(void **state) {
    (void)state;
    struct problem problem = problem_of(hills_log_likelihood, NULL, 1, 1);
    struct optimum optimum = find(&problem, exp(-2.5), 0);
    assert_near(log(optimum.parameters[0]), -3, 1e-6); /* the lower one */
    const double starts[][PARAMETERS_MAX] = { { exp(-2.5) }, { exp(2) }, { exp(-3.5) } };
    struct error error;
    assert_true(optimum_find(&problem, 3, starts, &optimum, &error));
    assert_near(log(optimum.parameters[0]), 3, 1e-6);
    double near[PARAMETERS_MAX];
    assert_true(optimum_near(&problem, 3, starts, near, &error));
    assert_near(log(near[0]), 3, 1e-2);
}

/* Far from the maximum the gradient points the wrong way: only the simplex, which does not ask for it, gets there. */
static void lying_log_likelihood(const void *data, const double *p, enum depth depth, struct curve *curve) {
    normal_log_likelihood(data, p, depth, curve);
    if (fabs(log(p[0] / 3)) + fabs(log(p[1] / 0.5)) > 0.1)
        for (int i = 0; i < 2; i++) {
            curve->gradient[i] = -curve->gradient[i];
            for (int j = 0; j < 2; j++)
                curve->hessian[i][j] = 0;
        }
}

static void the_simplex_takes_over_where_the_gradient_fails(void **state) {
    (void)state;
    struct problem problem = problem_of(lying_log_likelihood, &sample, 2, 400);
    struct optimum optimum = find(&problem, 1, 1);
    assert_true(optimum.converged);
    assert_near(optimum.parameters[0], 3, 1e-13);
    assert_near(optimum.parameters[1], 0.5, 1e-13);
}

/* A gradient that is wrong everywhere. */
static void hopeless_log_likelihood(const void *data, const double *p, enum depth depth, struct curve *curve) {
    normal_log_likelihood(data, p, depth, curve);
    curve->gradient[0] += 100;
}

static void no_convergence_is_no_secret(void **state) {
    (void)state;
    struct problem problem = problem_of(hopeless_log_likelihood, &sample, 2, 400);
    struct optimum optimum = find(&problem, 1, 1);
    assert_false(optimum.converged);
    assert_near(optimum.parameters[0], 3, 1e-4); /* as far as the simplex sees */
}

static void an_interrupt_ends_the_search(void **state) {
    (void)state;
    struct problem problem = problem_of(normal_log_likelihood, &sample, 2, 400);
    const double starts[1][PARAMETERS_MAX] = { { 1, 1 } };
    struct optimum optimum;
    struct error error;
    double near[PARAMETERS_MAX];
    interrupt_catch();
    raise(SIGINT);
    assert_false(optimum_find(&problem, 1, starts, &optimum, &error));
    assert_string_equal(error.text, "interrupted");
    assert_false(optimum_near(&problem, 1, starts, near, &error));
    interrupt_catch();
    assert_true(optimum_find(&problem, 1, starts, &optimum, &error));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_maximum_to_the_last_digits), cmocka_unit_test(a_penalty_is_on_the_squared_parameters),
        cmocka_unit_test(a_bound_that_holds_is_reported),       cmocka_unit_test(what_runs_off_ends_at_its_bounds),
        cmocka_unit_test(the_best_of_several_starts_wins),      cmocka_unit_test(the_simplex_takes_over_where_the_gradient_fails),
        cmocka_unit_test(no_convergence_is_no_secret),          cmocka_unit_test(an_interrupt_ends_the_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
