/* The score grid: scores, segments, and the next cut that is noticed. */
#include "core_fixture.h"

#include "obek/due.h"
#include "obek/model_file.h"

#include <unistd.h>
#include <zlib.h>

static struct ledger_summary bought(int64_t orders, int64_t value, int64_t last_at) {
    return (struct ledger_summary){ .online = { orders, value, last_at, last_at },
                                    .offline = { 0, 0, TIME_NONE, TIME_NONE },
                                    .first_at = last_at,
                                    .last_at = last_at };
}

static struct model *flo_rfm(void) {
    struct error error;
    struct model *model = model_load("config/models/flo-rfm.json", &error);
    if (model == NULL)
        fail_msg("%s", error.text);
    return model;
}

static void a_value_on_a_cut_belongs_below_it(void **state) {
    (void)state;
    struct model *model = flo_rfm();
    /* days, orders, value in minor units; the three scores; cuts 33 83 145 232, 2 3 4 7, 302.188 455.826 660.38 1020.036 */
    static const struct {
        double days;
        int64_t orders, value;
        double scores[3];
    } cases[] = {
        { 0, 1, 0, { 5, 1, 1 } },          { 33, 2, 30218, { 5, 1, 1 } },      { 33.001, 3, 30219, { 4, 2, 2 } },
        { 83, 4, 66038, { 4, 3, 3 } },     { 145, 5, 66039, { 3, 4, 4 } },     { 232, 7, 102003, { 2, 4, 4 } },
        { 232.1, 8, 102004, { 1, 5, 5 } }, { 9999, 99, 9999999, { 1, 5, 5 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ledger_summary s = bought(cases[i].orders, cases[i].value, EPOCH);
        struct scheme_value values[SCHEME_VALUES_MAX];
        int64_t now = EPOCH + (int64_t)(cases[i].days * (double)DAY);
        assert_int_equal(scheme_values(&model->schemes[0], &s, 100, now, values), 6);
        for (int k = 0; k < 3; k++)
            assert_true(values[3 + k].value == cases[i].scores[k]);
        assert_string_equal(values[0].name, "recency_days");
        assert_string_equal(values[3].name, "recency_score");
        assert_string_equal(values[4].name, "frequency_score");
        assert_string_equal(values[5].name, "monetary_score");
        assert_near(values[2].value, (double)cases[i].value / 100, 0);
    }
    model_free(model);
}

static const char *segment_at(const struct model *model, int64_t orders, double days) {
    struct ledger_summary s = bought(orders, 100, EPOCH);
    const struct scheme *scheme = &model->schemes[0];
    int64_t now = EPOCH + (int64_t)(days * (double)DAY);
    return scheme->segments[scheme_evaluate(scheme, &s, 100, -1, now).segment].id.text;
}

/* The ten named segments, by recency score from 1 and then frequency score from 1. */
static void the_ten_segments(void **state) {
    (void)state;
    static const char *const rows[5][5] = {
        { "hibernating", "hibernating", "at_risk", "at_risk", "cant_lose" },
        { "hibernating", "hibernating", "at_risk", "at_risk", "cant_lose" },
        { "about_to_sleep", "about_to_sleep", "need_attention", "loyal_customers", "loyal_customers" },
        { "promising", "potential_loyalists", "potential_loyalists", "loyal_customers", "loyal_customers" },
        { "new_customers", "potential_loyalists", "potential_loyalists", "champions", "champions" },
    };
    static const double days[5] = { 300, 200, 100, 50, 10 };
    static const int64_t orders[5] = { 2, 3, 4, 6, 9 };
    struct model *model = flo_rfm();
    for (int r = 0; r < 5; r++)
        for (int f = 0; f < 5; f++)
            assert_string_equal(segment_at(model, orders[f], days[r]), rows[r][f]);
    model_free(model);
}

static const char *const abc[] = { "a", "b", "c" };

static void cuts_that_are_not_noticed_are_passed(void **state) {
    (void)state;
    struct scheme scheme;
    rfm_set(&scheme, "rfm", 4, (double[]){ 10, 20, 30, 40 }, (uint8_t[]){ 0, 1, 2, 2, 2 }, 3, abc);
    struct ledger_summary s = bought(1, 100, EPOCH);
    struct scheme_answer answer = scheme_evaluate(&scheme, &s, 100, -1, EPOCH + 5 * DAY);
    assert_int_equal(answer.segment, 2);
    assert_int_equal(answer.runner_up, 1);  /* where time moves to */
    assert_near(answer.margin, 0.5, 1e-15); /* half of the present band is left, whether its end is noticed or not */
    struct due due = scheme_due(&scheme, &s, 100, 2, EPOCH + 5 * DAY);
    assert_int_equal(due.at, EPOCH + 30 * DAY + 1);
    assert_int_equal(due.segment, 1);
    due = scheme_due(&scheme, &s, 100, 1, due.at);
    assert_int_equal(due.at, EPOCH + 40 * DAY + 1);
    assert_int_equal(due.segment, 0);
    assert_int_equal(scheme_due(&scheme, &s, 100, 0, due.at).at, TIME_NEVER);
    answer = scheme_evaluate(&scheme, &s, 100, -1, due.at);
    assert_int_equal(answer.runner_up, -1);
    assert_near(answer.margin, 1, 0);
    scheme_clear(&scheme);
}

static void two_cuts_in_one_ms_are_one_change(void **state) {
    (void)state;
    struct scheme scheme;
    rfm_set(&scheme, "rfm", 2, (double[]){ 10, 10 + 1e-12 }, (uint8_t[]){ 0, 1, 2 }, 3, abc);
    struct ledger_summary s = bought(1, 100, EPOCH);
    struct due due = scheme_due(&scheme, &s, 100, 2, EPOCH);
    assert_int_equal(due.at, EPOCH + 10 * DAY + 1);
    assert_int_equal(due.segment, 0);
    scheme_clear(&scheme);
}

/* At the ends of what an instant can be, and with cuts that no one reaches. */
static void far_away(void **state) {
    (void)state;
    struct scheme scheme;
    rfm_set(&scheme, "rfm", 2, (double[]){ 1e300, 1e305 }, (uint8_t[]){ 0, 1, 2 }, 3, abc);
    struct ledger_summary s = bought(1, 100, ORDER_TIME_MIN);
    assert_int_equal(scheme_due(&scheme, &s, 100, 2, ORDER_TIME_MAX).at, TIME_NEVER);
    assert_int_equal(scheme_due(&scheme, &s, 100, 2, TIME_NEVER - 1).at, TIME_NEVER);
    scheme_clear(&scheme);
    rfm_set(&scheme, "rfm", 1, (double[]){ 36525 }, (uint8_t[]){ 0, 1 }, 2, abc);
    assert_int_equal(scheme_due(&scheme, &s, 100, 1, ORDER_TIME_MIN).at, TIME_NEVER); /* 1 ms beyond the 100 years */
    assert_int_equal(scheme_due(&scheme, &s, 100, 1, ORDER_TIME_MIN + 1).at, ORDER_TIME_MIN + DUE_HORIZON_MS + 1);
    scheme_clear(&scheme);
}

static void due_is_the_first_instant_of_another_answer(void **state) {
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        double days[3], at = 1e-9;
        uint8_t rows[4];
        for (int k = 0; k < 4; k++) {
            rows[k] = (uint8_t)random_below(&seed, 3);
            if (k < 3)
                days[k] = at += random_unit(&seed) * (random_below(&seed, 3) == 0 ? 1e-8 : 400);
        }
        struct scheme scheme;
        rfm_set(&scheme, "rfm", 3, days, rows, 3, abc);
        struct ledger_summary s = bought(1, 100, EPOCH + random_below(&seed, DAY));
        int64_t after = s.last_at + (random_below(&seed, 2) == 0 ? 0 : random_below(&seed, 900 * DAY));
        int present = scheme_evaluate(&scheme, &s, 100, -1, after).segment;
        struct due due = scheme_due(&scheme, &s, 100, present, after);
        if (due.at == TIME_NEVER) {
            for (int k = 0; k < 3; k++)
                assert_int_equal(scheme_evaluate(&scheme, &s, 100, -1, after + 1 + (int64_t)(days[k] * (double)DAY)).segment,
                                 present);
        } else {
            assert_true(due.at > after);
            assert_int_equal(scheme_evaluate(&scheme, &s, 100, -1, due.at).segment, due.segment);
            assert_int_not_equal(due.segment, present);
            assert_int_equal(scheme_evaluate(&scheme, &s, 100, -1, due.at - 1).segment, present);
        }
        scheme_clear(&scheme);
    }
}

/* oracles/flo_rfm.csv.gz has recency in days, frequency and monetary; its own frequency scores are by rank and so are others in
   1,451 segments. */
static void segments_of_flo(void **state) {
    (void)state;
    const char *shared = getenv("OBEK_SHARED") != NULL ? getenv("OBEK_SHARED") : "../shared";
    char path[4096], line[512];
    snprintf(path, sizeof path, "%s/oracles/flo_rfm.csv.gz", shared);
    gzFile file = access(path, R_OK) == 0 ? gzopen(path, "rb") : NULL;
    if (file == NULL) {
        print_message("SKIPPED: %s is not there, so FLO's segments are not compared\n", path);
        skip();
    }
    struct model *model = flo_rfm();
    int rows = 0, other_segment = 0, other_recency = 0, other_monetary = 0;
    assert_non_null(gzgets(file, line, sizeof line));
    for (; gzgets(file, line, sizeof line) != NULL; rows++) {
        int days, r, m;
        double frequency, monetary;
        char segment[64];
        assert_int_equal(
            sscanf(strchr(line, ','), ",%d,%lf,%lf,%d,%*d,%d,%*d,%63[a-z_]", &days, &frequency, &monetary, &r, &m, segment), 6);
        struct ledger_summary s = bought((int64_t)frequency, llround(monetary * 100), EPOCH);
        struct scheme_value values[SCHEME_VALUES_MAX];
        scheme_values(&model->schemes[0], &s, 100, EPOCH + days * DAY, values);
        other_recency += (int)values[3].value != r;
        other_monetary += (int)values[5].value != m;
        other_segment += strcmp(segment_at(model, (int64_t)frequency, days), segment) != 0;
    }
    gzclose(file);
    assert_int_equal(rows, 19945);
    assert_int_equal(other_recency, 0);
    assert_int_equal(other_monetary, 0);
    assert_int_equal(other_segment, 1451);
    model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_on_a_cut_belongs_below_it),
        cmocka_unit_test(the_ten_segments),
        cmocka_unit_test(cuts_that_are_not_noticed_are_passed),
        cmocka_unit_test(two_cuts_in_one_ms_are_one_change),
        cmocka_unit_test(far_away),
        cmocka_unit_test(due_is_the_first_instant_of_another_answer),
        cmocka_unit_test(segments_of_flo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
