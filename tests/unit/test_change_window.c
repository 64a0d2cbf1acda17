/* The last day of segment changes, counted by hand; and what is told live of them. */
#include "../../http/change_window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000)
#define NOW (INT64_C(28000000) * MINUTE + 30000) /* half past a minute */

static bool add(struct change_window *window, int64_t now, int64_t at, const char *id, const char *from, const char *to,
                const char *cause) {
    struct buffer json = { 0 };
    buffer_printf(&json,
                  "{\"event_id\":\"%s\",\"customer_id\":\"c\",\"scheme\":\"s\",\"from_segment\":%s,\"to_segment\":%s,"
                  "\"cause\":\"%s\",\"occurred_at\":\"2024-01-01\",\"published_at\":\"2024-01-01\",\"sequence\":1}",
                  id, from, to, cause);
    bool ok = change_window_add(window, now, at, buffer_slice(&json));
    buffer_free(&json);
    return ok;
}

static const struct flow *flow(const struct change_window *window, const char *from, const char *to, enum cause cause) {
    for (size_t i = 0; i < window->n_flows; i++)
        if (strcmp(window->flows[i]->from.text, from) == 0 && strcmp(window->flows[i]->to.text, to) == 0 &&
            window->flows[i]->cause == cause)
            return window->flows[i];
    return NULL;
}

static void changes_are_counted_by_flow_and_minute(void **state) {
    (void)state;
    struct change_window *window = change_window_new(NOW);
    assert_true(add(window, NOW, NOW, "1", "null", "\"a\"", "ORDER"));
    assert_true(add(window, NOW, NOW - MINUTE, "2", "\"a\"", "\"b\"", "TIME"));
    assert_true(add(window, NOW, NOW - 59 * MINUTE, "3", "\"a\"", "\"b\"", "TIME"));
    assert_true(add(window, NOW, NOW - 60 * MINUTE, "4", "\"a\"", "\"b\"", "TIME"));
    assert_true(add(window, NOW, NOW - 60 * MINUTE, "5", "\"a\"", "\"b\"", "ORDER"));
    assert_true(add(window, NOW, NOW - 61 * MINUTE, "6", "\"b\"", "null", "ERASE"));
    assert_int_equal(window->n_flows, 4);
    assert_int_equal(flow_count(window, flow(window, "", "a", CAUSE_ORDER), 1), 1);
    const struct flow *moved = flow(window, "a", "b", CAUSE_TIME);
    assert_int_equal(flow_count(window, moved, 1), 0);
    assert_int_equal(flow_count(window, moved, 2), 1);
    assert_int_equal(flow_count(window, moved, 60), 2);
    assert_int_equal(flow_count(window, moved, 61), 3);
    assert_int_equal(flow_count(window, flow(window, "b", "", CAUSE_ERASE), 61), 0);
    assert_int_equal(flow_count(window, flow(window, "b", "", CAUSE_ERASE), WINDOW_MINUTES), 1);
    /* steps of 20 minutes: 1 and 0 minutes ago are in the newest, 59 in the third, 60 in the fourth */
    assert_int_equal(flow_step(window, moved, 0, 20), 1);
    assert_int_equal(flow_step(window, moved, 1, 20), 0);
    assert_int_equal(flow_step(window, moved, 2, 20), 1);
    assert_int_equal(flow_step(window, moved, 3, 20), 1);
    change_window_free(window);
}

static void minutes_pass(void **state) {
    (void)state;
    struct change_window *window = change_window_new(NOW);
    add(window, NOW, NOW, "1", "null", "\"a\"", "ORDER");
    const struct flow *entered = flow(window, "", "a", CAUSE_ORDER);
    change_window_advance(window, NOW + 59 * MINUTE);
    assert_int_equal(flow_count(window, entered, 60), 1);
    change_window_advance(window, NOW + 60 * MINUTE);
    assert_int_equal(flow_count(window, entered, 60), 0);
    change_window_advance(window, NOW + 30 * MINUTE); /* the clock goes back: the window does not */
    assert_int_equal(flow_count(window, entered, 61), 1);
    change_window_advance(window, NOW + (WINDOW_MINUTES - 1) * MINUTE);
    assert_int_equal(flow_count(window, entered, WINDOW_MINUTES), 1);
    change_window_advance(window, NOW + WINDOW_MINUTES * MINUTE); /* its minute's place is the new one's */
    assert_int_equal(flow_count(window, entered, WINDOW_MINUTES), 0);
    add(window, NOW + WINDOW_MINUTES * MINUTE, NOW, "2", "null", "\"a\"", "ORDER"); /* a day old: known, not counted */
    assert_int_equal(flow_count(window, entered, WINDOW_MINUTES), 0);
    add(window, NOW + WINDOW_MINUTES * MINUTE, NOW + MINUTE, "3", "null", "\"a\"", "ORDER");
    assert_int_equal(flow_count(window, entered, WINDOW_MINUTES), 1);
    change_window_advance(window, NOW + 99 * WINDOW_MINUTES * MINUTE);
    assert_int_equal(flow_count(window, entered, WINDOW_MINUTES), 0);
    change_window_free(window);
}

