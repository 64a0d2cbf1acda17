/* When the log says that time is held back (virtual time). */
#include "../../consumer/held_back.h"
#include "log_fixture.h"

static void it_is_said_after_a_while_then_seldom_and_once_when_over(void **state) {
    (void)state;
    static const struct {
        int64_t now_ms;
        bool held;
        enum held_word word;
    } looks[] = {
        { 1000, false, HELD_QUIET },
        { 2000, true, HELD_QUIET },
        { 6999, true, HELD_QUIET },
        { 7000, true, HELD_WARN },
        { 7001, true, HELD_QUIET },
        { 66999, true, HELD_QUIET },
        { 67000, true, HELD_WARN },
        { 126999, true, HELD_QUIET },
        { 130000, true, HELD_WARN },
        { 131000, false, HELD_OVER },
        { 132000, false, HELD_QUIET },
        /* short waits are not told, neither their beginning nor their end */
        { 140000, true, HELD_QUIET },
        { 144999, true, HELD_QUIET },
        { 145000, false, HELD_QUIET },
        { 146000, true, HELD_QUIET },
        { 150000, true, HELD_QUIET },
        { 151000, true, HELD_WARN },
        { 151001, false, HELD_OVER },
    };
    struct held_back held_back = { 0 };
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++)
        if (held_back_step(&held_back, looks[i].held, looks[i].now_ms) != looks[i].word)
            fail_msg("another word at %lld ms", (long long)looks[i].now_ms);
}

static void it_counts_what_the_others_would_allow(void **state) {
    (void)state;
    struct reached reached = { .time = 700, .others = 900 };
    assert_false(is_held_back(&reached, 700));
    assert_true(is_held_back(&reached, 701));
    assert_true(is_held_back(&reached, 900));
    assert_false(is_held_back(&reached, 901)); /* not due for them either */
    assert_false(is_held_back(&reached, TIME_NEVER));
    reached.others = reached.time; /* nobody is slower than the rest */
    assert_false(is_held_back(&reached, 800));
    reached = (struct reached){ .time = TIME_NONE, .others = 900 };
    assert_true(is_held_back(&reached, -5));
    reached.others = TIME_NONE;
    assert_false(is_held_back(&reached, -5));
}

static struct ends_answer whole = { .whole = true };
static struct ends_answer partial = { .error = { "web-orders: Broker: Unknown topic or partition" } };
static struct ends_answer silent = { .whole = true, .error = { "ends: Local: Timed out" } };

static struct reach_source sources[] = {
    { .name = "web/0", .seen = true, .watermark = INT64_C(1622505600000), .position = 10, .end = 52 },
    { .name = "web/1", .seen = true, .watermark = INT64_C(1622505600000), .position = 10, .end = OFFSET_NONE },
    { .name = "web/2", .position = 10, .end = 12 },
    { .name = "web/3", .seen = true, .watermark = INT64_C(1622505600000), .position = 10, .end = 9 },
    { .name = "web/4", .seen = true, .watermark = TIME_NONE, .position = 10, .end = 11 },
};

static void look_twice(const struct ends_answer *answer, const struct reach_source *slowest) {
    struct held_back held_back = { 0 };
    struct reached reached = { .time = 700, .slowest = slowest, .others = 900 };
    held_back_look(&held_back, answer, answer->whole ? &reached : NULL, 800, 1000);
    held_back_look(&held_back, answer, answer->whole ? &reached : NULL, 800, 6500);
}

static void look_at_each(void *context) {
    (void)context;
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        look_twice(sources[i].end == OFFSET_NONE ? &silent : &whole, &sources[i]);
    look_twice(&partial, NULL);
}

static void the_log_names_who_and_why(void **state) {
    (void)state;
    static const char *const lines[] = {
        "event=time_held_back source=web/0 why=backlog lag_records=42 watermark=2021-06-01T00:00:00.000Z since_ms=5500 do=\"",
        "source=web/1 why=no_answer watermark=2021-06-01T00:00:00.000Z since_ms=5500 error=\"ends: Local: Timed out\" do=\"",
        "source=web/2 why=never_seen since_ms=5500 do=\"",
        "source=web/3 why=at_its_end lag_records=0 watermark=2021-06-01T00:00:00.000Z since_ms=5500 do=\"",
        "source=web/4 why=backlog lag_records=1 since_ms=5500 do=\"",
        "source=\"\" why=no_partitions since_ms=5500 error=\"web-orders: Broker: Unknown topic or partition\" do=\"",
    };
    expect_log(look_at_each, NULL, lines, sizeof lines / sizeof lines[0]);
}

static void hold_and_let_go(void *context) {
    struct held_back *held_back = context;
    struct reached reached = { .time = 700, .slowest = &sources[0], .others = 900 };
    held_back_look(held_back, &whole, &reached, 800, 1000);
    held_back_look(held_back, &partial, NULL, 800, 4000); /* it stays held back, whoever is to blame */
    held_back_look(held_back, &whole, &reached, 800, 6000);
    reached.time = 800;
    held_back_look(held_back, &whole, &reached, TIME_NEVER, 9000);
}

static void the_log_says_when_it_is_over(void **state) {
    (void)state;
    static const char *const lines[] = { "level=warn event=time_held_back source=web/0",
                                         "level=info event=time_goes_on after_ms=8000\n" };
    struct held_back held_back = { 0 };
    expect_log(hold_and_let_go, &held_back, lines, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_said_after_a_while_then_seldom_and_once_when_over),
        cmocka_unit_test(it_counts_what_the_others_would_allow),
        cmocka_unit_test(the_log_names_who_and_why),
        cmocka_unit_test(the_log_says_when_it_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
