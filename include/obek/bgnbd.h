/* Expectations of BG/NBD (how often, and whether still, a customer buys) and Gamma-Gamma (how much at a time). Pure; the unit
   of time is the caller's. Fader, Hardie, Lee (2005); Fader, Hardie (2013). */
#ifndef OBEK_BGNBD_H
#define OBEK_BGNBD_H

/* Below this, a is its limit 0: nobody ever drops out (the NBD). */
#define BGNBD_NO_DROPOUT 1e-9

struct bgnbd {
    double r, alpha; /* purchase rates: gamma, shape and rate; positive */
    double a, b;     /* dropout after a purchase: beta; not negative; b is not looked at when a < BGNBD_NO_DROPOUT */
};

struct gamma_gamma {
    double p, q, v;
};

/* That a customer with x purchases, the last at tx, is still one at T (tx <= T). x: a whole number. */
double bgnbd_p_alive(const struct bgnbd *model, double x, double tx, double T);
/* Expected purchases in (T, T + t] of a customer who is still one at T; times bgnbd_p_alive: of a customer. Relative error
   about 1e-14 at a cost proportional to at most (t / (alpha + T)) (r + x + a + 1). Falls as T grows. */
double bgnbd_purchases_alive(const struct bgnbd *model, double t, double x, double T);

/* Such a function of any model. */
typedef double purchases_alive(const void *model, double t, double x, double T);
#define MONTH_DAYS (4.345 * 7) /* the notebooks' month: 4.345 weeks (oracles, "CLTV") */
/* With E(i) the purchases within i months, each `month` long in the model's unit of time: the sum over i = 1..months of (E(i) -
   E(i - 1)) / (1 + discount)^i. months >= 1, discount >= 0. Falls as T grows where the purchases do. */
double discounted_purchases(purchases_alive *purchases, const void *model, double month, int months, double discount, double x,
                            double T);

/* Expected value of a purchase, given x purchases of mean value m; p x + q > 1. */
double gamma_gamma_mean(const struct gamma_gamma *model, double x, double m);

#endif
