/* How many customers a tick may reach and when: the pace of time.events.per.second.max, and live orders, which go first. */
#include "../../consumer/tick_pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct tick_pace begun(int64_t per_second) {
    struct tick_pace pace;
    tick_pace_begin(&pace, per_second, 5000);
    return pace;
}

static void a_second_may_be_spent_at_once(void **state) {
    (void)state;
    struct tick_pace pace = begun(1000);
    assert_int_equal(tick_pace_most(&pace), 1000);
    assert_int_equal(tick_pace_wait_ms(&pace), 0);
    tick_pace_turn(&pace, 9000); /* nothing is saved up */
    assert_int_equal(tick_pace_most(&pace), 1000);
}

/* What is spent comes back at the pace; a tick that leaves others behind waits until it is worth its price. */
static void what_is_spent_comes_back_at_the_pace(void **state) {
    (void)state;
    struct tick_pace pace = begun(1000);
    tick_pace_spend(&pace, 1000);
    assert_int_equal(tick_pace_most(&pace), 0);
    assert_int_equal(tick_pace_wait_ms(&pace), 1000 / TICKS_PER_SECOND_MAX);
    tick_pace_turn(&pace, 5050);
    assert_int_equal(tick_pace_most(&pace), 50); /* for one that takes all who are due */
    assert_int_equal(tick_pace_wait_ms(&pace), 1000 / TICKS_PER_SECOND_MAX - 50);
    tick_pace_turn(&pace, 5000 + 1000 / TICKS_PER_SECOND_MAX);
    assert_int_equal(tick_pace_wait_ms(&pace), 0);
}

/* In ten minutes of turns that come at odd times, the customers reached are those of the pace and of one second more. */
static void the_pace_is_kept_over_time(void **state) {
    (void)state;
    static const int64_t paces[] = { 1, 3, 777, 10000, 250000 };
    for (size_t i = 0; i < sizeof paces / sizeof paces[0]; i++) {
        struct tick_pace pace = begun(paces[i]);
        int64_t reached = 0, now_ms = 5000;
        for (int turn = 0; now_ms < 605000; turn++) {
            tick_pace_turn(&pace, now_ms);
            if (tick_pace_wait_ms(&pace) == 0) {
                size_t n = tick_pace_most(&pace);
                assert_in_range(n, 1, TICK_CUSTOMERS_MAX);
                tick_pace_spend(&pace, n);
                reached += (int64_t)n;
            }
            now_ms += 1 + turn % 37;
        }
        assert_in_range(reached, paces[i] * 580, paces[i] * 601);
    }
}

/* A pace of less than one tick's worth of customers still goes on: one at a time. */
static void a_slow_pace_is_one_customer_at_a_time(void **state) {
    (void)state;
    struct tick_pace pace = begun(1);
    tick_pace_spend(&pace, 1);
    assert_int_equal(tick_pace_wait_ms(&pace), 1000);
    tick_pace_turn(&pace, 5999);
    assert_int_equal(tick_pace_most(&pace), 0);
    assert_int_equal(tick_pace_wait_ms(&pace), 1);
    tick_pace_turn(&pace, 6000);
    assert_int_equal(tick_pace_most(&pace), 1);
    assert_int_equal(tick_pace_wait_ms(&pace), 0);
}

static void ticks_are_small_while_orders_are_live(void **state) {
    (void)state;
    struct tick_pace pace = begun(10000000);
    assert_int_equal(tick_pace_most(&pace), TICK_CUSTOMERS_MAX);
    tick_pace_live(&pace, 5000);
    assert_int_equal(tick_pace_most(&pace), TICK_CUSTOMERS_LIVE_MAX);
    tick_pace_turn(&pace, 5000 + TICK_LIVE_MS - 1);
    assert_int_equal(tick_pace_most(&pace), TICK_CUSTOMERS_LIVE_MAX);
    tick_pace_turn(&pace, 5000 + TICK_LIVE_MS);
    assert_int_equal(tick_pace_most(&pace), TICK_CUSTOMERS_MAX);
}

static void after_a_tick_live_orders_have_the_time(void **state) {
    (void)state;
    struct tick_pace pace = begun(10000000);
    tick_pace_took(&pace, 5000, 5070);
    tick_pace_turn(&pace, 5070);
    assert_int_equal(tick_pace_wait_ms(&pace), 0); /* there are none */
    tick_pace_live(&pace, 5070);
    assert_int_equal(tick_pace_wait_ms(&pace), 70 * TICK_LIVE_REST);
    tick_pace_turn(&pace, 5070 + 70 * TICK_LIVE_REST - 1);
    assert_int_equal(tick_pace_wait_ms(&pace), 1);
    tick_pace_turn(&pace, 5070 + 70 * TICK_LIVE_REST);
    assert_int_equal(tick_pace_wait_ms(&pace), 0);
}

static void heads_are_twice_the_share_of_a_bucket(void **state) {
    (void)state;
    struct tick_pace pace = begun(10000000);
    assert_in_range(tick_pace_heads(&pace, 256), 2 * TICK_CUSTOMERS_MAX / 256, 2 * TICK_CUSTOMERS_MAX / 256 + 20);
    assert_in_range(tick_pace_heads(&pace, 1), 2 * TICK_CUSTOMERS_MAX, 2 * TICK_CUSTOMERS_MAX + 20);
    assert_true(tick_pace_heads(&pace, 1 << 20) > 1);
    tick_pace_live(&pace, 5000);
    assert_in_range(tick_pace_heads(&pace, 256), 2 * TICK_CUSTOMERS_LIVE_MAX / 256, 2 * TICK_CUSTOMERS_LIVE_MAX / 256 + 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_may_be_spent_at_once),
        cmocka_unit_test(what_is_spent_comes_back_at_the_pace),
        cmocka_unit_test(the_pace_is_kept_over_time),
        cmocka_unit_test(a_slow_pace_is_one_customer_at_a_time),
        cmocka_unit_test(ticks_are_small_while_orders_are_live),
        cmocka_unit_test(after_a_tick_live_orders_have_the_time),
        cmocka_unit_test(heads_are_twice_the_share_of_a_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
