#include "time_reached.h"

struct rules {
    enum clock_mode clock;
    int64_t event_until, quiet_until; /* quiet_until: how far a source reaches that is at its end, with clock = wall */
};

/* How far one source lets time come; false: it holds nothing back. `ended`: as if it were at its end and idle. */
static bool lets_come_to(const struct rules *rules, const struct reach_source *source, bool ended, int64_t *time) {
    bool at_end = ended || reach_at_end(source);
    if (at_end && rules->clock == CLOCK_WALL) {
        *time = rules->quiet_until;
        return true;
    }
    *time = source->seen ? source->watermark : TIME_NONE;
    return !at_end || (!ended && !source->idle && *time != TIME_NONE);
}

/* The minimum; the one with the index `ended` (n: none) is taken for one that is at its end and idle. */
static struct reached reach(const struct rules *rules, const struct reach_source *sources, size_t n, size_t ended) {
    struct reached reached = { .time = TIME_NONE, .at_end = n > 0 };
    int64_t latest = TIME_NONE; /* of the watermarks */
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        const struct reach_source *source = &sources[i];
        int64_t time;
        bool counts = lets_come_to(rules, source, i == ended, &time);
        if (counts && (!any || time < reached.time)) {
            reached.time = time;
            reached.slowest = source;
            any = true;
        }
        if (source->seen && source->watermark > latest)
            latest = source->watermark;
        reached.at_end = reached.at_end && (i == ended || reach_at_end(source));
    }
    if (!any)
        reached.time = latest; /* all have ended for good: nobody is waited for */
    if (reached.at_end && rules->clock == CLOCK_EVENT && rules->event_until > reached.time)
        reached.time = rules->event_until; /* TIME_NONE, not set, is never greater */
    if (rules->clock == CLOCK_WALL && reached.slowest != NULL && reach_at_end(reached.slowest))
        reached.slowest = NULL;
    return reached;
}

struct reached time_reached(enum clock_mode clock, int64_t event_until, int64_t grace_ms, int64_t asked_wall_ms,
                            const struct reach_source *sources, size_t n) {
    struct rules rules = { .clock = clock, .event_until = event_until, .quiet_until = asked_wall_ms - grace_ms };
    struct reached reached = reach(&rules, sources, n, n);
    reached.others = reached.slowest == NULL ? reached.time : reach(&rules, sources, n, (size_t)(reached.slowest - sources)).time;
    return reached;
}
