/* Which dead letters an operator asks for. */
#ifndef OBEK_REDRIVE_FILTER_H
#define OBEK_REDRIVE_FILTER_H

#include "dead_letter.h"
#include "obek/order.h"

struct redrive_filter {
    const char *reason, *topic, *customer, *order; /* NULL: any */
    int64_t since, until;                          /* of the record's own timestamp: since <= it < until */
};

#define REDRIVE_FILTER_ALL ((struct redrive_filter){ .since = INT64_MIN, .until = INT64_MAX })

/* By what its headers say. */
bool redrive_filter_takes(const struct redrive_filter *filter, const struct dead_letter *dead);
/* By whose order it is; one that does not decode (NULL) is known by its key alone. */
bool redrive_filter_takes_order(const struct redrive_filter *filter, struct slice key, const struct order *order);

#endif
