/* What libm lacks of the gamma function, for positive arguments. */
#ifndef OBEK_TRAINER_SPECIAL_H
#define OBEK_TRAINER_SPECIAL_H

/* ln B(a, b) = ln gamma(a) + ln gamma(b) - ln gamma(a + b), without the cancellation when an argument is large. Relative error
   about 1e-14 (absolute, where ln B is near 0). */
double log_beta(double a, double b);
/* First and second derivative of ln gamma. Relative error about 1e-14 (absolute, near digamma's zero at 1.46). */
double digamma(double x);
double trigamma(double x);

#endif
