/* Sources are merged by event time, and none gets more than align.ms ahead of the slowest one that has a backlog and delivers. */
#include "../../consumer/alignment.h"
#include "obek/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define DAY INT64_C(86400000)
#define START_MS INT64_C(5000000) /* of the monotonic clock */

static struct alignment begin(size_t n, int64_t align_ms) {
    struct alignment alignment = { 0 };
    alignment_begin(&alignment, n, align_ms, START_MS);
    alignment_turn(&alignment, START_MS);
    alignment_others(&alignment, TIME_NEVER);
    return alignment;
}

static void has_a_record(struct alignment *alignment, size_t lane) {
    alignment_delivered(alignment, lane);
    alignment_look(alignment, lane, true, true);
}

static void has_nothing_yet(struct alignment *alignment, size_t lane) {
    alignment_look(alignment, lane, false, true);
}

static void is_at_its_end(struct alignment *alignment, size_t lane) {
    alignment_look(alignment, lane, false, false);
}

static void is_at(struct alignment *alignment, size_t lane, int64_t watermark) {
    alignment_drawn(alignment, lane, watermark);
}

/* Draws a record that moves W to `watermark`, if it may. */
static bool draws(struct alignment *alignment, size_t lane, int64_t watermark) {
    if (!alignment_admit(alignment, lane, watermark))
        return false;
    alignment_drawn(alignment, lane, watermark);
    return true;
}

static void one_source_never_waits(void **state) {
    (void)state;
    struct alignment alignment = begin(1, DAY);
    has_a_record(&alignment, 0);
    for (int64_t year = 0; year < 10; year++) {
        assert_int_equal(alignment_pick(&alignment), 0);
        assert_true(draws(&alignment, 0, year * 365 * DAY));
    }
    assert_true(draws(&alignment, 0, 9 * 365 * DAY)); /* one that is bad, or came late, moves nothing */
    assert_false(alignment_waits(&alignment));
    is_at_its_end(&alignment, 0);
    assert_int_equal(alignment_pick(&alignment), ALIGN_NOBODY);
    alignment_free(&alignment);
}

static void the_one_furthest_behind_is_drawn_from(void **state) {
    (void)state;
    struct alignment alignment = begin(4, DAY);
    is_at(&alignment, 0, 300);
    is_at(&alignment, 1, 100);
    is_at(&alignment, 2, 100);
    is_at(&alignment, 3, 50);
    for (size_t i = 0; i < 3; i++)
        has_a_record(&alignment, i);
    is_at_its_end(&alignment, 3);
    assert_int_equal(alignment_pick(&alignment), 1); /* of two alike the first */
    assert_true(draws(&alignment, 1, 400));
    assert_int_equal(alignment_pick(&alignment), 2);
    assert_true(draws(&alignment, 2, 350));
    assert_int_equal(alignment_pick(&alignment), 0);
    has_a_record(&alignment, 3);
    assert_int_equal(alignment_pick(&alignment), 3);
    alignment_free(&alignment);
}

static void at_most_align_ms_ahead(void **state) {
    (void)state;
    struct alignment alignment = begin(2, DAY);
    is_at(&alignment, 0, 1000);
    is_at(&alignment, 1, 1000);
    has_a_record(&alignment, 0);
    has_nothing_yet(&alignment, 1);
    assert_true(draws(&alignment, 0, 1000 + DAY));
    assert_int_equal(alignment_pick(&alignment), 0);
    assert_false(draws(&alignment, 0, 1001 + DAY));
    assert_true(alignment_waits(&alignment));
    assert_int_equal(alignment_pick(&alignment), ALIGN_NOBODY);
    int64_t reached;
    assert_int_equal(alignment_slowest_beside(&alignment, 0, &reached), 1);
    assert_int_equal(reached, 1000);

    has_a_record(&alignment, 1);
    assert_int_equal(alignment_pick(&alignment), 1);
    assert_true(draws(&alignment, 1, 1001));
    has_nothing_yet(&alignment, 1);
    assert_int_equal(alignment_pick(&alignment), 0); /* the one that waited */
    assert_true(draws(&alignment, 0, 1001 + DAY));
    assert_false(alignment_waits(&alignment));
    alignment_free(&alignment);
}

static void nobody_runs_ahead_of_a_source_whose_first_record_has_not_come(void **state) {
    (void)state;
    struct alignment alignment = begin(3, DAY);
    has_a_record(&alignment, 0);
    has_a_record(&alignment, 1);
    has_nothing_yet(&alignment, 2);
    assert_int_equal(alignment_pick(&alignment), 0);
    assert_false(draws(&alignment, 0, 700 * DAY));
    assert_int_equal(alignment_pick(&alignment), 1);
    assert_true(draws(&alignment, 1, TIME_NONE)); /* a dead letter moves nobody */
    assert_false(draws(&alignment, 1, 10 * DAY));
    assert_int_equal(alignment_pick(&alignment), ALIGN_NOBODY);

    has_a_record(&alignment, 2);
    assert_int_equal(alignment_pick(&alignment), 2);
    assert_false(draws(&alignment, 2, 300 * DAY));
    assert_int_equal(alignment_pick(&alignment), 1); /* whose record is the earliest of the three */
    assert_true(draws(&alignment, 1, 10 * DAY));
    alignment_free(&alignment);
}

