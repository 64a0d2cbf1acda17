/* Customers' purchase histories, checked and grouped, so that a likelihood costs as much as there are different ones. */
#ifndef OBEK_TRAINER_TALLY_H
#define OBEK_TRAINER_TALLY_H

#include "obek/error.h"

#include <stddef.h>
#include <stdint.h>

/* One customer, as the purchase models see them. The unit of time is the caller's. */
struct history {
    double x;  /* purchases that count: a whole number, at most HISTORY_PURCHASES_MAX */
    double tx; /* time of the last of them since the customer's first order; 0 when x is 0 */
    double T;  /* age, from the first order to now; 0 <= tx <= T <= HISTORY_TIME_MAX */
};

#define HISTORY_PURCHASES_MAX 1000000
#define HISTORY_TIME_MAX 1e12
#define HISTORIES_MAX 1000000000

/* Customers of the same x, tx, T. */
struct tally_row {
    uint32_t x, tx, T; /* the times are indices of tally.times */
    uint32_t customers;
};

/* Rows in ascending order of x, T, tx, whatever the order of the customers: so the same customers give the same bits. */
struct tally {
    double customers, repeaters; /* repeaters: x > 0 */
    double purchases;
    double time_unit; /* the largest T; times here are divided by it */
    uint32_t n_times;
    double *times; /* ascending, distinct, within [0, 1] */
    uint32_t n_rows;
    struct tally_row *rows;
    /* what the parts of a likelihood need in which tx does not appear */
    double *customers_at, *purchases_at; /* by index of T */
    uint32_t x_max;
    double *above; /* above[j]: customers with x > j; j < x_max */
};

/* Refuses no customers, histories that cannot be (the error names the customer, counted from 1, and why), and times that are
   all 0. */
bool tally_init(struct tally *tally, const struct history *histories, size_t n, struct error *error);
/* Every step-th row. */
void tally_init_sample(struct tally *sample, const struct tally *tally, uint32_t step);
void tally_free(struct tally *tally); /* leaves an empty one behind */

#endif
