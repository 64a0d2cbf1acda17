/* A registry that is down is waited for (design, section 7): said at once, again every half minute, and once when it is over. */
#ifndef OBEK_REGISTRY_OUTAGE_H
#define OBEK_REGISTRY_OUTAGE_H

#include "obek/error.h"

#include <stdint.h>

struct registry_outage {
    bool down;
    int64_t since_ms, said_ms; /* monotonic */
};

/* It has not answered. */
void registry_outage_goes_on(struct registry_outage *outage, const struct error *error, int64_t now_ms);
/* It has answered, or nobody waits any longer. */
void registry_outage_ends(struct registry_outage *outage, int64_t now_ms);

#endif