static void the_future_is_now(void **state) {
    (void)state;
    struct change_window *window = change_window_new(NOW);
    add(window, NOW, NOW, "1", "null", "\"a\"", "ORDER");
    add(window, NOW, INT64_MAX, "2", "null", "\"a\"", "ORDER");
    assert_int_equal(flow_count(window, flow(window, "", "a", CAUSE_ORDER), 1), 2);
    change_window_free(window);
}

static void what_is_no_change_is_counted(void **state) {
    (void)state;
    struct change_window *window = change_window_new(NOW);
    char *id = xcalloc(1, WINDOW_ID_BYTES_MAX + 2);
    memset(id, 'x', WINDOW_ID_BYTES_MAX + 1);
    assert_false(change_window_add(window, NOW, NOW, (struct slice){ NULL, 0 }));
    assert_false(change_window_add(window, NOW, NOW, (struct slice){ "\0\0\0\0\1", 5 }));
    assert_false(add(window, NOW, NOW, "1", "null", "\"a\"", "WHIM"));
    assert_false(add(window, NOW, NOW, id, "null", "\"a\"", "ORDER"));
    id[WINDOW_ID_BYTES_MAX] = '\0';
    assert_true(add(window, NOW, NOW, id, "null", "\"a\"", "ORDER"));
    assert_int_equal(window->unreadable, 4);
    assert_int_equal(window->seen, 1);
    free(id);
    change_window_free(window);
}

static void flows_are_bounded(void **state) {
    (void)state;
    struct change_window *window = change_window_new(NOW);
    for (int i = 0; i < WINDOW_FLOWS_MAX + 10; i++) {
        char to[16];
        snprintf(to, sizeof to, "\"%d\"", i);
        assert_true(add(window, NOW, NOW, "1", "null", to, "ORDER"));
    }
    assert_int_equal(window->n_flows, WINDOW_FLOWS_MAX);
    assert_int_equal(window->not_told_apart, 10);
    assert_int_equal(flow_count(window, flow(window, "", "4095", CAUSE_ORDER), 1), 1);
    add(window, NOW, NOW, "1", "null", "\"4095\"", "ORDER");
    assert_int_equal(flow_count(window, flow(window, "", "4095", CAUSE_ORDER), 1), 2);
    /* those of the day before make room, and what goes on is still found */
    int64_t later = NOW + (WINDOW_MINUTES - 1) * MINUTE;
    add(window, later, later, "1", "null", "\"7\"", "ORDER");
    add(window, later + MINUTE, later + MINUTE, "1", "null", "\"new\"", "ORDER");
    assert_int_equal(window->n_flows, 2);
    assert_int_equal(flow_count(window, flow(window, "", "new", CAUSE_ORDER), 1), 1);
    add(window, later + MINUTE, later + MINUTE, "1", "null", "\"7\"", "ORDER");
    assert_int_equal(window->n_flows, 2);
    assert_int_equal(flow_count(window, flow(window, "", "7", CAUSE_ORDER), 2), 2);
    assert_int_equal(window->not_told_apart, 10);
    change_window_free(window);
}

static void the_latest_are_kept(void **state) {
    (void)state;
    struct change_window *window = change_window_new(NOW);
    uint64_t number;
    assert_int_equal(change_window_oldest(window), 0);
    assert_false(change_window_after(window, slice_of("0"), &number));
    for (int i = 0; i < WINDOW_RECENT_MAX + 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        add(window, NOW, NOW, id, "null", "\"a\"", "ORDER");
    }
    assert_int_equal(change_window_oldest(window), 5);
    assert_false(change_window_after(window, slice_of("4"), &number));
    assert_true(change_window_after(window, slice_of("5"), &number) && number == 6);
    assert_true(change_window_after(window, slice_of("1028"), &number) && number == window->next);
    const struct buffer *json = &change_window_recent(window, 6)->json;
    static const char expected[] =
        "{\"event_id\":\"6\",\"customer_id\":\"c\",\"scheme\":\"s\",\"from_segment\":null,\"to_segment\":\"a\",\"cause\":"
        "\"ORDER\","
        "\"occurred_at\":\"2024-01-01T00:00:00.000Z\",\"published_at\":\"2024-01-01T00:00:00.000Z\",\"sequence\":1}";
    assert_int_equal(json->len, strlen(expected));
    assert_memory_equal(json->data, expected, json->len);
    change_window_free(window);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_counted_by_flow_and_minute),
        cmocka_unit_test(minutes_pass),
        cmocka_unit_test(the_future_is_now),
        cmocka_unit_test(what_is_no_change_is_counted),
        cmocka_unit_test(flows_are_bounded),
        cmocka_unit_test(the_latest_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
