/* The log-likelihood of the Gamma-Gamma model. */
#ifndef OBEK_TRAINER_GAMMA_GAMMA_LIKELIHOOD_H
#define OBEK_TRAINER_GAMMA_GAMMA_LIKELIHOOD_H

#include "likelihood.h"

#include <stddef.h>

/* Customers in ascending order of x, m. */
struct spendings {
    size_t n;
    struct spent {
        double x, total, log_total; /* total: x m */
        double log_m;
    } * rows;
};

/* ln L of x purchases of mean m: -ln B(p x, q) - p x ln(1 + v / (x m)) - q ln(1 + x m / v) - ln m. Parameters p, q, v; data: a
   struct spendings. Has the type log_likelihood. */
void gamma_gamma_log_likelihood(const void *data, const double *parameters, enum depth depth, struct curve *curve);

#endif
