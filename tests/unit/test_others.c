/* Sources of other instances: what the slowest has reached that has a backlog and delivers. */
#include "../../consumer/alignment.h"
#include "../../consumer/others.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static char own_name[] = "orders/0";
static struct source own_source = { .name = own_name };
static const struct sources own = { .items = &own_source, .n = 1 };

/* Of three sources the first is ours, and far behind. */
static struct reach_list list_of(struct reach_source *items) {
    items[0] = (struct reach_source){ .name = "orders/0", .seen = true, .reached = 1, .position = 1, .end = 100 };
    items[1] = (struct reach_source){ .name = "orders/1", .seen = true, .reached = 50, .position = 10, .end = 100 };
    items[2] = (struct reach_source){ .name = "orders/2", .seen = true, .reached = 20, .position = 30, .end = 100 };
    return (struct reach_list){ .items = items, .n = 3 };
}

static void the_slowest_with_a_backlog_counts(void **state) {
    (void)state;
    struct others others = { 0 };
    struct reach_source items[3];
    struct reach_list list = list_of(items);
    assert_int_equal(others_reached(&others, &list, &own, 0), 20);
    assert_int_equal(others.n, 2);
    items[2].end = 30; /* read to its end */
    assert_int_equal(others_reached(&others, &list, &own, 0), 50);
    items[1].seen = false; /* nothing is known of it: it has not begun */
    items[1].reached = TIME_NONE;
    assert_true(others_reached(&others, &list, &own, 0) == TIME_NONE);
    list.n = 1;
    assert_true(others_reached(&others, &list, &own, 0) == TIME_NEVER);
    assert_int_equal(others.n, 0);
    others_free(&others);
}

static void one_that_does_not_deliver_is_not_waited_for(void **state) {
    (void)state;
    struct others others = { 0 };
    struct reach_source items[3];
    struct reach_list list = list_of(items);
    assert_int_equal(others_reached(&others, &list, &own, 1000), 20);
    items[1].position++;
    assert_int_equal(others_reached(&others, &list, &own, 1000 + ALIGN_PATIENCE_MS - 1), 20);
    assert_int_equal(others_reached(&others, &list, &own, 1000 + ALIGN_PATIENCE_MS), 50);
    items[2].reached = 21; /* it waits for others itself, which is no silence when it changes */
    assert_int_equal(others_reached(&others, &list, &own, 1001 + ALIGN_PATIENCE_MS), 21);
    others_free(&others);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_slowest_with_a_backlog_counts),
        cmocka_unit_test(one_that_does_not_deliver_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
