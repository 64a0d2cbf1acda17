#include "gamma_gamma_likelihood.h"
#include "special.h"

#include <math.h>

enum { P, Q, V };

/* What depends on x alone, of `customers` of them. */
static void add_beta(double customers, double x, const double *parameters, enum depth depth, struct curve *curve) {
    double px = parameters[P] * x, q = parameters[Q];
    curve->value -= customers * log_beta(px, q);
    if (depth == DEPTH_VALUE)
        return;
    double sum = digamma(px + q);
    curve->gradient[P] += customers * x * (sum - digamma(px));
    curve->gradient[Q] += customers * (sum - digamma(q));
    if (depth == DEPTH_GRADIENT)
        return;
    sum = trigamma(px + q);
    curve->hessian[P][P] += customers * x * x * (sum - trigamma(px));
    curve->hessian[P][Q] += customers * x * sum;
    curve->hessian[Q][Q] += customers * (sum - trigamma(q));
}

static void add_total(const struct spent *row, const double *parameters, double log_v, struct curve *curve) {
    double v = parameters[V], px = parameters[P] * row->x, q = parameters[Q], total = row->total;
    double log_ratio = row->log_total - log_v, rest = log1p(exp(-fabs(log_ratio)));
    double over = rest + fmax(-log_ratio, 0), under = rest + fmax(log_ratio, 0); /* ln(1 + v / (x m)), ln(1 + x m / v) */
    double sum = 1 / (total + v), share = total * sum / v;
    curve->value -= px * over + q * under + row->log_m;
    curve->gradient[P] -= row->x * over;
    curve->gradient[Q] -= under;
    curve->gradient[V] += q * share - px * sum;
    curve->hessian[P][V] -= row->x * sum;
    curve->hessian[Q][V] += share;
    curve->hessian[V][V] += px * sum * sum - q * share * (sum + 1 / v);
}

void gamma_gamma_log_likelihood(const void *data, const double *parameters, enum depth depth, struct curve *curve) {
    const struct spendings *spendings = data;
    double log_v = log(parameters[V]);
    for (size_t i = 0; i < spendings->n;) {
        size_t first = i;
        for (; i < spendings->n && spendings->rows[i].x == spendings->rows[first].x; i++)
            add_total(&spendings->rows[i], parameters, log_v, curve);
        add_beta((double)(i - first), spendings->rows[first].x, parameters, depth, curve);
    }
}
