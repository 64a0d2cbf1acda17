/* Bands of a value (oracles, "CLTV"): cut points at interpolated quantiles, a value equal to one belonging below it. The band of
   a value is the number of cuts below it (cuts_below of core/cuts.h), the lowest 0. */
#ifndef OBEK_TRAINER_BANDS_H
#define OBEK_TRAINER_BANDS_H

#include "fit_warnings.h"
#include "obek/error.h"

#include <stddef.h>

/* Fills in n_bands - 1 cuts, ascending; n_bands >= 2. Equal ones, or one that is 0, are warned of (FIT_EQUAL_CUTS): such bands
   cannot be served. False: no value, or one that is negative or no number; the error names the customer, counted from 1. */
bool bands_fit(const double *values, size_t n, int n_bands, double *cuts, struct fit_warnings *warnings, struct error *error);

#endif
