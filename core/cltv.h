/* Bands of the expected value (design, section 3, "CLTV"): what scheme.c and due.c share. */
#ifndef CORE_CLTV_H
#define CORE_CLTV_H

#include "obek/due.h"

/* A customer as the formulas see them; what does not change while nothing is bought. */
struct buyer {
    const struct cltv *cltv;
    int64_t first_at;   /* ms */
    double x, m;        /* purchases; mean value, major units; both capped */
    double active;      /* t_x, in unit_days */
    double order_value; /* expected value of a purchase */
};

struct buyer buyer_of(const struct cltv *cltv, const struct ledger_summary *summary, double minor_per_major);
/* The value at an instant, discounted month by month. Falls as time goes on (cltv.c says why). */
double buyer_value(const struct buyer *buyer, int64_t now);

struct scheme_answer cltv_evaluate(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major,
                                   int64_t now);
int cltv_values(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int64_t now,
                struct scheme_value values[SCHEME_VALUES_MAX]);
/* The first instant in (after, until] at which the value is no longer above the lower cut of band `present`. */
struct due cltv_due(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int present,
                    int64_t after, int64_t until);

#endif
