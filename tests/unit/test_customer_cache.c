/* The bounded cache of customers' records: found by id, evicted by age, never beyond the bound after a trim. */
#include "../../consumer/customer_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define SAME_HASH 42

static struct cached_customer *get(struct customer_cache *cache, const char *id, uint64_t hash) {
    return customer_cache_get(cache, slice_of(id), hash, 7);
}

static void ids_of_one_hash_are_told_apart(void **state) {
    (void)state;
    struct customer_cache *cache = customer_cache_new(10);
    struct cached_customer *a = get(cache, "a", SAME_HASH), *b = get(cache, "b", SAME_HASH);
    assert_ptr_not_equal(a, b);
    assert_false(a->known);
    assert_int_equal(a->bucket, 7);
    assert_ptr_equal(get(cache, "a", SAME_HASH), a);
    struct cached_customer *nul = customer_cache_get(cache, (struct slice){ "a\0x", 3 }, SAME_HASH, 7);
    assert_ptr_not_equal(nul, a);
    assert_ptr_equal(customer_cache_get(cache, (struct slice){ "a\0x", 3 }, SAME_HASH, 7), nul);
    customer_cache_free(cache);
}

static void a_record_is_kept_longer_shorter_and_empty(void **state) {
    (void)state;
    struct customer_cache *cache = customer_cache_new(10);
    struct cached_customer *a = get(cache, "a", 1);
    static const char *const records[] = { "revision", "", "revision and a state that is longer than the one before it",
                                           "short" };
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        cached_customer_set(a, slice_of(records[i]));
        assert_true(a->known);
        assert_true(slice_equal((struct slice){ a->record, a->record_len }, slice_of(records[i])));
    }
    customer_cache_free(cache);
}

static void the_longest_unused_go_first(void **state) {
    (void)state;
    struct customer_cache *cache = customer_cache_new(3);
    static const char *const ids[] = { "a", "b", "c", "d", "e" };
    for (uint64_t i = 0; i < 5; i++)
        cached_customer_set(get(cache, ids[i], i), slice_of(ids[i]));
    assert_true(get(cache, "a", 0)->known); /* nothing goes before the trim; a is the newest now */
    customer_cache_trim(cache);
    assert_true(get(cache, "a", 0)->known && get(cache, "d", 3)->known && get(cache, "e", 4)->known);
    assert_false(get(cache, "b", 1)->known);
    assert_false(get(cache, "c", 2)->known);
    customer_cache_clear(cache);
    assert_false(get(cache, "a", 0)->known);
    customer_cache_free(cache);
    customer_cache_free(NULL);
}

static void many_come_and_go(void **state) {
    (void)state;
    struct customer_cache *cache = customer_cache_new(100);
    for (uint64_t i = 0; i < 20000; i++) {
        char id[16];
        snprintf(id, sizeof id, "c%d", (int)(i * 7919 % 500));
        struct cached_customer *customer = get(cache, id, i * 7919 % 500 / 3); /* every hash three times */
        if (customer->known)
            assert_true(slice_equal((struct slice){ customer->record, customer->record_len }, slice_of(id)));
        cached_customer_set(customer, slice_of(id));
        if (i % 37 == 0)
            customer_cache_trim(cache);
    }
    customer_cache_free(cache);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_of_one_hash_are_told_apart),
        cmocka_unit_test(a_record_is_kept_longer_shorter_and_empty),
        cmocka_unit_test(the_longest_unused_go_first),
        cmocka_unit_test(many_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
