/* Pareto/NBD. The usual likelihood has a difference of two 2F1, which cancels when the last purchase is near the end and
   overflows for busy customers. It stands for the integral over the times u in (tx, T) at which the customer may have left, of

    s beta^s (beta + u)^-(s+1) * alpha^r (alpha + u)^-(r+x),

   which is smooth and positive, as is every derivative's integrand but for simple factors: one quadrature gives them all. */
#include "purchase_likelihood.h"

#include <math.h>

enum { R, ALPHA, S, BETA };

#define NEGLIGIBLE 1e-20 /* what is left of the integral against what there is */

/* Gauss-Legendre on [-1, 1]: the points above 0, and how much a panel may fall (in e-folds) and how long it may be (in units of
   ln u) for them to err by less than 1e-15. */
static const struct rule {
    double fall_max, length_max;
    int n;
    struct {
        double at, weight;
    } nodes[8];
} fine = { 12,
           2.5,
           8,
           { { 0.0950125098376374402, 0.189450610455068496 },
             { 0.281603550779258913, 0.182603415044923589 },
             { 0.458016777657227386, 0.169156519395002538 },
             { 0.617876244402643748, 0.149595988816576732 },
             { 0.755404408355003034, 0.124628971255533872 },
             { 0.865631202387831744, 0.0951585116824927848 },
             { 0.944575023073232576, 0.0622535239386478929 },
             { 0.989400934991649933, 0.0271524594117540949 } } },
  coarse = { 2,
             0.7,
             4,
             { { 0.183434642495649805, 0.362683783378361983 },
               { 0.525532409916328986, 0.313706645877887287 },
               { 0.79666647741362674, 0.222381034453374471 },
               { 0.960289856497536232, 0.101228536290376259 } } };

/* The integrand over its value at tx, with m + u = (m + tx) e^y; m is the lesser of alpha and beta, so that the other's logarithm
   is smooth in y. */
struct integrand {
    double rx, s1;                    /* r + x, s + 1 */
    double alpha_tx, beta_tx, least;  /* alpha + tx, beta + tx, m + tx */
    double alpha_beyond, beta_beyond; /* alpha - m, beta - m: one of them is 0 */
};

/* Sums over the nodes: of weights, and weighted of what the derivatives of ln(integrand) are made of. */
struct moments {
    double sum, gradient[4], product[4][4], second[4][4];
};

/* a, b: the logarithms of (alpha + u) / (alpha + tx) and its like. */
static double log_integrand(const struct integrand *f, double y, double alpha_u, double beta_u, double *a, double *b) {
    *a = f->alpha_beyond == 0 ? y : log(alpha_u / f->alpha_tx);
    *b = f->beta_beyond == 0 ? y : log(beta_u / f->beta_tx);
    return y - f->rx * *a - f->s1 * *b;
}

static void add_node(const struct integrand *f, double y, double weight, enum depth depth, struct moments *m) {
    double elapsed = f->least * expm1(y), a, b; /* u - tx */
    double alpha_u = f->alpha_tx + elapsed, beta_u = f->beta_tx + elapsed;
    double w = weight * exp(log_integrand(f, y, alpha_u, beta_u, &a, &b));
    m->sum += w;
    if (depth == DEPTH_VALUE)
        return;
    double a1 = elapsed / (alpha_u * f->alpha_tx), b1 = elapsed / (beta_u * f->beta_tx);
    double g[4] = { -a, f->rx * a1, -b, f->s1 * b1 };
    for (int i = 0; i < 4; i++)
        m->gradient[i] += w * g[i];
    if (depth == DEPTH_GRADIENT)
        return;
    for (int i = 0; i < 4; i++)
        for (int j = i; j < 4; j++)
            m->product[i][j] += w * g[i] * g[j];
    m->second[R][ALPHA] += w * a1;
    m->second[S][BETA] += w * b1;
    m->second[ALPHA][ALPHA] -= w * g[ALPHA] * (1 / alpha_u + 1 / f->alpha_tx);
    m->second[BETA][BETA] -= w * g[BETA] * (1 / beta_u + 1 / f->beta_tx);
}

static void add_panel(const struct integrand *f, const struct rule *rule, double from, double to, enum depth depth,
                      struct moments *m) {
    double middle = (from + to) / 2, half = (to - from) / 2;
    for (int i = 0; i < rule->n; i++) {
        add_node(f, middle - half * rule->nodes[i].at, half * rule->nodes[i].weight, depth, m);
        add_node(f, middle + half * rule->nodes[i].at, half * rule->nodes[i].weight, depth, m);
    }
}

