#include "kmeans_fit.h"

#define TIE 1e-12 /* what rounding may make of equal numbers between 0 and 1 */

size_t kmeans_elbow(const double *inertias, size_t n) {
    size_t knee = 0;
    double most = 0, low, high;
    if (n < 3)
        return 0;
    low = high = inertias[0];
    for (size_t i = 1; i < n; i++) {
        low = inertias[i] < low ? inertias[i] : low;
        high = inertias[i] > high ? inertias[i] : high;
    }
    for (size_t i = 0; i < n && high > low; i++) {
        double x = (double)i / (double)(n - 1), y = (inertias[i] - low) / (high - low), above = (1 - y) - x;
        if (above > most + TIE) {
            most = above;
            knee = i;
        }
    }
    return knee;
}
