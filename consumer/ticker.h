/* The writer of ticks (design, section 4): whoever owns the control topic looks about once a second at what is due. */
#ifndef OBEK_TICKER_H
#define OBEK_TICKER_H

#include "held_back.h"
#include "time_view.h"
#include "walk.h"

struct pipeline;

struct ticker {
    struct time_view view;
    struct walk walk;
    struct held_back held_back;
    int64_t asked_ms;       /* monotonic: when the ends were last asked for */
    int64_t hurry_until_ms; /* more is due than the last tick took, or the end is near */
    bool under_way;         /* a tick is with the commit stage */
    int64_t sent_ms;        /* monotonic: when the last one was through */
    double allowance;       /* customers whom ticks may reach now: time.events.per.second.max */
    int64_t refilled_ms;
    bool noted;   /* --exit-at-end: our sources are read to their ends, and that stands in Redis */
    bool settled; /* --exit-at-end: nothing is due any more */
};

bool ticker_open(struct pipeline *pipeline, struct error *error);
void ticker_close(struct ticker *ticker);
/* New sources, or none: what was under way is not any more. */
void ticker_begin(struct ticker *ticker);

/* Between batches: asks, looks, and hands a tick to the commit stage when it is time for one. */
enum save_result ticker_turn(struct pipeline *pipeline);
/* A batch with a tick is through the commit stage. */
void ticker_sent(struct ticker *ticker);
/* A tick was lived through. */
bool ticker_applied(struct pipeline *pipeline, const struct tick *tick, size_t customers, struct error *error);
/* Is an answer awaited that should not wait for a batch to fill up? */
bool ticker_is_in_a_hurry(const struct ticker *ticker);

#endif
