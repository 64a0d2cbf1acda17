#include "obek/buffer.h"
#include "purchase_likelihood.h"

#include <math.h>
#include <stdlib.h>

void purchases_init(struct purchases *purchases, const struct tally *tally) {
    purchases->tally = tally;
    purchases->lambda = xcalloc(tally->n_times, sizeof(double));
    purchases->inverse = xcalloc(tally->n_times, sizeof(double));
}

void purchases_free(struct purchases *purchases) {
    free(purchases->lambda);
    free(purchases->inverse);
    *purchases = (struct purchases){ 0 };
}

/* ln gamma(r + x) / gamma(r), customer by customer: a sum over j < x of ln(r + j). */
static void add_gamma_ratios(const struct tally *tally, double r, struct curve *curve) {
    for (uint32_t j = 0; j < tally->x_max; j++) {
        double inverse = 1 / (r + j);
        curve->value += tally->above[j] * log(r + j);
        curve->gradient[0] += tally->above[j] * inverse;
        curve->hessian[0][0] -= tally->above[j] * inverse * inverse;
    }
}

/* r ln alpha - (r + x) ln(alpha + T) is -r lambda(T) - x (ln alpha + lambda(T)): nothing cancels, however large r and alpha. The
   tables are filled in on the way. */
void nbd_log_likelihood(const void *data, const double *parameters, enum depth depth, struct curve *curve) {
    (void)depth; /* all of it costs next to nothing */
    const struct purchases *purchases = data;
    const struct tally *tally = purchases->tally;
    double r = parameters[0], alpha = parameters[1];
    add_gamma_ratios(tally, r, curve);
    curve->value -= tally->purchases * log(alpha);
    for (uint32_t i = 0; i < tally->n_times; i++) {
        double T = tally->times[i], lambda = log1p(T / alpha), inverse = 1 / (alpha + T), share = T * inverse / alpha;
        double customers = tally->customers_at[i], bought = tally->purchases_at[i];
        purchases->lambda[i] = lambda;
        purchases->inverse[i] = inverse;
        curve->value -= (customers * r + bought) * lambda;
        curve->gradient[0] -= customers * lambda;
        curve->gradient[1] += customers * r * share - bought * inverse;
        curve->hessian[0][1] += customers * share;
        curve->hessian[1][1] += bought * inverse * inverse - customers * r * share * (1 / alpha + inverse);
    }
}

void add_mixture(int n, double weight, const struct curve *l, enum depth depth, struct curve *curve) {
    double t = exp(-fabs(l->value)), left = (l->value > 0 ? 1 : t) / (1 + t), doubt = t / ((1 + t) * (1 + t));
    curve->value += weight * (fmax(l->value, 0) + log1p(t));
    if (depth == DEPTH_VALUE)
        return;
    for (int i = 0; i < n; i++) {
        curve->gradient[i] += weight * left * l->gradient[i];
        for (int j = i; depth == DEPTH_HESSIAN && j < n; j++)
            curve->hessian[i][j] += weight * (doubt * l->gradient[i] * l->gradient[j] + left * l->hessian[i][j]);
    }
}
