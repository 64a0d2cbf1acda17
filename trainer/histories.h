/* Customers as the models of purchases and spending see them (recipe, cltv). */
#ifndef OBEK_TRAINER_HISTORIES_H
#define OBEK_TRAINER_HISTORIES_H

#include "gamma_gamma_fit.h"
#include "learn.h"

/* Fills a history and a spending for every customer. */
bool histories_fill(const struct customers *customers, const struct recipe_scheme *scheme, struct history *histories,
                    struct spending *spendings, struct error *error);
/* Purchases of customer i in (as_of, until], counted as the recipe counts them; 0 where the input is not of orders. */
double history_bought_until(const struct customers *customers, const struct recipe_scheme *scheme, size_t i, int64_t until);

#endif
