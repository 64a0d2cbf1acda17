/* The share of bad records among the newest ones (design, section 7). */
#include "../../consumer/dead_window.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void more_than_the_share_of_a_whole_window_is_too_much(void **state) {
    (void)state;
    struct dead_window *window = dead_window_new(10, 0.2);
    assert_true(dead_window_note(window, true));
    assert_true(dead_window_note(window, true));
    assert_int_equal(dead_window_bad(window), 2);
    assert_false(dead_window_note(window, true));
    dead_window_free(window);
}

static void old_ones_leave_the_window(void **state) {
    (void)state;
    struct dead_window *window = dead_window_new(10, 0.2);
    for (int round = 0; round < 50; round++)
        for (int i = 0; i < 5; i++)
            assert_true(dead_window_note(window, i == 0)); /* two of every ten */
    assert_int_equal(dead_window_bad(window), 2);
    for (int i = 0; i < 10; i++)
        assert_true(dead_window_note(window, false));
    assert_int_equal(dead_window_bad(window), 0);
    dead_window_free(window);
}

static void a_share_of_nothing_and_of_everything(void **state) {
    (void)state;
    struct dead_window *none = dead_window_new(1000, 0), *all = dead_window_new(3, 1);
    assert_true(dead_window_note(none, false));
    assert_false(dead_window_note(none, true));
    for (int i = 0; i < 10; i++)
        assert_true(dead_window_note(all, true));
    dead_window_free(none);
    dead_window_free(all);
    dead_window_free(NULL);
}

/* A start after a halt: the next bad one is too many, good ones age the old ones out. */
static void test_recall(void **state) {
    (void)state;
    struct dead_window *window = dead_window_new(10, 0.5);
    dead_window_recall(window, 5);
    assert_int_equal(dead_window_bad(window), 5);
    assert_false(dead_window_note(window, true));
    dead_window_free(window);
    window = dead_window_new(10, 0.5);
    dead_window_recall(window, 100);
    assert_int_equal(dead_window_bad(window), 10);
    for (int i = 0; i < 10; i++)
        assert_true(dead_window_note(window, false)); /* once it halted at a good one: what was corrected never got through */
    assert_int_equal(dead_window_bad(window), 0);
    assert_true(dead_window_note(window, true));
    dead_window_free(window);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recall),
        cmocka_unit_test(more_than_the_share_of_a_whole_window_is_too_much),
        cmocka_unit_test(old_ones_leave_the_window),
        cmocka_unit_test(a_share_of_nothing_and_of_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
