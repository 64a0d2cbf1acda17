/* BG/NBD and MBG/NBD: after each of k purchases a customer leaves with a probability that is distributed as beta(a, b). In
   the BG/NBD k is x, in the MBG/NBD, where the first order counts, x + 1; else they are the same. */
#include "purchase_likelihood.h"

#include <math.h>

enum { R, ALPHA, A, B };

/* Sums over customers of the same x, from which the derivatives are put together. With l the log odds of having left, p their
   probability: L and d are the derivatives of l / (r + x) by r + x and alpha. */
struct sums {
    double value;
    double p, pL, pd, pdd;           /* weighted by p; pdd: of the second derivative by alpha */
    double v, vL, vd, vLL, vLd, vdd; /* weighted by p (1 - p) */
};

static void add_row(const struct purchases *purchases, const struct tally_row *row, double e, double log_odds,
                    struct sums *sums) {
    double lambda = purchases->lambda[row->T] - purchases->lambda[row->tx];
    double now = purchases->inverse[row->T], then = purchases->inverse[row->tx];
    double d = (purchases->tally->times[row->tx] - purchases->tally->times[row->T]) * now * then; /* now - then */
    double l = e * lambda + log_odds, t = exp(-fabs(l)), w = row->customers, share = 1 / (1 + t);
    double p = w * (l > 0 ? share : t * share), v = w * t * share * share;
    sums->value += w * (fmax(l, 0) + log1p(t));
    sums->p += p;
    sums->pL += p * lambda;
    sums->pd += p * d;
    sums->pdd -= p * d * (now + then);
    sums->v += v;
    sums->vL += v * lambda;
    sums->vd += v * d;
    sums->vLL += v * lambda * lambda;
    sums->vLd += v * lambda * d;
    sums->vdd += v * d * d;
}

/* la, lb: the derivatives of l by a and b. */
static void add_sums(const struct sums *s, double e, double la, double lb, struct curve *curve) {
    curve->value += s->value;
    curve->gradient[R] += s->pL;
    curve->gradient[ALPHA] += e * s->pd;
    curve->gradient[A] += s->p * la;
    curve->gradient[B] += s->p * lb;
    curve->hessian[R][R] += s->vLL;
    curve->hessian[R][ALPHA] += e * s->vLd + s->pd;
    curve->hessian[R][A] += s->vL * la;
    curve->hessian[R][B] += s->vL * lb;
    curve->hessian[ALPHA][ALPHA] += e * e * s->vdd + e * s->pdd;
    curve->hessian[ALPHA][A] += e * s->vd * la;
    curve->hessian[ALPHA][B] += e * s->vd * lb;
    curve->hessian[A][A] += (s->v - s->p) * la * la; /* l has ln a and -ln(b + k - 1) */
    curve->hessian[A][B] += s->v * la * lb;
    curve->hessian[B][B] += (s->v + s->p) * lb * lb;
}

/* ln(1 + e^l), l = (r + x) ln((alpha + T) / (alpha + tx)) + ln(a / (b + k - 1)), of customers with k > 0. */
static void add_mixtures(const struct purchases *purchases, const double *parameters, uint32_t first, struct curve *curve) {
    const struct tally *tally = purchases->tally;
    double a = parameters[A];
    for (uint32_t i = 0; i < tally->n_rows;) {
        uint32_t x = tally->rows[i].x;
        if (x + first == 0) {
            i++;
            continue;
        }
        double e = parameters[R] + x, rest = parameters[B] + (x + first - 1), log_odds = log(a / rest);
        struct sums sums = { 0 };
        for (; i < tally->n_rows && tally->rows[i].x == x; i++)
            add_row(purchases, &tally->rows[i], e, log_odds, &sums);
        add_sums(&sums, e, 1 / a, -1 / rest, curve);
    }
}

/* ln B(a, b + k) / B(a, b) = -sum over j < k of ln(1 + a / (b + j)): the difference of lgamma's cancels. */
static void add_stayed(double customers, double j, const double *parameters, struct curve *curve) {
    double a = parameters[A], b = parameters[B] + j, sum = 1 / (a + b), without = 1 / b;
    curve->value -= customers * log1p(a / b);
    curve->gradient[A] -= customers * sum;
    curve->gradient[B] += customers * a * sum * without;
    curve->hessian[A][A] += customers * sum * sum;
    curve->hessian[A][B] += customers * sum * sum;
    curve->hessian[B][B] -= customers * a * sum * without * (sum + without);
}

void bgnbd_log_likelihood(const void *data, const double *parameters, enum depth depth, struct curve *curve) {
    const struct purchases *purchases = data;
    const struct tally *tally = purchases->tally;
    nbd_log_likelihood(data, parameters, depth, curve);
    for (uint32_t j = 0; j < tally->x_max; j++)
        add_stayed(tally->above[j], j, parameters, curve);
    add_mixtures(purchases, parameters, 0, curve);
}

void mbgnbd_log_likelihood(const void *data, const double *parameters, enum depth depth, struct curve *curve) {
    const struct purchases *purchases = data;
    const struct tally *tally = purchases->tally;
    nbd_log_likelihood(data, parameters, depth, curve);
    add_stayed(tally->customers, 0, parameters, curve);
    for (uint32_t j = 0; j < tally->x_max; j++)
        add_stayed(tally->above[j], j + 1.0, parameters, curve);
    add_mixtures(purchases, parameters, 1, curve);
}
