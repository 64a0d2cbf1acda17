#include "dead_log.h"
#include "advice.h"
#include "obek/log.h"

#include <stdio.h>

void dead_log_note(struct dead_log *log, const char *source, int64_t offset, struct slice reason) {
    log->n++;
    log->offset = offset;
    snprintf(log->source, sizeof log->source, "%s", source);
    snprintf(log->reason, sizeof log->reason, "%.*s", (int)reason.len, reason.data);
}

void dead_log_look(struct dead_log *log, int64_t now_ms) {
    if (log->n == 0 || (log->said && now_ms - log->said_ms < DEAD_LOG_AGAIN_MS))
        return;
    log_event(LOG_LEVEL_WARN, "dead_letters", { "n", LOG_I(log->n) }, { "last", LOG_S(log->reason) },
              { "source", LOG_S(log->source) }, { "offset", LOG_I(log->offset) }, { "do", LOG_S(advice_of_dead(log->reason)) });
    log->said = true;
    log->said_ms = now_ms;
    log->n = 0;
}
