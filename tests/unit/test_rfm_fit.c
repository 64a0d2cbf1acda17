/* Quintile scores, frozen and ranked. */
#include "../../trainer/rfm_fit.h"
#include "core_fixture.h"
#include "obek/model_file.h"

static void learn(const struct rfm_customer *customers, size_t n, struct rfm_fit *fit) {
    struct error error;
    if (!rfm_fit(customers, n, 5, fit, &error))
        fail_msg("%s", error.text);
}

static uint8_t *table(void) {
    static uint8_t cells[sizeof rfm_named_table];
    memcpy(cells, rfm_named_table, sizeof cells);
    return cells;
}

static const bool by_frequency[RFM_MEASURES] = { [RFM_FREQUENCY] = true };

/* Ten customers, value and days apart; six of them of two orders. */
static const struct rfm_customer ten[] = {
    { { 1, 2, 100 } }, { { 2, 2, 90 } }, { { 3, 2, 80 } }, { { 4, 2, 70 } }, { { 5, 2, 60 } },
    { { 6, 2, 50 } },  { { 7, 3, 40 } }, { { 8, 4, 30 } }, { { 9, 5, 20 } }, { { 10, 9, 10 } },
};

static void cut_points_are_interpolated_quintiles(void **state) {
    (void)state;
    struct rfm_fit fit;
    learn(ten, 10, &fit);
    static const double recency[] = { 1, 2.8, 4.6, 6.4, 8.2, 10 };
    for (int i = 0; i <= 5; i++) {
        assert_near(fit.edges[RFM_RECENCY][i], recency[i], 1e-15 * recency[i]);
        assert_near(fit.edges[RFM_MONETARY][i], recency[i] * 10, 1e-13);
    }
    assert_true(fit.edges[RFM_FREQUENCY][3] == 2.4 || fabs(fit.edges[RFM_FREQUENCY][3] - 2.4) < 1e-15);
    struct rfm grid = rfm_grid(&fit, table());
    struct rfm_score score = rfm_score(&grid, 2.8, 2, 28); /* on a cut: still the lower score, of recency the better one */
    assert_true(score.recency == 5 && score.frequency == 1 && score.monetary == 1);
    score = rfm_score(&grid, 2.81, 2.5, 100);
    assert_true(score.recency == 4 && score.frequency == 4 && score.monetary == 5);
}

static void ties_are_torn_in_the_order_of_the_file(void **state) {
    (void)state;
    struct rfm_fit fit;
    struct rfm_score scores[10];
    learn(ten, 10, &fit);
    struct rfm grid = rfm_grid(&fit, table());
    assert_int_equal(rfm_score_ranked(ten, 10, &grid, by_frequency, scores), 6);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(scores[i].frequency, 1 + i / 2);
        assert_int_equal(scores[i].recency, 5 - i / 2);
        assert_int_equal(scores[i].monetary, 5 - i / 2);
    }
    struct rfm_customer reversed[10];
    for (int i = 0; i < 10; i++)
        reversed[i] = ten[9 - i];
    assert_int_equal(rfm_score_ranked(reversed, 10, &grid, by_frequency, scores), 6);
    assert_int_equal(scores[4].frequency, 1); /* the first of two orders in this file */
    assert_int_equal(scores[9].frequency, 3);
    assert_int_equal(scores[0].frequency, 5);
}

static void any_measure_may_be_ranked(void **state) {
    (void)state;
    static const bool all[RFM_MEASURES] = { true, true, true }, none[RFM_MEASURES] = { false };
    const struct rfm_customer customers[] = {
        { { 5, 1, 1 } }, { { 5, 1, 1 } }, { { 5, 1, 1 } }, { { 5, 1, 1 } }, { { 5, 1, 1 } }
    };
    struct rfm_fit fit;
    struct rfm_score scores[5];
    learn(customers, 5, &fit);
    struct rfm grid = rfm_grid(&fit, table());
    assert_int_equal(rfm_score_ranked(customers, 5, &grid, all, scores), 5);
    for (int i = 0; i < 5; i++)
        assert_true(scores[i].recency == 5 - i && scores[i].frequency == 1 + i && scores[i].monetary == 1 + i);
    assert_int_equal(rfm_score_ranked(customers, 5, &grid, none, scores), 0);
    for (int i = 0; i < 5; i++)
        assert_true(scores[i].recency == 5 && scores[i].frequency == 1 && scores[i].monetary == 1);
    assert_int_equal(fit.warnings.n, 3);
    assert_string_equal(fit.warnings.list[1].detail, "frequency: edge 3 of 6 is 1, as is the one before");
}

