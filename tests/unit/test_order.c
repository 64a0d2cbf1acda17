#include "core_fixture.h"
#include "obek/name.h"

static void hashes_are_fnv1a(void **state) {
    (void)state;
    assert_int_equal(order_hash(slice_of("")), 0xcbf29ce484222325);
    assert_int_equal(order_hash(slice_of("a")), 0xaf63dc4c8601ec8c);
    assert_int_equal(order_hash(slice_of("foobar")), 0x85944171f73967e8);
    assert_int_equal(order_category_code(slice_of("foobar")), 0x85944171 ^ 0xf73967e8);
}

static void returns_without_id_are_told_apart_by_time_and_amount(void **state) {
    (void)state;
    uint64_t hash = order_return_hash(EPOCH, 500, false);
    assert_int_equal(hash, order_return_hash(EPOCH, 500, false));
    assert_int_not_equal(hash, order_return_hash(EPOCH + 1, 500, false));
    assert_int_not_equal(hash, order_return_hash(EPOCH, 501, false));
    assert_int_not_equal(order_return_hash(EPOCH, 0, false), order_return_hash(EPOCH, 0, true));
}

static void categories_are_distinct_and_ascending(void **state) {
    (void)state;
    struct order order = { 0 };
    uint32_t codes[] = { 9, 3, 9, 7, 1, 3, 8, 6, 5, 4, 2 };
    order_set_categories(&order, codes, 11);
    uint32_t expected[] = { 1, 3, 4, 5, 6, 7, 8, 9 }; /* the first eight given: 9 3 7 1 8 6 5 4 */
    assert_int_equal(order.n_categories, 8);
    assert_memory_equal(order.categories, expected, sizeof expected);
    order_set_categories(&order, codes, 0);
    assert_int_equal(order.n_categories, 0);
}

static void names_are_ids(void **state) {
    (void)state;
    struct name name = name_of("champions");
    assert_false(name_set(&name, slice_of("")));
    assert_false(name_set(&name, slice_of("two words")));
    assert_false(name_set(&name, slice_of("a/b")));
    assert_false(name_set(&name, (struct slice){ "a\0b", 3 }));
    assert_false(name_set(&name, slice_of("0123456789012345678901234567890123456789012345678901234567890123")));
    assert_string_equal(name.text, "champions");
    assert_true(name_set(&name, slice_of("012345678901234567890123456789012345678901234567890123456789_.-")));
    assert_int_equal(name.len, 63);
    assert_int_equal(name.text[63], '\0');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_fnv1a),
        cmocka_unit_test(returns_without_id_are_told_apart_by_time_and_amount),
        cmocka_unit_test(categories_are_distinct_and_ascending),
        cmocka_unit_test(names_are_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
