#include "quantiles.h"
#include "obek/buffer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Interpolated from the nearer end, so that it is exact there and rises with q. */
double quantile_sorted(const double *sorted, size_t n, double q) {
    double place = (double)(n - 1) * q, lower = floor(place), share = place - lower;
    size_t i = (size_t)lower;
    if (i >= n - 1)
        return sorted[n - 1];
    double step = sorted[i + 1] - sorted[i];
    return share < 0.5 ? sorted[i] + step * share : sorted[i + 1] - step * (1 - share);
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

void quantiles(const double *values, size_t n, const double *q, int n_q, double *out) {
    double *sorted = xmalloc(n * sizeof *sorted);
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    for (int i = 0; i < n_q; i++)
        out[i] = quantile_sorted(sorted, n, q[i]);
    free(sorted);
}
