#include "core_fixture.h"

static struct ledger_summary two_channels(void) {
    return (struct ledger_summary){ .online = { 3, 30000, EPOCH, EPOCH + 4 * DAY },
                                    .offline = { 1, 10000, EPOCH + 2 * DAY, EPOCH + 2 * DAY },
                                    .first_at = EPOCH,
                                    .last_at = EPOCH + 4 * DAY };
}

static void the_features(void **state) {
    (void)state;
    struct ledger_summary s = two_channels();
    const double expected[FEATURE_COUNT] = { 6.5, 10.5, 4, 4, 3, 400, 100, 3, 1, 300, 100, 0.75, 6.5, 8.5 };
    for (int f = 0; f < FEATURE_COUNT; f++) {
        assert_near(feature_value((enum feature)f, &s, EPOCH + 10 * DAY + DAY / 2, 100), expected[f], 1e-12);
        assert_int_equal(feature_from_name(slice_of(feature_name((enum feature)f))), f);
        bool moves = f == FEATURE_RECENCY_DAYS || f == FEATURE_TENURE_DAYS || f == FEATURE_RECENCY_ONLINE_DAYS ||
                     f == FEATURE_RECENCY_OFFLINE_DAYS; /* changes while nothing arrives */
        assert_int_equal(feature_origin((enum feature)f, &s) != TIME_NONE, moves);
    }
    assert_int_equal(feature_from_name(slice_of("recency")), FEATURE_COUNT);
}

static void features_of_one_worthless_order(void **state) {
    (void)state;
    struct ledger_summary s = {
        .online = { 1, 0, EPOCH, EPOCH }, .offline = { 0, 0, TIME_NONE, TIME_NONE }, .first_at = EPOCH, .last_at = EPOCH
    };
    assert_true(feature_value(FEATURE_SHARE_ONLINE, &s, EPOCH, 100) == 0);
    assert_true(feature_value(FEATURE_REPEAT_FREQUENCY, &s, EPOCH, 100) == 0);
    assert_true(feature_value(FEATURE_RECENCY_DAYS, &s, EPOCH, 100) == 0);
    assert_true(isinf(feature_value(FEATURE_RECENCY_OFFLINE_DAYS, &s, EPOCH, 100)));
}

/* Segments by recency at 0, 10 and 20 days. */
static void line_of_three(struct scheme *scheme, double hysteresis) {
    struct scaled_feature recency = plain_feature(FEATURE_RECENCY_DAYS);
    kmeans_set(scheme, "kmeans", 3, 1, &recency, (double[]){ 0, 10, 20 }, hysteresis);
}

static struct scheme_answer at_day(const struct scheme *scheme, double day, int present) {
    struct ledger_summary s = {
        .online = { 1, 100, EPOCH, EPOCH }, .offline = { 0, 0, TIME_NONE, TIME_NONE }, .first_at = EPOCH, .last_at = EPOCH
    };
    return scheme_evaluate(scheme, &s, 100, present, EPOCH + (int64_t)(day * (double)DAY));
}

static void ties_go_to_the_lowest_index_or_the_present_segment(void **state) {
    (void)state;
    struct scheme scheme;
    line_of_three(&scheme, 0);
    assert_int_equal(at_day(&scheme, 5, -1).segment, 0);
    assert_int_equal(at_day(&scheme, 5, 1).segment, 1);
    assert_int_equal(at_day(&scheme, 5, 0).segment, 0);
    assert_int_equal(at_day(&scheme, 5, 2).segment, 0); /* leaves 2: both are nearer, the lower index */
    assert_int_equal(at_day(&scheme, 5.5, 0).segment, 1);
    assert_int_equal(at_day(&scheme, 10, 1).runner_up, 0); /* a tie for second */
    scheme_clear(&scheme);
}

static void the_margin_is_the_way_to_the_bisector(void **state) {
    (void)state;
    struct scheme scheme;
    line_of_three(&scheme, 0);
    assert_near(at_day(&scheme, 0, -1).margin, 1, 0);
    assert_near(at_day(&scheme, 2.5, -1).margin, 0.5, 1e-12);
    assert_near(at_day(&scheme, 5, -1).margin, 0, 0);
    assert_near(at_day(&scheme, 100, -1).margin, 1, 0);
    assert_int_equal(at_day(&scheme, 100, -1).runner_up, 1);
    scheme.n_segments = 1;
    assert_int_equal(at_day(&scheme, 3, -1).runner_up, -1);
    assert_near(at_day(&scheme, 3, -1).margin, 1, 0);
    scheme_clear(&scheme);
}

static void hysteresis_keeps_the_present_segment(void **state) {
    (void)state;
    struct scheme scheme;
    line_of_three(&scheme, 0.1); /* 0 -> 1 past 6, 1 -> 2 past 16, 0 -> 2 past 12 */
    assert_int_equal(at_day(&scheme, 6, 0).segment, 0);
    assert_near(at_day(&scheme, 6, 0).margin, 0, 0); /* beyond the bisector: clamped */
    assert_int_equal(at_day(&scheme, 6.001, 0).segment, 1);
    assert_int_equal(at_day(&scheme, 5.5, -1).segment, 1);
    assert_int_equal(at_day(&scheme, 13, 0).segment, 1); /* may leave for both: the nearer */
    assert_int_equal(at_day(&scheme, 4.5, 1).segment, 1);
    assert_int_equal(at_day(&scheme, 3.9, 1).segment, 0);
    scheme_clear(&scheme);
}

static void values_are_clipped_and_scaled(void **state) {
    (void)state;
    struct scaled_feature features[3] = {
        { FEATURE_RECENCY_OFFLINE_DAYS, NULL, TRANSFORM_SQRT, 0, 400, 10, 0.5 }, /* none: clip to 400, z = 5 */
        { FEATURE_MONETARY, NULL, TRANSFORM_LOG1P, 0, 20, 0, 1 },
        { FEATURE_FREQUENCY, NULL, TRANSFORM_NONE, 2, INFINITY, 1, 3 },
    };
    struct scheme scheme;
    kmeans_set(&scheme, "k", 2, 3, features, (double[]){ 5, 0, 3, 5.5, 0, 3 }, 0);
    struct ledger_summary s = {
        .online = { 1, 1050, EPOCH, EPOCH }, .offline = { 0, 0, TIME_NONE, TIME_NONE }, .first_at = EPOCH, .last_at = EPOCH
    };
    struct scheme_value values[SCHEME_VALUES_MAX];
    assert_int_equal(scheme_values(&scheme, &s, 100, EPOCH + DAY, values), 3);
    assert_string_equal(values[0].name, "recency_offline_days");
    assert_true(values[0].value == 400 && values[1].value == 10.5 && values[2].value == 2);
    struct scheme_answer answer = scheme_evaluate(&scheme, &s, 100, -1, EPOCH + DAY);
    assert_int_equal(answer.segment, 0);
    assert_near(answer.margin, 1, 0); /* exactly on the centroid, but for log1p which is equal for both */
    scheme_clear(&scheme);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_features),
        cmocka_unit_test(features_of_one_worthless_order),
        cmocka_unit_test(ties_go_to_the_lowest_index_or_the_present_segment),
        cmocka_unit_test(the_margin_is_the_way_to_the_bisector),
        cmocka_unit_test(hysteresis_keeps_the_present_segment),
        cmocka_unit_test(values_are_clipped_and_scaled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
