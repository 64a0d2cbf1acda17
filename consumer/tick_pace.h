/* How many customers a tick may reach, and when the next one is worth its price (design, section 4: "pacing is the rate of ticks;
   live orders go first"). Pure: the clock, monotonic milliseconds, is an argument. */
#ifndef OBEK_TICK_PACE_H
#define OBEK_TICK_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A tick costs a transaction and a call to each bucket, whomever it reaches. But orders that come while it is lived through wait
   for that long: while there are any, it is small, and afterwards they have the time to themselves for some times as long. */
#define TICK_CUSTOMERS_MAX 10000
#define TICK_CUSTOMERS_LIVE_MAX 500
#define TICK_LIVE_REST 3
#define TICK_LIVE_MS 1000      /* orders are live for so long after the last one */
#define TICKS_PER_SECOND_MAX 5 /* where time.events.per.second.max is what keeps them back */

struct tick_pace {
    int64_t per_second;    /* time.events.per.second.max; at least 1 */
    int64_t allowance;     /* thousandths of customers whom ticks may reach now: at most what a second brings */
    int64_t now_ms;        /* of this turn */
    int64_t live_until_ms; /* orders were there */
    int64_t rest_until_ms; /* orders come first */
};

/* With a second's allowance. */
void tick_pace_begin(struct tick_pace *pace, int64_t per_second, int64_t now_ms);
/* A turn begins: the allowance grows. */
void tick_pace_turn(struct tick_pace *pace, int64_t now_ms);
/* Orders were there to be processed. */
void tick_pace_live(struct tick_pace *pace, int64_t now_ms);
/* A tick that is to reach so many is on its way. */
void tick_pace_spend(struct tick_pace *pace, size_t customers);
/* A tick was lived through. */
void tick_pace_took(struct tick_pace *pace, int64_t from_ms, int64_t to_ms);

/* Customers whom the next tick may reach. */
size_t tick_pace_most(const struct tick_pace *pace);
/* In how many milliseconds there may be a tick that cannot take all who are due; 0: now. */
int64_t tick_pace_wait_ms(const struct tick_pace *pace);
/* How much of each bucket's index to look at for the next tick's choice: twice its share, were customers spread evenly. */
size_t tick_pace_heads(const struct tick_pace *pace, int64_t buckets);

#endif
