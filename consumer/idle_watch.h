/* Which partitions have ended for good, as far as anybody can tell: feed.F.idle.after (design, section 4 "Time reached"). One is
   idle once it has been read to its end and neither its end nor what was read of it has moved for so long. The time is this
   process's own: a start begins to count anew. */
#ifndef OBEK_IDLE_WATCH_H
#define OBEK_IDLE_WATCH_H

#include "time_reached.h"

struct idle_watch;
struct idle_watch *idle_watch_new(void);
void idle_watch_free(struct idle_watch *watch);

/* Looks at a source that was just asked about: sets source->idle. Without an answer it stays what it was. Says `source_idle` and
   `source_back` in the log when that changes. now_ms: monotonic, when the end was asked for. idle_after_ms 0: never idle. */
void idle_watch_look(struct idle_watch *watch, struct reach_source *source, int64_t idle_after_ms, int64_t now_ms);

#endif
