/* Log-likelihoods of purchase histories, over a tally; times are the tally's (the largest T is 1). All have the shape

    NBD(x, T | r, alpha) * (never left) + (left after the last purchase),

   that is ln L = ln NBD + ln(stayed) + ln(1 + e^l), where e^l are the odds at T of having left. */
#ifndef OBEK_TRAINER_PURCHASE_LIKELIHOOD_H
#define OBEK_TRAINER_PURCHASE_LIKELIHOOD_H

#include "likelihood.h"
#include "tally.h"

/* A tally, and room for what depends on a time and alpha alone. */
struct purchases {
    const struct tally *tally;
    double *lambda;  /* ln(1 + t / alpha) by index of time */
    double *inverse; /* 1 / (alpha + t) */
};

void purchases_init(struct purchases *purchases, const struct tally *tally);
void purchases_free(struct purchases *purchases);

/* What follows has the type log_likelihood; data: a struct purchases. */

/* NBD (Ehrenberg 1959): r, alpha. Nobody ever leaves: the limit of the three others. */
void nbd_log_likelihood(const void *data, const double *parameters, enum depth depth, struct curve *curve);
/* BG/NBD (Fader, Hardie, Lee 2005): r, alpha, a, b. */
void bgnbd_log_likelihood(const void *data, const double *parameters, enum depth depth, struct curve *curve);
/* MBG/NBD (Batislam, Denizel, Filiztekin 2007): r, alpha, a, b. A customer may leave after the first order, too. */
void mbgnbd_log_likelihood(const void *data, const double *parameters, enum depth depth, struct curve *curve);
/* Pareto/NBD (Schmittlein, Morrison, Colombo 1987): r, alpha, s, beta. A customer may leave at any time. */
void pareto_log_likelihood(const void *data, const double *parameters, enum depth depth, struct curve *curve);

/* The odds' logarithm l of a Pareto/NBD, and its gradient and Hessian (upper triangle) as far as `depth` asks. In any unit of
   time. */
void pareto_log_odds(const double *parameters, const struct history *history, enum depth depth, struct curve *l);

/* Adds ln(1 + e^l) with its derivatives, `weight` times. */
void add_mixture(int n, double weight, const struct curve *l, enum depth depth, struct curve *curve);

#endif