static void an_empty_or_finished_source_holds_nobody_back(void **state) {
    (void)state;
    struct alignment alignment = begin(3, DAY);
    has_a_record(&alignment, 0);
    is_at_its_end(&alignment, 1);
    is_at(&alignment, 2, 5 * DAY);
    is_at_its_end(&alignment, 2);
    assert_true(draws(&alignment, 0, 900 * DAY));
    assert_true(draws(&alignment, 0, 1900 * DAY));
    alignment_free(&alignment);
}

/* Both sources are at the same instant and have nothing for a year: each one's next record is far ahead of the other's W. */
static void two_that_have_a_gap_do_not_wait_for_each_other(void **state) {
    (void)state;
    struct alignment alignment = begin(2, DAY);
    is_at(&alignment, 0, DAY);
    is_at(&alignment, 1, DAY);
    has_a_record(&alignment, 0);
    has_a_record(&alignment, 1);
    assert_false(draws(&alignment, 0, 400 * DAY));
    assert_int_equal(alignment_pick(&alignment), 1);
    assert_false(draws(&alignment, 1, 405 * DAY));
    assert_int_equal(alignment_pick(&alignment), 0);
    assert_true(draws(&alignment, 0, 400 * DAY));
    assert_int_equal(alignment_pick(&alignment), 0);
    assert_true(draws(&alignment, 0, 404 * DAY));
    assert_true(draws(&alignment, 0, 405 * DAY));
    assert_int_equal(alignment_pick(&alignment), 1);
    assert_true(draws(&alignment, 1, 405 * DAY));
    alignment_free(&alignment);
}

static void one_that_does_not_deliver_is_waited_for_only_so_long(void **state) {
    (void)state;
    struct alignment alignment = begin(2, DAY);
    has_a_record(&alignment, 0);
    has_nothing_yet(&alignment, 1);
    assert_false(draws(&alignment, 0, 100 * DAY));
    for (int64_t ms = 0; ms <= ALIGN_PATIENCE_MS; ms += 50) {
        alignment_turn(&alignment, START_MS + ms);
        assert_int_equal(alignment_pick(&alignment), ALIGN_NOBODY);
    }
    alignment_turn(&alignment, START_MS + ALIGN_PATIENCE_MS + 1);
    assert_int_equal(alignment_pick(&alignment), 0);
    assert_true(draws(&alignment, 0, 100 * DAY));

    has_a_record(&alignment, 1); /* the leader is back */
    assert_int_equal(alignment_pick(&alignment), 1);
    assert_false(draws(&alignment, 0, 100 * DAY + 1));
    assert_true(draws(&alignment, 1, 3 * DAY));
    has_nothing_yet(&alignment, 1);
    assert_int_equal(alignment_pick(&alignment), ALIGN_NOBODY);
    alignment_free(&alignment);
}

/* Redis was away for a minute: nobody could deliver, because nobody was asked. */
static void time_in_which_nobody_looked_does_not_count(void **state) {
    (void)state;
    struct alignment alignment = begin(2, DAY);
    has_a_record(&alignment, 0);
    has_nothing_yet(&alignment, 1);
    alignment_turn(&alignment, START_MS + 4000);
    alignment_turn(&alignment, START_MS + 64000);
    assert_false(draws(&alignment, 0, 100 * DAY));
    for (int64_t ms = 0; ms <= ALIGN_PATIENCE_MS; ms += 50)
        alignment_turn(&alignment, START_MS + 64000 + ms);
    assert_int_equal(alignment_pick(&alignment), ALIGN_NOBODY);
    alignment_turn(&alignment, START_MS + 64000 + ALIGN_PATIENCE_MS + 1);
    assert_int_equal(alignment_pick(&alignment), 0);
    alignment_free(&alignment);
}

static void other_instances_count_too(void **state) {
    (void)state;
    struct alignment alignment = begin(2, DAY);
    has_a_record(&alignment, 0);
    is_at(&alignment, 1, 50 * DAY);
    has_a_record(&alignment, 1);
    alignment_others(&alignment, 10 * DAY);
    assert_false(draws(&alignment, 0, 12 * DAY));
    int64_t reached;
    assert_int_equal(alignment_slowest_beside(&alignment, 0, &reached), ALIGN_ELSEWHERE);
    assert_int_equal(reached, 10 * DAY);
    alignment_others(&alignment, 11 * DAY);
    assert_int_equal(alignment_pick(&alignment), 0);
    assert_true(draws(&alignment, 0, 12 * DAY));
    assert_false(draws(&alignment, 0, 60 * DAY));
    alignment_others(&alignment, TIME_NEVER);
    assert_int_equal(alignment_pick(&alignment), 1);
    assert_true(draws(&alignment, 1, 59 * DAY));
    alignment_others(&alignment, TIME_NONE); /* one of which nothing is known yet */
    assert_false(draws(&alignment, 1, 59 * DAY + 1));
    alignment_free(&alignment);
}

