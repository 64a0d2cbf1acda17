/* This host's clock against that of Redis' host: with clock = wall a clock that is ahead lets customers lapse too early, and one
   that is behind takes orders for the future's (design, sections 4 and 7). Nobody can say which of the two is wrong; that they
   differ is said at once, every minute, and when it is over. */
#ifndef OBEK_CLOCK_WATCH_H
#define OBEK_CLOCK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_WATCH_AHEAD_MS_MAX 5000
#define CLOCK_WATCH_AGAIN_MS 60000

struct clock_watch {
    bool off;
    int64_t said_ms; /* monotonic */
};

/* How far this clock is ahead (behind: negative) of the other one, which was read between the two readings of this one: by as
   much as is certain. */
int64_t clock_ahead_ms(int64_t before_ms, int64_t other_ms, int64_t after_ms);
void clock_watch_look(struct clock_watch *watch, int64_t ahead_ms, int64_t now_ms);

#endif
