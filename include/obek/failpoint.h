/* Named places at which a test ends or stops the process (built with -DOBEK_FAILPOINTS only; otherwise nothing is left of them).
   OBEK_FAILPOINT=name[:n[:kill|stop]]: at the n-th passage (default 1) the process gets SIGKILL or SIGSTOP.
   OBEK_FAILPOINT_CLOCK_AHEAD_MS=n: the wall clock of this host is off by so much. */
#ifndef OBEK_FAILPOINT_H
#define OBEK_FAILPOINT_H

#ifdef OBEK_FAILPOINTS
#include <stdbool.h>
#include <stdint.h>
bool failpoint_due(const char *name); /* counts a passage */
void failpoint_die(void);
int64_t failpoint_clock_ahead_ms(void);
#define FAILPOINT(name) FAILPOINT_AFTER(name, (void)0)
/* Does `action` first: to be hit with half of something done. */
#define FAILPOINT_AFTER(name, action)                                                                                            \
    do {                                                                                                                         \
        if (failpoint_due(name)) {                                                                                               \
            action;                                                                                                              \
            failpoint_die();                                                                                                     \
        }                                                                                                                        \
    } while (0)
#else
#define failpoint_clock_ahead_ms() 0
#define FAILPOINT(name) ((void)0)
#define FAILPOINT_AFTER(name, action) ((void)0)
#endif

#endif
