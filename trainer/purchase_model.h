/* How often, and whether still, a customer buys: three models, and what they expect of one customer. */
#ifndef OBEK_TRAINER_PURCHASE_MODEL_H
#define OBEK_TRAINER_PURCHASE_MODEL_H

#include "tally.h"

enum purchase_model_type { PURCHASE_BGNBD, PURCHASE_MBGNBD, PURCHASE_PARETO };

#define PURCHASE_PARAMETERS 4

struct purchase_model {
    enum purchase_model_type type;
    /* bgnbd, mbgnbd: r, alpha, a, b; pareto: r, alpha, s, beta. alpha and beta are in the histories' unit of time. The third
       and the fourth are 0 when nobody ever leaves (the NBD). */
    double parameters[PURCHASE_PARAMETERS];
};

/* "bgnbd", "mbgnbd", "pareto_nbd". Only the first is served by obek run. */
const char *purchase_model_name(enum purchase_model_type type);
/* "r", "alpha", ... */
const char *purchase_parameter_name(enum purchase_model_type type, int i);

#define FORECAST_HORIZONS_MAX 16

/* What is asked for; times in the histories' unit. */
struct forecast_plan {
    int n_horizons;
    double horizons[FORECAST_HORIZONS_MAX]; /* > 0 */
    double month;                           /* MONTH_DAYS in that unit */
    int months;                             /* >= 1 */
    double discount;                        /* a month, >= 0 */
};

struct forecast {
    double p_alive;                          /* at T */
    double purchases[FORECAST_HORIZONS_MAX]; /* expected in (T, T + horizon] */
    double discounted;                       /* expected purchases of all months, discounted: see discounted_purchases() */
};

/* Of one customer. Their expected value over the months is `discounted` times the expected value of a purchase
   (gamma_gamma_mean). */
void forecast_customer(const struct purchase_model *model, const struct history *history, const struct forecast_plan *plan,
                       struct forecast *forecast);

#endif
