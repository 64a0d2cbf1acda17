/* What a fitted model expected of the customers, held against what later orders of the input show. */
#ifndef OBEK_TRAINER_HOLDOUT_H
#define OBEK_TRAINER_HOLDOUT_H

#include "histories.h"

#include <jansson.h>

/* For each horizon of the recipe {horizon, expected, bought, groups}: purchases of all customers in (as_of, as_of + horizon], and
   the same of the customers who had bought equally often by as_of, {x, and_more, customers, expected, bought}; groups without a
   customer are left out. expected[h] has the model's answer of every customer. Empty when the input has no order after as_of. */
json_t *holdout_json(const struct customers *customers, const struct recipe_scheme *scheme, const struct history *histories,
                     double *const *expected);

#endif
