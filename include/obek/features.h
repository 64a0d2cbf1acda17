/* The 14 features (design, section 3): the same code online and in training. Days are real (ms / 86,400,000);
   money is in major units of the base currency (minor units / 10^exponent). */
#ifndef OBEK_FEATURES_H
#define OBEK_FEATURES_H

#include "obek/ledger.h"

#define MS_PER_DAY INT64_C(86400000)

enum feature {
    FEATURE_RECENCY_DAYS,     /* now - last */
    FEATURE_TENURE_DAYS,      /* now - first */
    FEATURE_ACTIVE_DAYS,      /* last - first */
    FEATURE_FREQUENCY,        /* live orders */
    FEATURE_REPEAT_FREQUENCY, /* max(0, frequency - 1) */
    FEATURE_MONETARY,         /* value net of returns */
    FEATURE_AVG_ORDER_VALUE,  /* monetary / frequency */
    FEATURE_ORDERS_ONLINE,
    FEATURE_ORDERS_OFFLINE,
    FEATURE_VALUE_ONLINE,
    FEATURE_VALUE_OFFLINE,
    FEATURE_SHARE_ONLINE,         /* value_online / monetary; 0 when monetary is 0 */
    FEATURE_RECENCY_ONLINE_DAYS,  /* now - last online order; +infinity without one */
    FEATURE_RECENCY_OFFLINE_DAYS, /* now - last offline order; +infinity without one */
    FEATURE_COUNT
};

/* "recency_days" and so on. */
const char *feature_name(enum feature feature);
/* The feature of that name, or FEATURE_COUNT. */
enum feature feature_from_name(struct slice name);
/* The instant (ms) a moving feature counts its days from; TIME_NONE when there is none (no such order, or it does not move). */
int64_t feature_origin(enum feature feature, const struct ledger_summary *summary);
/* Exact for instants within 2^53 ms of 1970, and defined for all. */
static inline double days_between(int64_t from, int64_t to) {
    return ((double)to - (double)from) / (double)MS_PER_DAY;
}

/* One raw feature of a customer with at least one live order, at `now` (ms). `minor_per_major`: 100 for two decimals. */
double feature_value(enum feature feature, const struct ledger_summary *summary, int64_t now, double minor_per_major);

#endif
