/* How a feature was spread when the model was learned, and how far from that it is now: the population stability index (PSI), the
   sum over bins of (now - then) ln(now / then) of the shares. Below 0.1 is usually taken for alike, above 0.25 for another
   population. Pure. */
#ifndef OBEK_HISTOGRAM_H
#define OBEK_HISTOGRAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_BINS_MAX 32

struct histogram {
    int n;                            /* bins, at least 2 */
    double from[HISTOGRAM_BINS_MAX];  /* the least value of a bin, ascending; the first one's is -INFINITY */
    double share[HISTOGRAM_BINS_MAX]; /* of the training's customers; at least 0.01 but perhaps in the bin of +INFINITY, sum 1 */
};

/* Reads a member of a model's trained_on.features (docs/training.md): bins between its quantiles where values hardly repeat, so
   that a long tail does not put nearly all into one; else those of its histogram, neighbours put together until each holds a
   hundredth; and one for infinite values. False: it does not say, or all values are alike. */
bool histogram_read(struct histogram *histogram, const json_t *feature);
/* The bin of a value; NAN is in none: -1. */
int histogram_bin(const struct histogram *histogram, double value);
/* counts: of now, by bin. A bin without any counts as half a customer, so that the index stays finite. NAN: nobody is counted. */
double histogram_psi(const struct histogram *histogram, const uint32_t *counts);

#endif
