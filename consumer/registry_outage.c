#include "registry_outage.h"
#include "advice.h"
#include "health.h"
#include "obek/log.h"

#define SAID_AGAIN_MS 30000

void registry_outage_goes_on(struct registry_outage *outage, const struct error *error, int64_t now_ms) {
    health_set(HEALTH_REGISTRY_DOWN, true);
    if (outage->down && now_ms - outage->said_ms < SAID_AGAIN_MS)
        return;
    if (!outage->down)
        *outage = (struct registry_outage){ .down = true, .since_ms = now_ms };
    outage->said_ms = now_ms;
    log_event(LOG_LEVEL_WARN, "registry_down", { "error", LOG_S(error->text) }, { "since_ms", LOG_I(now_ms - outage->since_ms) },
              { "do", LOG_S(ADVICE_REGISTRY) });
}

void registry_outage_ends(struct registry_outage *outage, int64_t now_ms) {
    health_set(HEALTH_REGISTRY_DOWN, false);
    if (outage->down)
        log_event(LOG_LEVEL_INFO, "registry_back", { "after_ms", LOG_I(now_ms - outage->since_ms) });
    outage->down = false;
}