static void until_others_are_known_nobody_runs_ahead_but_not_for_ever(void **state) {
    (void)state;
    struct alignment alignment = { 0 };
    alignment_begin(&alignment, 1, DAY, START_MS);
    alignment_turn(&alignment, START_MS);
    has_a_record(&alignment, 0);
    assert_false(draws(&alignment, 0, DAY));
    alignment_turn(&alignment, START_MS + 100);
    alignment_others(&alignment, 5 * DAY);
    assert_int_equal(alignment_pick(&alignment), 0);
    assert_true(draws(&alignment, 0, 6 * DAY));
    assert_false(draws(&alignment, 0, 7 * DAY));
    for (int64_t ms = 100; ms <= ALIGN_PATIENCE_MS + 100; ms += 100) {
        alignment_turn(&alignment, START_MS + ms);
        assert_int_equal(alignment_pick(&alignment), ALIGN_NOBODY);
    }
    alignment_turn(&alignment, START_MS + ALIGN_PATIENCE_MS + 200); /* nobody tells any more */
    assert_int_equal(alignment_pick(&alignment), 0);
    assert_true(draws(&alignment, 0, 7 * DAY));
    alignment_free(&alignment);
}

/* Sources of random pace, gaps, ends and dead letters: nobody ever gets further ahead than it may, and all are read to their
 * ends. */
#define SOURCES 5
#define RECORDS 400

struct feed_of_test {
    int64_t times[RECORDS]; /* TIME_NONE: a dead letter */
    size_t taken, fetched;
};

static int64_t after(const struct feed_of_test *feed, int64_t watermark) {
    int64_t at = feed->times[feed->taken];
    return at > watermark ? at : watermark;
}

static void check_bound(const struct feed_of_test *feeds, const struct alignment *alignment, size_t drawn) {
    for (size_t i = 0; i < SOURCES; i++) {
        if (i == drawn || feeds[i].taken == RECORDS)
            continue;
        int64_t reached = after(&feeds[i], alignment->lanes[i].watermark); /* no less than what it is known to have reached */
        assert_true(alignment->lanes[drawn].watermark == TIME_NONE ||
                    alignment->lanes[drawn].watermark - alignment->align_ms <= reached);
    }
}

static void random_sources(void **state) {
    (void)state;
    srand(20210);
    for (int round = 0; round < 50; round++) {
        static struct feed_of_test feeds[SOURCES];
        struct alignment alignment = begin(SOURCES, 1 + rand() % 2000);
        for (size_t i = 0; i < SOURCES; i++) {
            int64_t at = rand() % 5000;
            for (size_t k = 0; k < RECORDS; k++) {
                at += rand() % 50 == 0 ? rand() % 9000 : rand() % (10 * (int)(i + 1)) - 3;
                feeds[i].times[k] = rand() % 20 == 0 ? TIME_NONE : at;
            }
            feeds[i].taken = feeds[i].fetched = 0;
            has_nothing_yet(&alignment, i);
        }
        size_t left = SOURCES * RECORDS, turns = 0;
        while (left > 0) {
            assert_true(turns++ < 100 * SOURCES * RECORDS);
            size_t i = (size_t)rand() % SOURCES; /* a fetch comes for one of them */
            feeds[i].fetched += (size_t)rand() % 30;
            feeds[i].fetched = feeds[i].fetched > RECORDS ? RECORDS : feeds[i].fetched;
            if (feeds[i].fetched > feeds[i].taken)
                has_a_record(&alignment, i);
            while ((i = alignment_pick(&alignment)) != ALIGN_NOBODY) {
                if (!draws(&alignment, i, after(&feeds[i], alignment.lanes[i].watermark)))
                    continue;
                feeds[i].taken++;
                left--;
                check_bound(feeds, &alignment, i);
                if (feeds[i].taken == RECORDS)
                    is_at_its_end(&alignment, i);
                else if (feeds[i].taken == feeds[i].fetched)
                    has_nothing_yet(&alignment, i);
            }
        }
        assert_false(alignment_waits(&alignment));
        alignment_free(&alignment);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_source_never_waits),
        cmocka_unit_test(the_one_furthest_behind_is_drawn_from),
        cmocka_unit_test(at_most_align_ms_ahead),
        cmocka_unit_test(nobody_runs_ahead_of_a_source_whose_first_record_has_not_come),
        cmocka_unit_test(an_empty_or_finished_source_holds_nobody_back),
        cmocka_unit_test(two_that_have_a_gap_do_not_wait_for_each_other),
        cmocka_unit_test(one_that_does_not_deliver_is_waited_for_only_so_long),
        cmocka_unit_test(time_in_which_nobody_looked_does_not_count),
        cmocka_unit_test(other_instances_count_too),
        cmocka_unit_test(until_others_are_known_nobody_runs_ahead_but_not_for_ever),
        cmocka_unit_test(random_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
