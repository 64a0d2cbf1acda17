/* The time reached, rule by rule (design, section 4). */
#include "../../consumer/time_reached.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW 1000000
#define GRACE 5000
#define QUIET (NOW - GRACE)
#define NONE TIME_NONE
#define SOURCES_MAX 3

/* How the sources of a case are written: a seen one's W, position and end. */
#define AT(w, offset)                                                                                                            \
    { .seen = true, .watermark = (w), .position = (offset), .end = (offset) }
#define BEHIND(w, lag)                                                                                                           \
    { .seen = true, .watermark = (w), .position = 10, .end = 10 + (lag) }
#define SILENT(w)                                                                                                                \
    { .seen = true, .watermark = (w), .position = 10, .end = OFFSET_NONE }
#define IDLE(w)                                                                                                                  \
    { .seen = true, .watermark = (w), .position = 10, .end = 10, .idle = true }
#define UNSEEN                                                                                                                   \
    { .watermark = 77, .position = 99, .end = 0 }

struct scene {
    const char *story;
    enum clock_mode clock;
    int64_t until;
    size_t n;
    struct reach_source sources[SOURCES_MAX];
    int64_t time;
    int slowest; /* -1: nobody */
    int64_t others;
    bool at_end;
};

static const struct scene scenes[] = {
    { "no source at all", CLOCK_WALL, NONE, 0, { { 0 } }, NONE, -1, NONE, false },
    { "no source at all: clock.event.until lifts nothing", CLOCK_EVENT, 5000, 0, { { 0 } }, NONE, -1, NONE, false },

    { "wall: at its end, wall-clock time less the grace", CLOCK_WALL, NONE, 1, { AT(700, 10) }, QUIET, -1, QUIET, true },
    { "wall: even where W is later", CLOCK_WALL, NONE, 1, { AT(NOW + 1, 10) }, QUIET, -1, QUIET, true },
    { "wall: an empty partition counts alike", CLOCK_WALL, NONE, 1, { AT(NONE, 0) }, QUIET, -1, QUIET, true },
    { "wall: a backlog of one record: W", CLOCK_WALL, NONE, 1, { BEHIND(700, 1) }, 700, 0, QUIET, false },
    { "wall: a backlog before the first order: minus infinity", CLOCK_WALL, NONE, 1, { BEHIND(NONE, 1) }, NONE, 0, QUIET, false },
    { "wall: no answer: W", CLOCK_WALL, NONE, 1, { SILENT(700) }, 700, 0, QUIET, false },
    { "wall: saved further than the answer knew", CLOCK_WALL, NONE, 1, { BEHIND(700, -3) }, QUIET, -1, QUIET, true },
    { "wall: never seen: minus infinity, whatever else is in it", CLOCK_WALL, NONE, 1, { UNSEEN }, NONE, 0, QUIET, false },
    { "wall: the lagging one holds the others back",
      CLOCK_WALL,
      NONE,
      3,
      { AT(900, 10), BEHIND(700, 5), AT(NONE, 0) },
      700,
      1,
      QUIET,
      false },
    { "wall: of two that lag the slower one", CLOCK_WALL, NONE, 2, { BEHIND(800, 1), BEHIND(700, 9) }, 700, 1, 800, false },
    { "wall: never seen is slower than any W", CLOCK_WALL, NONE, 2, { BEHIND(-5, 1), UNSEEN }, NONE, 1, -5, false },
    { "wall: a W ahead of the clock holds nothing back",
      CLOCK_WALL,
      NONE,
      2,
      { AT(1, 10), BEHIND(NOW, 1) },
      QUIET,
      -1,
      QUIET,
      false },
    { "wall: an idle one is like any other", CLOCK_WALL, NONE, 1, { IDLE(700) }, QUIET, -1, QUIET, true },
    { "wall: clock.event.until is not for it", CLOCK_WALL, 2 * NOW, 1, { AT(700, 10) }, QUIET, -1, QUIET, true },

    { "event: at its end, W", CLOCK_EVENT, NONE, 1, { AT(700, 10) }, 700, 0, 700, true },
    { "event: a backlog: W", CLOCK_EVENT, NONE, 1, { BEHIND(700, 1) }, 700, 0, 700, false },
    { "event: the smallest W, at its end or not", CLOCK_EVENT, NONE, 2, { BEHIND(900, 1), AT(700, 10) }, 700, 1, 900, false },
    { "event: an empty partition does not count", CLOCK_EVENT, NONE, 2, { AT(NONE, 0), AT(700, 10) }, 700, 1, 700, true },
    { "event: nor one of dead letters only", CLOCK_EVENT, NONE, 2, { AT(NONE, 12), AT(700, 10) }, 700, 1, 700, true },
    { "event: but one with a backlog does", CLOCK_EVENT, NONE, 2, { BEHIND(NONE, 1), AT(700, 10) }, NONE, 0, 700, false },
    { "event: and one without an answer", CLOCK_EVENT, NONE, 2, { SILENT(NONE), AT(700, 10) }, NONE, 0, 700, false },
    { "event: and one never seen", CLOCK_EVENT, NONE, 2, { AT(700, 10), UNSEEN }, NONE, 1, 700, false },
    { "event: all partitions are empty", CLOCK_EVENT, NONE, 2, { AT(NONE, 0), AT(NONE, 0) }, NONE, -1, NONE, true },
    { "event: 1970 is an instant like another", CLOCK_EVENT, NONE, 2, { AT(0, 10), AT(-86400000, 10) }, -86400000, 1, 0, true },

    { "idle: left out at its end", CLOCK_EVENT, NONE, 2, { IDLE(300), AT(700, 10) }, 700, 1, 700, true },
    { "idle: not while it has a backlog",
      CLOCK_EVENT,
      NONE,
      2,
      { { .seen = true, .watermark = 300, .position = 10, .end = 11, .idle = true }, AT(700, 10) },
      300,
      0,
      700,
      false },
    { "idle: not without an answer",
      CLOCK_EVENT,
      NONE,
      2,
      { { .seen = true, .watermark = 300, .position = 10, .end = OFFSET_NONE, .idle = true }, AT(700, 10) },
      300,
      0,
      700,
      false },
    { "idle: all of them: as far as the latest came", CLOCK_EVENT, NONE, 2, { IDLE(300), IDLE(900) }, 900, -1, 900, true },
    { "idle and empty: nothing is known", CLOCK_EVENT, NONE, 1, { IDLE(NONE) }, NONE, -1, NONE, true },

    { "until: once every source is at its end", CLOCK_EVENT, 5000, 2, { AT(700, 10), AT(800, 10) }, 5000, 0, 5000, true },
    { "until: not before", CLOCK_EVENT, 5000, 2, { BEHIND(700, 1), AT(800, 10) }, 700, 0, 5000, false },
    { "until: not without an answer", CLOCK_EVENT, 5000, 2, { SILENT(700), AT(800, 10) }, 700, 0, 5000, false },
    { "until: not with one never seen", CLOCK_EVENT, 5000, 2, { UNSEEN, AT(800, 10) }, NONE, 0, 5000, false },
    { "until: the rest lags too", CLOCK_EVENT, 5000, 2, { BEHIND(700, 1), BEHIND(800, 1) }, 700, 0, 800, false },
    { "until: it only lifts", CLOCK_EVENT, 750, 1, { AT(800, 10) }, 800, 0, 800, true },
    { "until: also where no order ever came", CLOCK_EVENT, 5000, 2, { AT(NONE, 0), AT(NONE, 0) }, 5000, -1, 5000, true },
    { "until: idle ones are at their end", CLOCK_EVENT, 5000, 2, { IDLE(300), AT(700, 10) }, 5000, 1, 5000, true },
    { "until: before 1970", CLOCK_EVENT, -5, 1, { AT(-9, 10) }, -5, 0, -5, true },

    { "manual: as event", CLOCK_MANUAL, NONE, 3, { AT(NONE, 0), AT(700, 10), BEHIND(800, 1) }, 700, 1, 800, false },
    { "manual: without clock.event.until", CLOCK_MANUAL, 5000, 1, { AT(700, 10) }, 700, 0, 700, true },
};

