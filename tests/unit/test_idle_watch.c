/* A partition that has ended for good, and one that only seemed to (virtual time). */
#include "../../consumer/idle_watch.h"
#include "log_fixture.h"

#define AFTER_MS 60000

static bool look(struct idle_watch *watch, int64_t watermark, int64_t position, int64_t end, int64_t now_ms) {
    struct reach_source source = {
        .name = "web/0", .seen = true, .watermark = watermark, .position = position, .end = end, .idle = true
    };
    idle_watch_look(watch, &source, AFTER_MS, now_ms);
    return source.idle;
}

static void idle_after_its_time(void *context) {
    struct idle_watch *watch = context;
    assert_false(look(watch, 700, 10, 10, 1000));
    assert_false(look(watch, 700, 10, 10, 1000 + AFTER_MS - 1));
    assert_true(look(watch, 700, 10, 10, 1000 + AFTER_MS));
    assert_true(look(watch, 700, 10, 10, 1000 + 9 * AFTER_MS));
}

static void back_with_the_next_record(void *context) {
    struct idle_watch *watch = context;
    int64_t at = 1000 + 10 * AFTER_MS;
    assert_false(look(watch, 700, 10, 11, at)); /* there is one more */
    assert_false(look(watch, 700, 10, 11, at + 2 * AFTER_MS));
    at += 2 * AFTER_MS;
    assert_false(look(watch, 900, 11, 11, at + 5)); /* it is read: the time counts from here */
    assert_false(look(watch, 900, 11, 11, at + AFTER_MS));
    assert_true(look(watch, 900, 11, 11, at + 5 + AFTER_MS));
}

static void what_is_idle_and_moves_again_is_said(void **state) {
    (void)state;
    struct idle_watch *watch = idle_watch_new();
    static const char *const idle[] = { "event=source_idle source=web/0 after_ms=60000" };
    static const char *const back[] = { "event=source_back source=web/0", "event=source_idle source=web/0 after_ms=60000" };
    expect_log(idle_after_its_time, watch, idle, 1);
    expect_log(back_with_the_next_record, watch, back, 2);
    idle_watch_free(watch);
}

static void any_move_starts_the_time_anew(void **state) {
    (void)state;
    static const struct {
        int64_t watermark, position, end;
    } moves[] = { { 700, 10, 11 }, { 701, 10, 10 }, { 700, 11, 10 }, { 700, 9, 9 } };
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        struct idle_watch *watch = idle_watch_new();
        assert_false(look(watch, 700, 10, 10, 0));
        assert_false(look(watch, moves[i].watermark, moves[i].position, moves[i].end, AFTER_MS));
        assert_false(look(watch, 700, 10, 10, AFTER_MS + 1));
        assert_false(look(watch, 700, 10, 10, 2 * AFTER_MS));
        assert_true(look(watch, 700, 10, 10, 2 * AFTER_MS + 1));
        idle_watch_free(watch);
    }
}

static void one_that_is_never_read_to_its_end_is_never_idle(void **state) {
    (void)state;
    struct idle_watch *watch = idle_watch_new();
    for (int64_t now_ms = 0; now_ms < 5 * AFTER_MS; now_ms += AFTER_MS / 2)
        assert_false(look(watch, 700, 10, 12, now_ms));
    idle_watch_free(watch);
}

static void without_an_answer_it_stays_what_it_was(void **state) {
    (void)state;
    struct idle_watch *watch = idle_watch_new();
    assert_false(look(watch, 700, 10, OFFSET_NONE, 0));
    assert_false(look(watch, 700, 10, 10, 10));
    assert_false(look(watch, 700, 10, OFFSET_NONE, 10 + AFTER_MS));
    assert_true(look(watch, 700, 10, 10, 10 + AFTER_MS));
    assert_true(look(watch, 700, 10, OFFSET_NONE, 11 + AFTER_MS));
    assert_true(look(watch, 700, 10, 10, 12 + AFTER_MS));
    idle_watch_free(watch);
}

static void sources_are_told_apart(void **state) {
    (void)state;
    struct idle_watch *watch = idle_watch_new();
    struct reach_source sources[] = {
        { .name = "web/0", .seen = true, .watermark = 700, .position = 10, .end = 10 },
        { .name = "web/1", .seen = true, .watermark = 700, .position = 10, .end = 10 },
        { .name = "store/0", .seen = true, .watermark = 700, .position = 10, .end = 10 },
        { .name = "unseen/0", .watermark = 700, .position = 10, .end = 10 },
    };
    for (int64_t now_ms = 0; now_ms <= AFTER_MS; now_ms += AFTER_MS / 4) {
        sources[1].end = sources[1].position = 10 + now_ms; /* this one goes on */
        for (size_t i = 0; i < 4; i++)
            idle_watch_look(watch, &sources[(i + (size_t)now_ms) % 4], AFTER_MS, now_ms);
        idle_watch_look(watch, &sources[2], 0, now_ms); /* of a feed without idle.after */
    }
    assert_true(sources[0].idle);
    assert_false(sources[1].idle);
    assert_false(sources[2].idle);
    assert_false(sources[3].idle);
    idle_watch_free(watch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_idle_and_moves_again_is_said),
        cmocka_unit_test(any_move_starts_the_time_anew),
        cmocka_unit_test(one_that_is_never_read_to_its_end_is_never_idle),
        cmocka_unit_test(without_an_answer_it_stays_what_it_was),
        cmocka_unit_test(sources_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
