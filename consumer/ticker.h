/* The writer of ticks (design, section 4): whoever owns the control topic looks about once a second at what is due. */
#ifndef OBEK_TICKER_H
#define OBEK_TICKER_H

#include "held_back.h"
#include "tick_pace.h"
#include "time_view.h"
#include "walk.h"

struct batch;
struct pipeline;

struct ticker {
    struct time_view view;
    struct walk walk;
    struct held_back held_back;
    int64_t asked_ms;       /* monotonic: when the ends were last asked for */
    int64_t hurry_until_ms; /* more is due than the last tick took, or the end is near */
    bool under_way;         /* a tick is with the commit stage */
    int64_t sent_ms;        /* monotonic: when the last one was through */
    struct tick_pace pace;
    bool noted;   /* --exit-at-end: our sources are read to their ends, and that stands in Redis */
    bool settled; /* --exit-at-end: nothing is due any more */
};

bool ticker_open(struct pipeline *pipeline, struct error *error);
void ticker_close(struct ticker *ticker);
/* New sources, or none: what was under way is not any more. */
void ticker_begin(struct ticker *ticker);

/* After each batch: asks, looks, and has the batch carry a tick when it is time for one; it may have nothing else. */
enum save_result ticker_turn(struct pipeline *pipeline, struct batch *batch);
/* A batch with a tick is through the commit stage. */
void ticker_sent(struct ticker *ticker);
/* A tick was lived through, which began at from_ms (monotonic). */
bool ticker_applied(struct pipeline *pipeline, const struct tick *tick, size_t customers, int64_t from_ms, struct error *error);
/* Is an answer awaited that should not wait for a batch to fill up? */
bool ticker_is_in_a_hurry(const struct ticker *ticker);

#endif