/* The derivative of ln(integrand), which falls as y grows. */
static double slope(const struct integrand *f, double y) {
    double reach = f->least * exp(y);
    return 1 - f->rx * reach / (f->alpha_beyond + reach) - f->s1 * reach / (f->beta_beyond + reach);
}

static bool is_next_to_nothing(const struct integrand *f, double y, double sum) {
    double fall = -slope(f, y), elapsed = f->least * expm1(y), a, b;
    return fall > 0 && exp(log_integrand(f, y, f->alpha_tx + elapsed, f->beta_tx + elapsed, &a, &b)) < NEGLIGIBLE * fall * sum;
}

static void integrate(const struct integrand *f, double length, enum depth depth, struct moments *m) {
    double from = 0;
    do {
        double to = fmin(length, from + fine.length_max), steepest = fmax(fabs(slope(f, from)), fabs(slope(f, to)));
        to = fmin(to, from + fine.fall_max / steepest);
        bool little = to - from <= coarse.length_max && (to - from) * steepest <= coarse.fall_max;
        add_panel(f, little ? &coarse : &fine, from, to, depth, m);
        from = to;
    } while (from < length && !is_next_to_nothing(f, from, m->sum));
}

/* The logarithm of the integral over the integrand at tx, which the factor ln(m + tx) completes. */
static void add_log(const struct moments *m, enum depth depth, struct curve *l) {
    l->value += log(m->sum);
    for (int i = 0; depth > DEPTH_VALUE && i < 4; i++) {
        double mean = m->gradient[i] / m->sum;
        l->gradient[i] += mean;
        for (int j = i; j < 4; j++)
            l->hessian[i][j] += (m->product[i][j] + m->second[i][j]) / m->sum - mean * m->gradient[j] / m->sum;
    }
}

void pareto_log_odds(const double *parameters, const struct history *history, enum depth depth, struct curve *l) {
    double s = parameters[S], alpha = parameters[ALPHA], beta = parameters[BETA], m = fmin(alpha, beta);
    double tx = history->tx, waited = history->T - tx, rx = parameters[R] + history->x;
    *l = (struct curve){ .value = -INFINITY };
    if (!(waited > 0))
        return;
    struct integrand f = { rx, s + 1, alpha + tx, beta + tx, m + tx, alpha - m, beta - m };
    struct moments moments = { 0 };
    integrate(&f, log1p(waited / f.least), depth, &moments);
    double a = log1p(waited / f.alpha_tx), b = log1p(waited / f.beta_tx);
    l->value = log(s * f.least / f.beta_tx) + rx * a + s * b;
    double alpha_T = alpha + history->T, beta_T = beta + history->T;
    double a1 = -waited / (alpha_T * f.alpha_tx), b1 = -waited / (beta_T * f.beta_tx); /* of a by alpha, of b by beta */
    const double gradient[4] = { a, rx * a1, 1 / s + b, s * b1 - 1 / f.beta_tx };
    for (int i = 0; i < 4; i++)
        l->gradient[i] = gradient[i];
    l->hessian[R][ALPHA] = a1;
    l->hessian[ALPHA][ALPHA] = -rx * a1 * (1 / alpha_T + 1 / f.alpha_tx);
    l->hessian[S][S] = -1 / (s * s);
    l->hessian[S][BETA] = b1;
    l->hessian[BETA][BETA] = 1 / (f.beta_tx * f.beta_tx) - s * b1 * (1 / beta_T + 1 / f.beta_tx);
    add_log(&moments, depth, l);
}

/* -s ln((beta + T) / beta): not left by T. */
static void add_stayed(const struct tally *tally, double s, double beta, struct curve *curve) {
    for (uint32_t i = 0; i < tally->n_times; i++) {
        double T = tally->times[i], customers = tally->customers_at[i], stayed = log1p(T / beta);
        double share = T / (beta * (beta + T));
        curve->value -= customers * s * stayed;
        curve->gradient[S] -= customers * stayed;
        curve->gradient[BETA] += customers * s * share;
        curve->hessian[S][BETA] += customers * share;
        curve->hessian[BETA][BETA] -= customers * s * share * (1 / beta + 1 / (beta + T));
    }
}

void pareto_log_likelihood(const void *data, const double *parameters, enum depth depth, struct curve *curve) {
    const struct purchases *purchases = data;
    const struct tally *tally = purchases->tally;
    nbd_log_likelihood(data, parameters, depth, curve);
    add_stayed(tally, parameters[S], parameters[BETA], curve);
    for (uint32_t i = 0; i < tally->n_rows; i++) {
        const struct tally_row *row = &tally->rows[i];
        struct curve l;
        pareto_log_odds(parameters, &(struct history){ row->x, tally->times[row->tx], tally->times[row->T] }, depth, &l);
        add_mixture(4, row->customers, &l, depth, curve);
    }
}