static void every_scene(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        const struct scene *s = &scenes[i];
        struct reached reached = time_reached(s->clock, s->until, GRACE, NOW, s->sources, s->n);
        int slowest = reached.slowest == NULL ? -1 : (int)(reached.slowest - s->sources);
        if (reached.time != s->time || slowest != s->slowest || reached.others != s->others || reached.at_end != s->at_end)
            fail_msg("%s: time %lld, slowest %d, others %lld, %s", s->story, (long long)reached.time, slowest,
                     (long long)reached.others, reached.at_end ? "at end" : "not at end");
    }
}

/* Over all combinations of three sources of every sort: what must hold whatever the sort. */
static void one_source_more_never_lets_time_come_further_and_an_end_never_less_far(void **state) {
    (void)state;
    static const struct reach_source sorts[] = { AT(NONE, 0),    AT(700, 10), AT(900, 10), BEHIND(NONE, 1),
                                                 BEHIND(800, 2), SILENT(600), UNSEEN };
    const size_t n = sizeof sorts / sizeof sorts[0];
    for (size_t code = 0; code < n * n * n * 3; code++) {
        struct reach_source sources[] = { sorts[code % n], sorts[code / n % n], sorts[code / n / n % n] };
        enum clock_mode clock = (enum clock_mode)(code / n / n / n);
        struct reached all = time_reached(clock, NONE, GRACE, NOW, sources, 3);
        struct reached fewer = time_reached(clock, NONE, GRACE, NOW, sources, 2);
        bool bound = fewer.slowest != NULL || clock == CLOCK_WALL; /* else those two say nothing */
        assert_true(!bound || all.time <= fewer.time);
        assert_true(all.others >= all.time);
        for (size_t i = 0; i < 3; i++)
            assert_true(reach_at_end(&sources[i]) || all.time <= (sources[i].seen ? sources[i].watermark : TIME_NONE));
        if (all.slowest != NULL && all.slowest->seen) { /* it catches up: time only moves on */
            struct reach_source *slowest = &sources[all.slowest - sources];
            int64_t before = all.time;
            slowest->end = slowest->position;
            struct reached later = time_reached(clock, NONE, GRACE, NOW, sources, 3);
            assert_true(later.time >= before);
            slowest->idle = true;
            assert_true(time_reached(clock, NONE, GRACE, NOW, sources, 3).time >= later.time);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scene),
        cmocka_unit_test(one_source_more_never_lets_time_come_further_and_an_end_never_less_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
