#include "redrive_filter.h"

bool redrive_filter_takes(const struct redrive_filter *filter, const struct dead_letter *dead) {
    if (filter->reason != NULL && !slice_is(dead->reason, filter->reason))
        return false;
    if (filter->topic != NULL && (dead->origin.topic == NULL || strcmp(dead->origin.topic, filter->topic) != 0))
        return false;
    return dead->record.timestamp >= filter->since && dead->record.timestamp < filter->until;
}

bool redrive_filter_takes_order(const struct redrive_filter *filter, struct slice key, const struct order *order) {
    if (filter->order != NULL && (order == NULL || !slice_is(order->order_id, filter->order)))
        return false;
    return filter->customer == NULL || slice_is(order == NULL ? key : order->customer_id, filter->customer);
}
