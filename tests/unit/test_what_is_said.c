/* What the log says of dead letters, and of a clock that is off (virtual time). */
#include "../../consumer/clock_watch.h"
#include "../../consumer/dead_log.h"
#include "../../consumer/registry_outage.h"
#include "log_fixture.h"

static void letters(void *context) {
    struct dead_log *log = context;
    dead_log_look(log, 1000); /* none yet */
    dead_log_note(log, "web/0", 6, slice_of("bad_amount"));
    dead_log_note(log, "web/0", 7, slice_of("future"));
    dead_log_look(log, 1000);
    dead_log_look(log, 1001);
    for (int i = 0; i < 5; i++)
        dead_log_note(log, "web/1", i, slice_of("missing_field"));
    dead_log_look(log, 1000 + DEAD_LOG_AGAIN_MS - 1);
    dead_log_look(log, 1000 + DEAD_LOG_AGAIN_MS);
    dead_log_look(log, 1000 + 10 * DEAD_LOG_AGAIN_MS);
}

static void dead_letters_are_said_once_a_minute(void **state) {
    (void)state;
    static const char *const lines[] = {
        "level=warn event=dead_letters n=2 last=future source=web/0 offset=7 do=\"compare the clocks",
        "event=dead_letters n=5 last=missing_field source=web/1 offset=4 do=\"obek redrive -c FILE --dry-run",
    };
    struct dead_log log = { 0 };
    expect_log(letters, &log, lines, 2);
}

static void a_clock_is_ahead_by_what_is_certain(void **state) {
    (void)state;
    assert_int_equal(clock_ahead_ms(1000, 400, 1010), 600);
    assert_int_equal(clock_ahead_ms(1000, 1400, 1010), -390);
    assert_int_equal(clock_ahead_ms(1000, 1000, 1010), 0);
    assert_int_equal(clock_ahead_ms(1000, 1007, 1010), 0);
    assert_int_equal(clock_ahead_ms(1000, 1010, 1010), 0);
}

static void clocks(void *context) {
    struct clock_watch *watch = context;
    static const struct {
        int64_t ahead_ms, now_ms;
    } looks[] = {
        { 0, 0 },
        { CLOCK_WATCH_AHEAD_MS_MAX, 10000 },
        { -CLOCK_WATCH_AHEAD_MS_MAX, 20000 },
        { 3600000, 30000 },
        { 3600000, 40000 },
        { 3600000, 30000 + CLOCK_WATCH_AGAIN_MS },
        { 20, 100000 },
        { 0, 110000 },
        { -5001, 120000 },
    };
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++)
        clock_watch_look(watch, looks[i].ahead_ms, looks[i].now_ms);
}

static void a_clock_that_is_off_is_said_until_it_is_right(void **state) {
    (void)state;
    static const char *const lines[] = {
        "level=warn event=clock_off ahead_ms=3600000 of=\"Redis' host\" do=\"timedatectl",
        "event=clock_off ahead_ms=3600000",
        "level=info event=clock_right ahead_ms=20",
        "event=clock_off ahead_ms=-5001",
    };
    struct clock_watch watch = { 0 };
    expect_log(clocks, &watch, lines, sizeof lines / sizeof lines[0]);
}

static void registry(void *context) {
    struct registry_outage *outage = context;
    static const struct error error = { "no route" };
    registry_outage_ends(outage, 500); /* it was not down */
    registry_outage_goes_on(outage, &error, 1000);
    registry_outage_goes_on(outage, &error, 30999);
    registry_outage_goes_on(outage, &error, 31000);
    registry_outage_ends(outage, 32000);
    registry_outage_ends(outage, 33000);
}

static void a_registry_that_is_down_is_said_now_and_then(void **state) {
    (void)state;
    static const char *const lines[] = {
        "level=warn event=registry_down error=\"no route\" since_ms=0 do=\"see that schema.registry.url answers",
        "event=registry_down error=\"no route\" since_ms=30000",
        "level=info event=registry_back after_ms=31000\n",
    };
    struct registry_outage outage = { 0 };
    expect_log(registry, &outage, lines, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dead_letters_are_said_once_a_minute),
        cmocka_unit_test(a_clock_is_ahead_by_what_is_certain),
        cmocka_unit_test(a_clock_that_is_off_is_said_until_it_is_right),
        cmocka_unit_test(a_registry_that_is_down_is_said_now_and_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
