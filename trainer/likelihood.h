/* A log-likelihood of up to four positive parameters, and where it is greatest. */
#ifndef OBEK_TRAINER_LIKELIHOOD_H
#define OBEK_TRAINER_LIKELIHOOD_H

#include "obek/error.h"

#define PARAMETERS_MAX 4

/* How much of it is asked for; each includes what is before it. */
enum depth { DEPTH_VALUE, DEPTH_GRADIENT, DEPTH_HESSIAN };

/* In the parameters themselves, not their logarithms. Only the upper triangle (row <= column) of the Hessian is filled in. */
struct curve {
    double value;
    double gradient[PARAMETERS_MAX];
    double hessian[PARAMETERS_MAX][PARAMETERS_MAX];
};

/* The sum over all customers. Finite for all parameters within the bounds; `curve` comes in as zero. */
typedef void log_likelihood(const void *data, const double *parameters, enum depth depth, struct curve *curve);

/* Minimised is -log_likelihood / customers + penalty * sum of the squared parameters, as lifetimes does it (oracles, "CLTV"). */
struct problem {
    int n; /* parameters */
    log_likelihood *log_likelihood;
    const void *data;
    double customers;                                 /* > 0 */
    double penalty;                                   /* >= 0 */
    double low[PARAMETERS_MAX], high[PARAMETERS_MAX]; /* 0 < low < high */
};

struct optimum {
    double parameters[PARAMETERS_MAX];
    double objective;
    struct curve curve; /* DEPTH_HESSIAN, there */
    unsigned at_bound;  /* bit i: the objective would fall beyond a bound of parameter i */
    bool converged;     /* the gradient along the parameters not at a bound is zero but for rounding */
};

/* Searches from each of the starts (rows of problem->n, within the bounds) with NLopt's SLSQP on the logarithms of the
   parameters, finishes with Newton's steps and takes the best; where that has not converged, Nelder and Mead's simplex goes on
   from there, and Newton's steps once more. The same problem gives the same bits. False on Ctrl-C only. */
bool optimum_find(const struct problem *problem, int n_starts, const double (*starts)[PARAMETERS_MAX], struct optimum *optimum,
                  struct error *error);

/* Only the first part of it, the gradient's search: near enough to go on from with a similar problem. */
bool optimum_near(const struct problem *problem, int n_starts, const double (*starts)[PARAMETERS_MAX], double *parameters,
                  struct error *error);

/* Square roots of the diagonal of the inverse of minus the log-likelihood's Hessian at the optimum (where the gradient is zero,
   this is what the delta method makes of the Hessian in the logarithms). All NaN, and false, where that matrix is not positive
   definite or a parameter is at a bound. */
bool optimum_standard_errors(const struct problem *problem, const struct optimum *optimum, double *errors);

#endif
