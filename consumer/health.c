#include "health.h"

#include <stdatomic.h>

static atomic_uint reasons = 1U << HEALTH_STARTING;

void health_set(enum health_reason reason, bool holds) {
    if (holds)
        atomic_fetch_or(&reasons, 1U << reason);
    else
        atomic_fetch_and(&reasons, ~(1U << reason));
}

bool health_holds(enum health_reason reason) {
    return (atomic_load(&reasons) & 1U << reason) != 0;
}

bool health_is_ready(void) {
    return atomic_load(&reasons) == 0;
}

const char *health_text(enum health_reason reason) {
    static const char *const texts[HEALTH_REASONS] = {
        [HEALTH_STARTING] = "starting",     [HEALTH_ASSIGNING] = "assigning",   [HEALTH_AWAITING_MODEL] = "awaiting_model",
        [HEALTH_REDIS_DOWN] = "redis_down", [HEALTH_KAFKA_DOWN] = "kafka_down", [HEALTH_REGISTRY_DOWN] = "registry_down",
        [HEALTH_DRAINING] = "draining",
    };
    return texts[reason];
}
