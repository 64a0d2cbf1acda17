#include "obek/bgnbd.h"

#include <math.h>

#define NEGLIGIBLE 1e-18 /* a term against its sum */

double bgnbd_p_alive(const struct bgnbd *model, double x, double tx, double T) {
    if (x == 0 || model->a < BGNBD_NO_DROPOUT)
        return 1;
    double log_odds = (model->r + x) * log((model->alpha + T) / (model->alpha + tx)) + log(model->a / (model->b + x - 1));
    return 1 / (1 + exp(log_odds));
}

/* The purchases to come of a customer who never drops out are negative binomial: shape s, P(n + 1) / P(n) = z (s + n) / (n + 1).
   Of n such purchases one who drops out with a probability distributed as beta(a, b) makes W(n) = sum over j < n of
   (b)_j / (a + b)_j. The answer is the sum of P(n) W(n): every term is positive, whatever the parameters. */
static double sum_over_purchases(double s, double z, double a, double b) {
    double p = 1, w = 1, made = 0, sum = 0, log_scale = s * log1p(-z);
    for (int n = 0;; n++) {
        double ratio = z * (s + n) / (n + 1);
        made += w;
        w *= (b + n) / (a + b + n);
        p *= ratio;
        sum += p * made;
        if (ratio < 1 && p * made <= NEGLIGIBLE * sum)
            return sum * exp(log_scale);
        if (sum > 0x1p500) {
            p *= 0x1p-500;
            sum *= 0x1p-500;
            log_scale += 500 * M_LN2;
        }
    }
}

/* oracles "Stable formulas" with its bracket divided out, so that neither a = 1 nor c = 0 is special. For u = a - 1, k = a + b -
   1 - r, 2F1(k, u; c; z) = 1 + (u / c) S with S = k z sum over n of (k + 1)_n (a)_n z^n / ((c + 1)_n (n + 1)!), and (c / u) (1 -
   (1 - z)^u 2F1) = -c ((1 - z)^u - 1) / u - (1 - z)^u S. Not finite where (a)_n z^n overflows. */
static double bracket(double z, double a, double c, double k) {
    double u = a - 1, log_rest = log1p(-z), powered = u * log_rest;
    double term = k * z, sum = term;
    for (int n = 0; fabs(term) > NEGLIGIBLE * fabs(sum); n++) {
        term *= z * (k + 1 + n) * (a + n) / ((c + 1 + n) * (n + 2));
        sum += term;
    }
    double first = u == 0 ? log_rest : expm1(powered) / u;
    return -c * first - exp(powered) * sum;
}

double bgnbd_purchases_alive(const struct bgnbd *model, double t, double x, double T) {
    double s = model->r + x, beta = model->alpha + T, a = model->a, b = model->b + x;
    if (a < BGNBD_NO_DROPOUT)
        return s * t / beta;
    double z = t / (beta + t), c = a + b - 1, k = c - s;
    /* the bracket loses digits where c is much greater than c - k, and alternates wildly where -k is much greater than c */
    if (k >= -(c + 1) && c <= 64 * s) {
        double purchases = bracket(z, a, c, k);
        if (isfinite(purchases))
            return purchases;
    }
    return sum_over_purchases(s, z, a, b);
}

/* With d = 1 / (1 + discount), the sum over i of (E(i) - E(i - 1)) d^i is (Abel) the sum over i < n of E(i) (d^i - d^(i+1)), and
   E(n) d^n. No factor is negative, and every E(i) falls as T grows: with p the dropout, the BG/NBD's E(i) is the mean over p of
   (1 - (1 + p t / (alpha + T))^-(r + x)) / p. */
double discounted_purchases(purchases_alive *purchases, const void *model, double month, int months, double discount, double x,
                            double T) {
    double d = 1 / (1 + discount), power = d, sum = 0;
    for (int i = 1; i <= months; i++) {
        double weight = i < months ? power * (1 - d) : power;
        if (weight > 0)
            sum += weight * purchases(model, month * i, x, T);
        power *= d;
    }
    return sum;
}

double gamma_gamma_mean(const struct gamma_gamma *model, double x, double m) {
    return model->p * (model->v + x * m) / (model->p * x + model->q - 1);
}
