/* How much a customer spends at a time: the Gamma-Gamma model (Fader, Hardie 2013) by maximum likelihood, penalised or not. */
#ifndef OBEK_TRAINER_GAMMA_GAMMA_FIT_H
#define OBEK_TRAINER_GAMMA_GAMMA_FIT_H

#include "fit_warnings.h"
#include "obek/bgnbd.h"
#include "obek/error.h"

#include <stddef.h>

/* One customer. What m is the mean of (all orders or the repeat ones) and what x counts is the caller's; they must go together.
 */
struct spending {
    double x; /* purchases: a whole number, at most 1e6; 0: nothing is known, left out */
    double m; /* their mean value, 0 <= m <= 1e15; 0: left out with a warning; not looked at when x is 0 */
};

struct gamma_gamma_fit {
    struct gamma_gamma model;
    double standard_errors[3]; /* of p, q, v. NaN: none, and a warning says why */
    double log_likelihood;     /* without the penalty */
    double mean;      /* expected value of a purchase of a customer of whom nothing is known: p v / (q - 1); +infinity for
                         q <= 1 */
    size_t customers; /* learned from */
    size_t without_purchases, without_value; /* left out: x = 0; m = 0 */
    struct fit_warnings warnings;
};

/* Minimises the mean negative log-likelihood + penalty * (p^2 + q^2 + v^2), in the values' own unit. penalty >= 0, 0: none.
   q_min: 0, or a number above 1 that q is not to fall below, so that there is a mean. The order of the customers does not matter.
   False: nothing can be learned (nobody has both purchases and a value, or values cannot be; the error names the customer,
   counted from 1) or Ctrl-C. */
bool gamma_gamma_fit(const struct spending *spendings, size_t n, double penalty, double q_min, struct gamma_gamma_fit *fit,
                     struct error *error);

#endif
