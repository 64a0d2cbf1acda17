/* Explanations: what the features contribute, the scores' bands, distances to cuts, and one more order of the usual size. */
#include "core_fixture.h"

#include "obek/explain.h"
#include "obek/model_file.h"

static struct model *load(const char *path) {
    struct error error;
    struct model *model = model_load(path, &error);
    if (model == NULL)
        fail_msg("%s", error.text);
    return model;
}

/* A customer of some orders, online and offline. */
static struct customer *random_customer(uint64_t *seed, const struct model *model) {
    struct customer *customer = calloc(1, sizeof *customer);
    struct transitions transitions = { 0 };
    customer_init(customer, 8);
    int64_t at = EPOCH, n = 1 + random_below(seed, 12);
    for (int64_t i = 0; i < n; i++) {
        char id[16];
        snprintf(id, sizeof id, "o%d", (int)i);
        struct order order = make_order(id, at += random_below(seed, 200 * DAY), random_below(seed, 200000));
        order.offline = random_below(seed, 2) == 1;
        assert_int_equal(customer_step(customer, model, &order, TIME_NONE, &transitions), LEDGER_APPLIED);
    }
    transitions_free(&transitions);
    return customer;
}

static void parts_sum_up_to_the_advantage(void **state) {
    (void)state;
    struct model *model = load("config/models/flo-kmeans7.json");
    const struct scheme *scheme = &model->schemes[0];
    uint64_t seed = 1;
    for (int i = 0; i < 500; i++) {
        struct customer *customer = random_customer(&seed, model);
        struct ledger_summary s = ledger_summarise(&customer->ledger);
        int present = scheme_segment(scheme, &customer->schemes[0].segment);
        struct scheme_explanation e;
        scheme_explain(scheme, &s, 100, present, customer->as_of, &e);
        assert_int_equal(e.type, SCHEME_KMEANS);
        assert_int_equal(e.answer.segment, present);
        assert_int_equal(e.kmeans.n, scheme->kmeans.n_features);
        double sum = 0;
        for (int f = 0; f < e.kmeans.n; f++)
            sum += e.kmeans.features[f].advantage;
        assert_near(sum, e.kmeans.advantage, 1e-12 * (1 + e.kmeans.square + e.kmeans.runner_up_square));
        assert_near(e.kmeans.runner_up_square - e.kmeans.square, e.kmeans.advantage, 0);
        assert_true(e.kmeans.advantage >= e.kmeans.leaves_below); /* or they would be there */
        double border = scheme->kmeans.distances[present * scheme->n_segments + e.answer.runner_up];
        assert_near(e.kmeans.leaves_below, -2 * scheme->kmeans.hysteresis * border, 1e-15);
        assert_int_equal(e.due.at, customer->due);
        free(customer);
    }
    model_free(model);
}

/* By hand: z = (log1p(v) - 1) * 2 and z = sqrt(v); centroids at v = 3 and 24, and at 4 and 100. */
static void typical_values_are_raw(void **state) {
    (void)state;
    struct scaled_feature features[] = { { FEATURE_FREQUENCY, NULL, TRANSFORM_LOG1P, -INFINITY, INFINITY, 1, 2 },
                                         { FEATURE_MONETARY, NULL, TRANSFORM_SQRT, -INFINITY, 50, 0, 1 } };
    double centroids[] = { (log(4) - 1) * 2, 2, (log(25) - 1) * 2, 10 };
    struct scheme scheme;
    kmeans_set(&scheme, "kmeans", 2, 2, features, centroids, 0.1);
    struct ledger_summary s = { .online = { 3, 8100, EPOCH, EPOCH }, .first_at = EPOCH, .last_at = EPOCH };
    struct scheme_explanation e;
    scheme_explain(&scheme, &s, 100, 0, EPOCH, &e);
    assert_int_equal(e.answer.segment, 0); /* kept by hysteresis alone */
    assert_true(e.kmeans.advantage < 0 && e.kmeans.advantage > e.kmeans.leaves_below);
    const struct feature_part *orders = &e.kmeans.features[0], *money = &e.kmeans.features[1];
    assert_int_equal(orders->feature, FEATURE_FREQUENCY);
    assert_near(orders->value, 3, 0);
    assert_near(orders->typical_here, 3, 1e-12);
    assert_near(orders->typical_there, 24, 1e-12);
    assert_near(orders->advantage, 4 * log(25.0 / 4) * log(25.0 / 4), 1e-12);
    assert_near(money->value, 50, 0); /* clipped */
    assert_near(money->typical_here, 4, 1e-12);
    assert_near(money->typical_there, 100, 1e-12);
    double z = sqrt(50);
    assert_near(money->advantage, (z - 10) * (z - 10) - (z - 2) * (z - 2), 1e-12);
    assert_true(money->advantage < 0); /* speaks for the other one */
    scheme_clear(&scheme);
}

static void one_segment_has_no_runner_up(void **state) {
    (void)state;
    struct scaled_feature feature = plain_feature(FEATURE_MONETARY);
    struct scheme scheme;
    kmeans_set(&scheme, "kmeans", 1, 1, &feature, (double[]){ 10 }, 0);
    struct ledger_summary s = { .online = { 1, 100, EPOCH, EPOCH }, .first_at = EPOCH, .last_at = EPOCH };
    struct scheme_explanation e;
    scheme_explain(&scheme, &s, 100, 0, EPOCH, &e);
    assert_int_equal(e.answer.runner_up, -1);
    assert_int_equal(e.kmeans.n, 0);
    assert_true(isnan(e.kmeans.advantage));
    assert_near(e.kmeans.square, 81, 0);
    scheme_clear(&scheme);
}

