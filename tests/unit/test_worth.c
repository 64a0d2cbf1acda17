/* What a customer counts for in the sizes of segments, and how that gets into a save call. */
#include "../../consumer/save_call.h"
#include "../../consumer/worth.h"
#include "core_fixture.h"

static const char *const bands[] = { "low", "high" };
static struct model model;
static struct customer customer;

static int make(void **state) {
    (void)state;
    struct bgnbd buying = { .r = 0.243, .alpha = 4.414, .a = 0.793, .b = 2.426 };
    model = (struct model){ .minor_per_major = 100, .n_schemes = 3, .number = 7, .in_force_from = TIME_NONE };
    kmeans_set(&model.schemes[0], "kmeans", 1, 1, &(struct scaled_feature){ .feature = FEATURE_MONETARY, .factor = 1 },
               &(double){ 0 }, 0);
    cltv_set(&model.schemes[1], "cltv", buying, (struct gamma_gamma){ 6.25, 3.74, 15.44 }, 1, (double[]){ 50 }, bands);
    cltv_set(&model.schemes[2], "other", buying, (struct gamma_gamma){ 6.25, 3.74, 150 }, 1, (double[]){ 50 }, bands);
    customer_init(&customer, 32);
    return 0;
}

static int clear(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        scheme_clear(&model.schemes[i]);
    return 0;
}

static void step(struct order order) {
    struct transitions transitions = { 0 };
    assert_int_equal(customer_step(&customer, &model, &order, TIME_NONE, &transitions), LEDGER_APPLIED);
    transitions_free(&transitions);
}

static double major(const struct scheme *scheme) {
    struct ledger_summary summary = ledger_summarise(&customer.ledger);
    struct scheme_value values[SCHEME_VALUES_MAX];
    scheme_values(scheme, &summary, 100, customer.as_of, values);
    assert_string_equal(values[4].name, "cltv");
    return values[4].value;
}

static void what_is_expected_is_the_first_schemes_value_at_as_of(void **state) {
    (void)state;
    step(make_order("a", EPOCH, 5000));
    step(make_order("b", EPOCH + 70 * DAY, 7000));
    step(make_order("c", EPOCH + 30 * DAY, 100)); /* late: evaluated as of the 70th day */
    struct worth worth = worth_of(&customer, &model);
    assert_int_equal(worth.value, 12100);
    assert_true(worth.has_expected && worth.expected > 0);
    assert_int_equal(worth.expected, llround(100 * major(&model.schemes[1])));
    assert_true(worth.expected != llround(100 * major(&model.schemes[2])));
}

static void nothing_is_expected_where_nothing_can_be_known(void **state) {
    (void)state;
    assert_false(worth_of(&customer, &model).has_expected);
    step(make_order("a", EPOCH, 5000));
    assert_true(worth_of(&customer, &model).has_expected);
    assert_false(worth_of(&customer, NULL).has_expected);
    model.number = 8; /* another model, which the customer has not met */
    assert_false(worth_of(&customer, &model).has_expected);
    assert_int_equal(worth_of(&customer, &model).value, 5000);
    model.number = 7;
    step(make_cancellation("a", EPOCH + DAY));
    assert_false(worth_of(&customer, &model).has_expected);
    step(make_order("b", EPOCH + DAY, 5000));
    model.n_schemes = 1;
    assert_false(worth_of(&customer, &model).has_expected);
    model.n_schemes = 3;
}

static void what_is_beyond_all_measure_is_cut_off(void **state) {
    (void)state;
    model.schemes[1].cltv.gamma_gamma.v = 1e300;
    step(make_order("a", EPOCH, 5000));
    assert_int_equal(worth_of(&customer, &model).expected, INT64_C(1) << 53);
}

static const struct call_size *size_of(const struct save_call *call, const char *field) {
    for (size_t i = 0; i < call->n_sizes; i++)
        if (slice_is(call->sizes[i].field, field))
            return &call->sizes[i];
    fail_msg("no sum for %s", field);
    return NULL;
}

static void expect_size(const struct save_call *call, const char *field, int64_t customers, int64_t value) {
    const struct call_size *size = size_of(call, field);
    assert_int_equal(size->customers, customers);
    assert_int_equal(size->value, value);
}

static void who_leaves_takes_along_what_they_brought(void **state) {
    (void)state;
    struct arena arena = { 0 };
    struct model_in_force in_force = { .note = { .number = 7 }, .model = &model };
    struct save_call call = { .model = &in_force };
    struct scheme_state from[] = { { .scheme = name_of("kmeans"), .segment = name_of("s0") }, { .scheme = name_of("cltv") } };
    struct scheme_state to[] = { { .scheme = name_of("kmeans"), .segment = name_of("s1") },
                                 { .scheme = name_of("cltv"), .segment = name_of("low") } };
    save_call_sizes(&call, &arena, from, 2, &(struct worth){ .value = 100 }, -1); /* not evaluated with this model yet */
    save_call_sizes(&call, &arena, to, 2, &(struct worth){ .value = 130, .has_expected = true, .expected = 40 }, 1);
    save_call_sizes(&call, &arena, to, 2, &(struct worth){ .value = 30, .has_expected = true, .expected = 50 }, -1);
    assert_int_equal(call.n_sizes, 5);
    expect_size(&call, "kmeans/s0", -1, -100);
    expect_size(&call, "kmeans/s1", 0, 100);
    expect_size(&call, "kmeans/s1@7", 0, -10);
    expect_size(&call, "cltv/low", 0, 100);
    expect_size(&call, "cltv/low@7", 0, -10);
    save_call_sizes(&call, &arena, to, 1, &(struct worth){ .value = INT64_MAX }, 1);
    expect_size(&call, "kmeans/s1", 1, INT64_MAX); /* no room for 100 more */
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_expected_is_the_first_schemes_value_at_as_of, make, clear),
        cmocka_unit_test_setup_teardown(nothing_is_expected_where_nothing_can_be_known, make, clear),
        cmocka_unit_test_setup_teardown(what_is_beyond_all_measure_is_cut_off, make, clear),
        cmocka_unit_test_setup_teardown(who_leaves_takes_along_what_they_brought, make, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
