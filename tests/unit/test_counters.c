/* Counters: one for a name and a label, from any thread. */
#include "../../consumer/counters.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_counter_is_made_once(void **state) {
    (void)state;
    struct counter *orders = counter_get("test_orders_total", "kind=ORDER");
    assert_ptr_equal(counter_get("test_orders_total", "kind=ORDER"), orders);
    assert_ptr_not_equal(counter_get("test_orders_total", "kind=RETURN"), orders);
    assert_ptr_not_equal(counter_get("test_others_total", "kind=ORDER"), orders);
    counter_add(orders, 2);
    counter_add(orders, 3);
    bool found = false;
    for (const struct counter *counter = counters_first(); counter != NULL; counter = counter->next)
        if (strcmp(counter->name, "test_orders_total") == 0 && strcmp(counter->label, "kind=ORDER") == 0)
            found = atomic_load(&counter->value) == 5;
    assert_true(found);
}

static void *count(void *context) {
    (void)context;
    for (int i = 0; i < 10000; i++)
        counter_add(counter_get("test_threads_total", i % 2 == 0 ? "even" : "odd"), 1);
    return NULL;
}

static void threads_lose_nothing(void **state) {
    (void)state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&counter_get("test_threads_total", "even")->value), 20000);
    assert_int_equal(atomic_load(&counter_get("test_threads_total", "odd")->value), 20000);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_counter_is_made_once), cmocka_unit_test(threads_lose_nothing) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