static void who_differs_is_counted(void **state) {
    (void)state;
    struct rfm_fit fit;
    struct rfm_score scores[10];
    learn(ten, 10, &fit);
    struct rfm grid = rfm_grid(&fit, table());
    rfm_score_ranked(ten, 10, &grid, by_frequency, scores);
    /* by value the frequencies score 1 1 1 1 1 1 4 4 5 5 */
    static const int frozen[] = { 1, 1, 1, 1, 1, 1, 4, 4, 5, 5 };
    size_t differing = 0;
    for (int i = 0; i < 10; i++) {
        struct rfm_score score = rfm_score(&grid, ten[i].measures[0], ten[i].measures[1], ten[i].measures[2]);
        assert_int_equal(score.frequency, frozen[i]);
        differing +=
            rfm_named_table[score.recency - 1][frozen[i] - 1] != rfm_named_table[scores[i].recency - 1][scores[i].frequency - 1];
    }
    assert_true(differing > 0);
    assert_int_equal(rfm_differing(ten, 10, &grid, scores), differing);
}

static void three_scores(void **state) {
    (void)state;
    uint8_t by_three[9] = { 0, 1, 2, 3, 4, 5, 6, 7, 8 };
    struct rfm_fit fit;
    struct rfm_score scores[10];
    struct error error;
    assert_true(rfm_fit(ten, 10, 3, &fit, &error));
    struct rfm grid = rfm_grid(&fit, by_three);
    assert_int_equal(grid.recency.n, 2);
    assert_near(grid.recency.at[0], 4, 1e-14);
    assert_near(grid.recency.at[1], 7, 1e-14);
    rfm_score_ranked(ten, 10, &grid, by_frequency, scores);
    static const int frequency[] = { 1, 1, 1, 1, 2, 2, 2, 3, 3, 3 };
    for (int i = 0; i < 10; i++)
        assert_true(scores[i].frequency == frequency[i] && scores[i].recency == 4 - frequency[i]);
    assert_int_equal(rfm_segment(&grid, &scores[0]), 6);
    assert_int_equal(rfm_segment(&grid, &scores[9]), 2);
}

static void one_customer(void **state) {
    (void)state;
    struct rfm_fit fit;
    struct rfm_score score;
    learn(ten, 1, &fit);
    struct rfm grid = rfm_grid(&fit, table());
    assert_int_equal(rfm_score_ranked(ten, 1, &grid, by_frequency, &score), 0);
    assert_true(score.recency == 5 && score.frequency == 1 && score.monetary == 1);
    assert_int_equal(rfm_differing(ten, 1, &grid, &score), 0);
}

static void today_is_no_band(void **state) {
    (void)state;
    struct rfm_customer customers[10];
    for (int i = 0; i < 10; i++)
        customers[i] = (struct rfm_customer){ { i < 4 ? 0 : i, i, i } };
    struct rfm_fit fit;
    learn(customers, 10, &fit);
    assert_int_equal(fit.warnings.n, 1);
    assert_string_equal(fit.warnings.list[0].detail, "recency: edge 2 of 6 is 0, as is the one before");
}

static void the_named_segments_are_the_served_models(void **state) {
    (void)state;
    struct error error;
    struct model *model = model_load("config/models/flo-rfm.json", &error);
    if (model == NULL)
        fail_msg("%s", error.text);
    const struct scheme *scheme = &model->schemes[0];
    assert_int_equal(scheme->n_segments, RFM_NAMED);
    for (int i = 0; i < scheme->n_segments; i++) {
        assert_string_equal(scheme->segments[i].id.text, rfm_named[i].id);
        assert_string_equal(scheme->segments[i].label_en, rfm_named[i].label_en);
        assert_string_equal(scheme->segments[i].label_tr, rfm_named[i].label_tr);
    }
    assert_memory_equal(scheme->rfm.table, rfm_named_table, sizeof rfm_named_table);
    model_free(model);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    struct rfm_fit fit;
    struct error error;
    static const struct {
        double value;
        int measure;
        const char *error;
    } cases[] = { { NAN, RFM_RECENCY, "customer 4: a recency of nan" },
                  { -1, RFM_RECENCY, "customer 4: a recency of -1" },
                  { INFINITY, RFM_FREQUENCY, "customer 4: a frequency of inf" },
                  { -0.5, RFM_MONETARY, "customer 4: a monetary value of -0.5" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rfm_customer customers[10];
        memcpy(customers, ten, sizeof ten);
        customers[3].measures[cases[i].measure] = cases[i].value;
        assert_false(rfm_fit(customers, 10, 5, &fit, &error));
        assert_string_equal(error.text, cases[i].error);
    }
    assert_false(rfm_fit(ten, 0, 5, &fit, &error));
    assert_string_equal(error.text, "there is no customer to learn from");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_points_are_interpolated_quintiles),
        cmocka_unit_test(ties_are_torn_in_the_order_of_the_file),
        cmocka_unit_test(any_measure_may_be_ranked),
        cmocka_unit_test(who_differs_is_counted),
        cmocka_unit_test(three_scores),
        cmocka_unit_test(one_customer),
        cmocka_unit_test(today_is_no_band),
        cmocka_unit_test(the_named_segments_are_the_served_models),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
