/* How far time has come: T, the instant up to which customers may be moved (design, section 4 "Time reached"). Pure: what is
   known of the sources goes in. Where the design leaves something open, docs/decisions.md has it. */
#ifndef OBEK_TIME_REACHED_H
#define OBEK_TIME_REACHED_H

#include "obek/config.h"
#include "obek/ledger.h"
#include "source.h"

/* What is known of one order partition: its note in obek:watermarks, and the brokers' answer. */
struct reach_source {
    const char *name;  /* "<topic>/<partition>" */
    bool seen;         /* has a note; without one the next two say nothing */
    int64_t watermark; /* W; TIME_NONE: no record yet */
    int64_t position;  /* what is saved goes up to here */
    int64_t reached;   /* how far it has come for those that wait for it (align.ms); TIME_NONE */
    int64_t end;       /* of the log, asked before the note was read or after; OFFSET_NONE: no answer */
    bool idle;         /* told that it has ended (feed.F.idle.after): holds nothing back once it is read to its end */
};

/* Seen, and read to its end. */
static inline bool reach_at_end(const struct reach_source *source) {
    return source->seen && source->end != OFFSET_NONE && source->end <= source->position;
}

struct reached {
    int64_t time;                       /* T; TIME_NONE: minus infinity, also when there is no source that counts */
    const struct reach_source *slowest; /* whose T it is; NULL: nobody's (with clock = wall all are at their end) */
    int64_t others;                     /* T if the slowest one were at its end and idle; `time` where there is none */
    bool at_end;                        /* all sources are at their end, and there is one */
};

/* asked_wall_ms: when the ends were asked for. `sources` are all partitions of all order topics. */
struct reached time_reached(enum clock_mode clock, int64_t event_until, int64_t grace_ms, int64_t asked_wall_ms,
                            const struct reach_source *sources, size_t n);

#endif
