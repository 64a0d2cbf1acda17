#include "bands.h"
#include "obek/buffer.h"
#include "quantiles.h"

#include <math.h>
#include <stdlib.h>

static void warn_of_equal(const double *cuts, int n, struct fit_warnings *warnings) {
    double below = 0;
    for (int i = 0; i < n; i++) {
        if (!(cuts[i] > below)) {
            fit_warn(warnings, FIT_EQUAL_CUTS, "cut %d of %d is %g", i + 1, n, cuts[i]);
            return;
        }
        below = cuts[i];
    }
}

bool bands_fit(const double *values, size_t n, int n_bands, double *cuts, struct fit_warnings *warnings, struct error *error) {
    if (n == 0)
        return error_set(error, "there is no customer to learn from");
    for (size_t i = 0; i < n; i++)
        if (!(values[i] >= 0 && isfinite(values[i])))
            return error_set(error, "customer %zu: %g is no value", i + 1, values[i]);
    double *shares = xcalloc((size_t)n_bands, sizeof *shares);
    for (int i = 1; i < n_bands; i++)
        shares[i - 1] = (double)i / n_bands;
    quantiles(values, n, shares, n_bands - 1, cuts);
    free(shares);
    warn_of_equal(cuts, n_bands - 1, warnings);
    return true;
}
