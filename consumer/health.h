/* Whether this process is ready, and what keeps it from being so (conventions, "Health"). One of a process; any thread may ask, a
   signal handler may set. */
#ifndef OBEK_HEALTH_H
#define OBEK_HEALTH_H

#include <stdbool.h>

enum health_reason {
    HEALTH_STARTING, /* so it begins */
    HEALTH_ASSIGNING,
    HEALTH_AWAITING_MODEL,
    HEALTH_REDIS_DOWN,
    HEALTH_KAFKA_DOWN,
    HEALTH_REGISTRY_DOWN,
    HEALTH_DRAINING,
    HEALTH_REASONS
};

void health_set(enum health_reason reason, bool holds);
bool health_holds(enum health_reason reason);
/* No reason holds. */
bool health_is_ready(void);
/* "redis_down" */
const char *health_text(enum health_reason reason);

#endif
