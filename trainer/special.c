#include "special.h"

#include <math.h>

#define LARGE 10 /* from here on the asymptotic series are exact to a double */

/* ln gamma(x) - ((x - 1/2) ln x - x + ln(2 pi) / 2): Stirling's series (Abramowitz, Stegun 6.1.41). */
static double stirling_rest(double x) {
    double w = 1 / (x * x);
    return (1.0 / 12 -
            w * (1.0 / 360 - w * (1.0 / 1260 - w * (1.0 / 1680 - w * (1.0 / 1188 - w * (691.0 / 360360 - w / 156)))))) /
           x;
}

double log_beta(double a, double b) {
    double small = fmin(a, b), large = fmax(a, b), sum = a + b;
    if (large < LARGE)
        return lgamma(small) + lgamma(large) - lgamma(sum);
    double rest = stirling_rest(large) - stirling_rest(sum);
    if (small < LARGE)
        return lgamma(small) - small * log(sum) - (large - 0.5) * log1p(small / large) + small + rest;
    return 0.5 * log(2 * M_PI / large) - (small - 0.5) * log1p(large / small) - large * log1p(small / large) + rest +
           stirling_rest(small);
}

/* 6.3.18, after 6.3.5 has moved x up. */
double digamma(double x) {
    double sum = 0;
    while (x < LARGE) {
        sum -= 1 / x;
        x += 1;
    }
    double w = 1 / (x * x);
    double series =
        w * (1.0 / 12 - w * (1.0 / 120 - w * (1.0 / 252 - w * (1.0 / 240 - w * (1.0 / 132 - w * (691.0 / 32760 - w / 12))))));
    return sum + log(x) - 0.5 / x - series;
}

/* 6.4.12, after 6.4.6 has moved x up. */
double trigamma(double x) {
    double sum = 0;
    while (x < LARGE) {
        sum += 1 / (x * x);
        x += 1;
    }
    double w = 1 / (x * x);
    double series =
        w * (1.0 / 6 - w * (1.0 / 30 - w * (1.0 / 42 - w * (1.0 / 30 - w * (5.0 / 66 - w * (691.0 / 2730 - w * 7 / 6))))));
    return sum + (1 + 0.5 / x + series) / x;
}
