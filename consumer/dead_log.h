/* Dead letters in the log: the first at once, then at most a line a minute that says how many there were. Never what is in a
   record (conventions: Logs); where it is, and why it is dead. */
#ifndef OBEK_DEAD_LOG_H
#define OBEK_DEAD_LOG_H

#include "obek/buffer.h"

#include <stdint.h>

#define DEAD_LOG_AGAIN_MS 60000

struct dead_log {
    uint64_t n;      /* not said yet */
    bool said;       /* anything, ever */
    int64_t said_ms; /* monotonic */
    int64_t offset;  /* of the last one, in its source */
    char source[300], reason[40];
};

/* One was written (and its transaction is committed). */
void dead_log_note(struct dead_log *log, const char *source, int64_t offset, struct slice reason);
/* Says what there is to say by now. */
void dead_log_look(struct dead_log *log, int64_t now_ms);

#endif