static void scores_have_their_bands(void **state) {
    (void)state;
    struct model *model = load("config/models/flo-rfm.json"); /* cuts 33 83 145 232, 2 3 4 7, 302.188 455.826 660.38 1020.036 */
    struct ledger_summary s = { .online = { 3, 30219, EPOCH, EPOCH }, .first_at = EPOCH, .last_at = EPOCH };
    struct scheme_explanation e;
    scheme_explain(&model->schemes[0], &s, 100, -1, EPOCH + 83 * DAY, &e);
    const struct rfm_explanation *rfm = &e.rfm;
    assert_int_equal(rfm->recency.score, 4);
    assert_int_equal(rfm->recency.scores, 5);
    assert_near(rfm->recency.above, 33, 0);
    assert_near(rfm->recency.up_to, 83, 0); /* on the cut still belongs below it */
    assert_int_equal(rfm->frequency.score, 2);
    assert_near(rfm->frequency.above, 2, 0);
    assert_near(rfm->frequency.up_to, 3, 0);
    assert_int_equal(rfm->monetary.score, 2);
    scheme_explain(&model->schemes[0], &s, 100, -1, EPOCH + 300 * DAY, &e);
    assert_int_equal(rfm->recency.score, 1);
    assert_near(rfm->recency.above, 232, 0);
    assert_true(isinf(rfm->recency.up_to));
    scheme_explain(&model->schemes[0], &s, 100, -1, EPOCH, &e);
    assert_int_equal(rfm->recency.score, 5);
    assert_true(isinf(rfm->recency.above) && rfm->recency.above < 0);
    model_free(model);
}

static void distances_to_the_cuts(void **state) {
    (void)state;
    static const char *const bands[] = { "low", "middle", "high" };
    struct scheme scheme;
    cltv_set(&scheme, "cltv", (struct bgnbd){ 0.02, 0.27, 0.001, 0.001 }, (struct gamma_gamma){ 4.1, 0.24, 3 }, 2,
             (double[]){ 1, 1e6 }, bands);
    struct ledger_summary s = { .online = { 5, 50000, EPOCH, EPOCH + 50 * DAY }, .first_at = EPOCH, .last_at = EPOCH + 50 * DAY };
    struct scheme_explanation e;
    int64_t now = EPOCH + 60 * DAY;
    scheme_explain(&scheme, &s, 100, 1, now, &e);
    struct scheme_value values[SCHEME_VALUES_MAX];
    scheme_values(&scheme, &s, 100, now, values);
    assert_int_equal(e.answer.segment, 1);
    assert_near(e.cltv.cltv, values[4].value, 0);
    assert_near(e.cltv.p_alive, values[5].value, 0);
    assert_near(e.cltv.purchases, values[6].value, 0);
    assert_near(e.cltv.purchases_so_far, 4, 0);
    assert_near(e.cltv.avg_order_value, 100, 0);
    assert_near(e.cltv.to_lower, e.cltv.cltv - 1, 0);
    assert_near(e.cltv.to_upper, 1e6 - e.cltv.cltv, 0);
    scheme.cltv.cuts.at[1] = 2;
    scheme_explain(&scheme, &s, 100, 2, now, &e);
    assert_true(isinf(e.cltv.to_upper) && e.cltv.above == 2);
    scheme_clear(&scheme);
}

static void the_usual_order(void **state) {
    (void)state;
    struct ledger *ledger = calloc(1, sizeof *ledger);
    struct order order, usual;
    ledger_init(ledger, 4);
    assert_false(explain_usual_order(ledger, EPOCH, &usual));
    order = make_order("a", EPOCH, 100);
    ledger_apply(ledger, &order);
    order = make_order("b", EPOCH + 1, 201);
    order.offline = true;
    ledger_apply(ledger, &order);
    assert_true(explain_usual_order(ledger, EPOCH + DAY, &usual));
    assert_int_equal(usual.amount, 151); /* 150.5, half up */
    assert_true(usual.offline);          /* a tie: where the last one was */
    assert_int_equal(usual.occurred_at, EPOCH + DAY);
    assert_int_equal(usual.kind, KIND_ORDER);
    order = make_order("c", EPOCH - DAY, 2);
    ledger_apply(ledger, &order);
    assert_true(explain_usual_order(ledger, EPOCH + DAY, &usual));
    assert_int_equal(usual.amount, 101);
    assert_false(usual.offline);
    free(ledger);
}

/* Whatever is in the ledger, the order is a new one; also when one with its id is cancelled already and waited for. */
static void the_usual_order_is_new(void **state) {
    (void)state;
    struct ledger *ledger = calloc(1, sizeof *ledger);
    struct order usual, cancellation = make_cancellation("one more order", EPOCH);
    struct order first = make_order("a", EPOCH, 100);
    ledger_init(ledger, 4);
    ledger_apply(ledger, &first);
    ledger_apply(ledger, &cancellation);
    for (int64_t i = 2; i < 9; i++) {
        assert_true(explain_usual_order(ledger, EPOCH + i, &usual));
        assert_int_equal(ledger_apply(ledger, &usual), LEDGER_APPLIED);
        struct ledger_summary s = ledger_summarise(ledger);
        assert_int_equal(summary_orders(&s), i);
        assert_int_equal(s.last_at, EPOCH + i);
    }
    free(ledger);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_sum_up_to_the_advantage), cmocka_unit_test(typical_values_are_raw),
        cmocka_unit_test(one_segment_has_no_runner_up),  cmocka_unit_test(scores_have_their_bands),
        cmocka_unit_test(distances_to_the_cuts),         cmocka_unit_test(the_usual_order),
        cmocka_unit_test(the_usual_order_is_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
