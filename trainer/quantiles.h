/* Quantiles by linear interpolation between the two nearest values, as numpy has them by default, to the last bit. */
#ifndef OBEK_TRAINER_QUANTILES_H
#define OBEK_TRAINER_QUANTILES_H

#include <stddef.h>

/* q in [0, 1]; values ascending, n > 0, no NaN. */
double quantile_sorted(const double *sorted, size_t n, double q);
/* The same of values in any order, which stay as they are. */
void quantiles(const double *values, size_t n, const double *q, int n_q, double *out);

#endif
