/* Purchase models by maximum likelihood, penalised or not. */
#ifndef OBEK_TRAINER_PURCHASE_FIT_H
#define OBEK_TRAINER_PURCHASE_FIT_H

#include "fit_warnings.h"
#include "purchase_model.h"

struct purchase_fit {
    struct purchase_model model;
    double standard_errors[PURCHASE_PARAMETERS]; /* NaN: none, and a warning says why */
    double log_likelihood;                       /* without the penalty, in the histories' unit of time */
    double nbd_log_likelihood;                   /* of the limit in which nobody leaves, at its own best parameters */
    size_t customers, repeaters;                 /* repeaters: x > 0 */
    struct fit_warnings warnings;
};

/* Minimises the mean negative log-likelihood + penalty * the sum of the squared parameters, all times divided by the largest T;
   alpha and beta are scaled back. penalty >= 0, 0: none. The order of the customers does not matter.
   Where the limit in which nobody leaves is as likely, the answer is that limit, and a warning says so (FIT_NO_DROPOUT).
   False: nothing can be learned (no customer, a history that cannot be, no repeat purchase, no time) or Ctrl-C. */
bool purchase_fit(enum purchase_model_type type, const struct history *histories, size_t n, double penalty,
                  struct purchase_fit *fit, struct error *error);

#endif
