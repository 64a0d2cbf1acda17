/* Series: one for a family and its labels, from any thread. */
#include "../../consumer/metrics.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void a_series_is_made_once(void **state) {
    (void)state;
    struct series *orders = SERIES(METRIC_ORDERS, "web", "ORDER");
    assert_ptr_equal(SERIES(METRIC_ORDERS, "web", "ORDER"), orders);
    assert_ptr_not_equal(SERIES(METRIC_ORDERS, "web", "RETURN"), orders);
    assert_ptr_not_equal(SERIES(METRIC_ORDERS, "webO", "RDER"), orders);
    assert_ptr_not_equal(SERIES(METRIC_SEGMENT_CUSTOMERS, "web", "ORDER"), orders);
    counter_add(orders, 2);
    counter_add(orders, 3);
    assert_ptr_equal(series_first(METRIC_ORDERS), orders);
    assert_int_equal(atomic_load(&orders->count), 5);
    assert_string_equal(orders->labels[1].data, "ORDER");
}

static void a_gauge_is_hidden_until_set(void **state) {
    (void)state;
    struct series *lag = SERIES(METRIC_LAG_RECORDS, "orders", "0"), *other = SERIES(METRIC_LAG_RECORDS, "orders", "1");
    assert_true(atomic_load(&lag->hidden));
    gauge_set(lag, 7);
    gauge_set(other, 8);
    assert_false(atomic_load(&lag->hidden));
    assert_true(atomic_load(&lag->level) == 7);
    gauge_hide(lag);
    assert_true(atomic_load(&lag->hidden));
    gauges_hide(METRIC_LAG_RECORDS);
    assert_true(atomic_load(&other->hidden));
}

static void a_value_falls_into_its_bucket(void **state) {
    (void)state;
    struct series *sizes = SERIES(METRIC_BATCH_RECORDS, NULL);
    const uint64_t *bounds = metric_families[METRIC_BATCH_RECORDS].bounds;
    size_t last = 0;
    while (bounds[last] != 0)
        last++;
    histogram_add(sizes, 0);
    histogram_add(sizes, bounds[0]);
    histogram_add(sizes, bounds[0] + 1);
    histogram_add(sizes, bounds[1]);
    histogram_add(sizes, bounds[last - 1] + 1);
    assert_int_equal(atomic_load(&sizes->buckets[0]), 2);
    assert_int_equal(atomic_load(&sizes->buckets[1]), 2);
    assert_int_equal(atomic_load(&sizes->buckets[last]), 1);
    assert_int_equal(atomic_load(&sizes->count), 2 * bounds[0] + 1 + bounds[1] + bounds[last - 1] + 1);
}

static void every_family_is_described(void **state) {
    (void)state;
    for (int i = 0; i < METRIC_COUNT; i++) {
        const struct metric_family *family = &metric_families[i];
        assert_non_null(family->name);
        assert_non_null(family->help);
        assert_int_equal(strncmp(family->name, "obek_", 5), 0);
        assert_null(strchr(family->help, '\n'));
        const char *end = strrchr(family->name, '_');
        assert_int_equal(family->type == METRIC_COUNTER, strcmp(end, "_total") == 0);
        assert_int_equal(family->type == METRIC_HISTOGRAM, family->bounds != NULL);
        for (size_t k = 0; family->bounds != NULL && family->bounds[k] != 0; k++) {
            assert_true(k < METRIC_BOUNDS_MAX);
            assert_true(k == 0 || family->bounds[k] > family->bounds[k - 1]);
        }
        for (int k = 0; k < i; k++)
            assert_string_not_equal(metric_families[k].name, family->name);
    }
}

#define THREADS 4
#define ROUNDS 10000

static void *count(void *context) {
    (void)context;
    for (int i = 0; i < ROUNDS; i++) {
        char kind[8];
        snprintf(kind, sizeof kind, "%d", i % 50);
        counter_add(SERIES(METRIC_KAFKA_ERRORS, "test", kind), 1);
        histogram_add(SERIES(METRIC_STAGE_SECONDS, "test"), (uint64_t)i);
    }
    return NULL;
}

static void threads_lose_nothing(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    uint64_t sum = 0;
    int n = 0;
    for (struct series *series = series_first(METRIC_KAFKA_ERRORS); series != NULL; series = atomic_load(&series->next), n++)
        sum += atomic_load(&series->count);
    assert_int_equal(n, 50);
    assert_int_equal(sum, THREADS * ROUNDS);
    assert_int_equal(atomic_load(&SERIES(METRIC_STAGE_SECONDS, "test")->buckets[0]), THREADS * ROUNDS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_series_is_made_once),         cmocka_unit_test(a_gauge_is_hidden_until_set),
        cmocka_unit_test(a_value_falls_into_its_bucket), cmocka_unit_test(every_family_is_described),
        cmocka_unit_test(threads_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
