/* Which source the next order is drawn from (design, section 4 "align.ms"): the one that is furthest behind in event time, so
   that sources are merged by it, and none that would get more than align.ms ahead of the slowest one that has a backlog and
   delivers: an order of the fast one may fire transitions that an order of the slow one prevents. Pure: the clock is an argument.
 */
#ifndef OBEK_ALIGNMENT_H
#define OBEK_ALIGNMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A source that has handed out nothing for so long although it has a backlog is not waited for: its leader is away. */
#define ALIGN_PATIENCE_MS 10000
#define ALIGN_NOBODY SIZE_MAX
#define ALIGN_ELSEWHERE (SIZE_MAX - 1) /* a source of another instance */

/* A source, as far as it matters here; by its index among the sources. Reached: how far it has come in event time. */
struct lane {
    int64_t watermark;    /* W; TIME_NONE: no record was accepted so far, it counts as minus infinity */
    int64_t next;         /* W behind the record at hand, which has to wait: what the source has reached for the others, or two
                             that have a gap before them would wait for each other. TIME_NONE: it does not wait */
    int64_t waits_ms;     /* monotonic: since when */
    int64_t delivered_ms; /* monotonic: when it last handed something out, or the assignment */
    bool at_hand;         /* a record may be drawn */
    bool backlog;         /* there are more than have been drawn */
    bool counts;          /* has a backlog and delivers */
};

struct alignment {
    int64_t align_ms;
    int64_t others;    /* what the slowest source of other instances has reached; TIME_NEVER: there is none that counts */
    int64_t others_ms; /* monotonic: when that was told */
    int64_t now_ms;    /* monotonic: of this turn */
    int64_t floor;     /* no source that counts has reached less */
    size_t n;
    struct lane *lanes;
};

/* A new assignment of n sources, of which nothing is known yet. Zeroed before the first. */
void alignment_begin(struct alignment *alignment, size_t n, int64_t align_ms, int64_t now_ms);
void alignment_free(struct alignment *alignment);

/* A turn begins: who still delivers? The time in which nobody looked counts against nobody. */
void alignment_turn(struct alignment *alignment, int64_t now_ms);
/* What the slowest source of other instances that has a backlog and delivers has reached; TIME_NEVER: none. Until that is told
   for the first time nobody runs ahead; when nothing is told for ALIGN_PATIENCE_MS, others are not waited for. */
void alignment_others(struct alignment *alignment, int64_t reached);

void alignment_delivered(struct alignment *alignment, size_t index);
void alignment_look(struct alignment *alignment, size_t index, bool at_hand, bool backlog);

/* The source to draw from; ALIGN_NOBODY: none has a record at hand that need not wait. */
size_t alignment_pick(const struct alignment *alignment);
/* May the record at hand, behind which W is `watermark`, be drawn? False: it is noted to wait. */
bool alignment_admit(struct alignment *alignment, size_t index, int64_t watermark);
/* It was drawn. */
void alignment_drawn(struct alignment *alignment, size_t index, int64_t watermark);

/* Whom a source waits for: the slowest of the others that count (an index, ALIGN_ELSEWHERE, ALIGN_NOBODY) and what it has
   reached. */
size_t alignment_slowest_beside(const struct alignment *alignment, size_t index, int64_t *reached);
/* Does a source wait? */
bool alignment_waits(const struct alignment *alignment);

#endif
