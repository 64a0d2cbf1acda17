#include "clock_watch.h"
#include "advice.h"
#include "obek/log.h"

int64_t clock_ahead_ms(int64_t before_ms, int64_t other_ms, int64_t after_ms) {
    if (before_ms > other_ms)
        return before_ms - other_ms;
    return after_ms < other_ms ? after_ms - other_ms : 0;
}

void clock_watch_look(struct clock_watch *watch, int64_t ahead_ms, int64_t now_ms) {
    bool off = ahead_ms > CLOCK_WATCH_AHEAD_MS_MAX || ahead_ms < -CLOCK_WATCH_AHEAD_MS_MAX;
    if (!off && watch->off)
        log_event(LOG_LEVEL_INFO, "clock_right", { "ahead_ms", LOG_I(ahead_ms) });
    bool due = off && (!watch->off || now_ms - watch->said_ms >= CLOCK_WATCH_AGAIN_MS);
    watch->off = off;
    if (!due)
        return;
    watch->said_ms = now_ms;
    log_event(LOG_LEVEL_WARN, "clock_off", { "ahead_ms", LOG_I(ahead_ms) }, { "of", LOG_S("Redis' host") },
              { "do", LOG_S(ADVICE_CLOCK) });
}
