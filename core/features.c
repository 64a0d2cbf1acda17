#include "obek/features.h"
#include "must.h"

#include <math.h>

static const char *const names[FEATURE_COUNT] = {
    [FEATURE_RECENCY_DAYS] = "recency_days",
    [FEATURE_TENURE_DAYS] = "tenure_days",
    [FEATURE_ACTIVE_DAYS] = "active_days",
    [FEATURE_FREQUENCY] = "frequency",
    [FEATURE_REPEAT_FREQUENCY] = "repeat_frequency",
    [FEATURE_MONETARY] = "monetary",
    [FEATURE_AVG_ORDER_VALUE] = "avg_order_value",
    [FEATURE_ORDERS_ONLINE] = "orders_online",
    [FEATURE_ORDERS_OFFLINE] = "orders_offline",
    [FEATURE_VALUE_ONLINE] = "value_online",
    [FEATURE_VALUE_OFFLINE] = "value_offline",
    [FEATURE_SHARE_ONLINE] = "share_online",
    [FEATURE_RECENCY_ONLINE_DAYS] = "recency_online_days",
    [FEATURE_RECENCY_OFFLINE_DAYS] = "recency_offline_days",
};

const char *feature_name(enum feature feature) {
    MUST(feature < FEATURE_COUNT);
    return names[feature];
}

enum feature feature_from_name(struct slice name) {
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (slice_is(name, names[i]))
            return (enum feature)i;
    return FEATURE_COUNT;
}

int64_t feature_origin(enum feature feature, const struct ledger_summary *summary) {
    switch (feature) {
    case FEATURE_RECENCY_DAYS:
        return summary->last_at;
    case FEATURE_TENURE_DAYS:
        return summary->first_at;
    case FEATURE_RECENCY_ONLINE_DAYS:
        return summary->online.last_at;
    case FEATURE_RECENCY_OFFLINE_DAYS:
        return summary->offline.last_at;
    default:
        return TIME_NONE;
    }
}

static double days_since(int64_t from, int64_t now) {
    return from == TIME_NONE ? INFINITY : days_between(from, now);
}

static double share_online(const struct ledger_summary *s, double minor_per_major) {
    double monetary = (double)summary_value(s) / minor_per_major;
    return monetary > 0 ? (double)s->online.value / minor_per_major / monetary : 0;
}

double feature_value(enum feature feature, const struct ledger_summary *s, int64_t now, double minor_per_major) {
    switch (feature) {
    case FEATURE_RECENCY_DAYS:
    case FEATURE_TENURE_DAYS:
    case FEATURE_RECENCY_ONLINE_DAYS:
    case FEATURE_RECENCY_OFFLINE_DAYS:
        return days_since(feature_origin(feature, s), now);
    case FEATURE_ACTIVE_DAYS:
        return days_between(s->first_at, s->last_at);
    case FEATURE_FREQUENCY:
        return (double)summary_orders(s);
    case FEATURE_REPEAT_FREQUENCY:
        return summary_orders(s) > 1 ? (double)(summary_orders(s) - 1) : 0;
    case FEATURE_MONETARY:
        return (double)summary_value(s) / minor_per_major;
    case FEATURE_AVG_ORDER_VALUE:
        return (double)summary_value(s) / minor_per_major / (double)summary_orders(s);
    case FEATURE_ORDERS_ONLINE:
        return (double)s->online.orders;
    case FEATURE_ORDERS_OFFLINE:
        return (double)s->offline.orders;
    case FEATURE_VALUE_ONLINE:
        return (double)s->online.value / minor_per_major;
    case FEATURE_VALUE_OFFLINE:
        return (double)s->offline.value / minor_per_major;
    case FEATURE_SHARE_ONLINE:
        return share_online(s, minor_per_major);
    case FEATURE_COUNT:
        break;
    }
    __builtin_trap();
}
