/* BG/NBD and Gamma-Gamma expectations against published and 40-digit numbers; bands, and when time moves out of one. */
#include "core_fixture.h"

#include "obek/bgnbd.h"
#include "obek/due.h"

#include <unistd.h>
#include <zlib.h>

#define assert_close(a, b, relative) assert_near((a), (b), (relative)*fabs(b))

static const struct bgnbd cdnow = { 0.2425929, 4.4135312, 0.7928862, 2.4257533 };
static const struct gamma_gamma cdnow_value = { 6.248802, 3.744588, 15.447748 };

static double purchases(const struct bgnbd *model, double t, double x, double tx, double T) {
    return bgnbd_p_alive(model, x, tx, T) * bgnbd_purchases_alive(model, t, x, T);
}

static void published_numbers(void **state) {
    (void)state;
    assert_near(purchases(&cdnow, 39, 2, 30.43, 38.86), 1.2259, 5e-5);
    assert_near(bgnbd_p_alive(&cdnow, 2, 30.43, 38.86), 0.72661, 5e-6);
    assert_near(gamma_gamma_mean(&cdnow_value, 2, 22.35), 24.659, 5e-3); /* the first of CDNOW */
    assert_near(gamma_gamma_mean(&cdnow_value, 0, 0), 35.171, 5e-4);
}

/* The sum of positive terms that core/bgnbd.c describes, in 60 digits. */
static const struct {
    struct bgnbd model;
    double t, x, T, purchases;
} hard[] = {
    { { 0.2425929, 4.4135312, 0.7928862, 2.4257533 }, 39, 2, 38.86, 1.6871662538657022 },
    { { 0.25, 4.5, 1, 2.5 }, 26, 0, 0, 0.85172313300424474 }, /* a = 1 */
    { { 0.25, 4.5, 1, 2.5 }, 26, 3, 30, 1.997193645916139 },
    { { 0.25, 4.5, 0.999999, 2.5 }, 26, 3, 30, 1.9971939831226064 },
    { { 0.25, 4.5, 1.0000001, 2.5 }, 26, 3, 30, 1.9971936121955018 },
    { { 0.5, 80, 0.25, 0.75 }, 26, 0, 10, 0.13761296263807102 }, /* a + b + x = 1 */
    { { 0.5, 80, 0.3, 0.2 }, 26, 0, 10, 0.12885179851114986 },
    { { 50, 500, 0.5, 0.5 }, 26, 1, 3, 2.029714278515661 }, /* r far above a + b */
    { { 1000, 40, 0.5, 0.5 }, 26, 0, 1, 28.400375668684529 },
    { { 0.3, 20, 0.01, 5000 }, 26, 1, 12, 1.0562480268874701 }, /* hardly anybody drops out */
    { { 2, 10, 900, 9000 }, 26, 0, 0.5, 3.6712536315658024 },   /* everybody alike */
    { { 2, 3, 900, 100 }, 260, 1, 0.5, 1.1123434781897155 },
    { { 0.25, 4.4, 0.8, 2.4 }, 26, 221, 103.57143, 48.816237979048879 },
    { { 0.3, 4, 2, 3 }, 26, 1000000, 500, 49056.627394762625 },
    { { 0.5, 2, 0.8, 0.5 }, 182, 1, 0, 10.162205017745707 },
    { { 800, 1, 5, 2 }, 26, 10, 0.1, 3.999999999999015 }, /* P(0) is less than the smallest double */
};

static void hard_parameters(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        double found = bgnbd_purchases_alive(&hard[i].model, hard[i].t, hard[i].x, hard[i].T);
        double allowed = hard[i].model.r > 100 ? 1e-12 : 5e-14;
        if (!(fabs(found - hard[i].purchases) <= allowed * hard[i].purchases))
            fail_msg("case %zu: %.17g instead of %.17g", i, found, hard[i].purchases);
    }
}

static void without_dropout_it_is_the_nbd(void **state) {
    (void)state;
    struct bgnbd nbd = { 2.94762, 78.789933, 0, 0 }, nearly = { 2.94762, 78.789933, 1e-8, 1 };
    for (int x = 0; x < 300; x += 7) {
        assert_close(bgnbd_purchases_alive(&nbd, 12, x, 100), (2.94762 + x) * 12 / 178.789933, 1e-15);
        assert_true(bgnbd_p_alive(&nbd, x, 50, 100) == 1);
        assert_close(bgnbd_purchases_alive(&nearly, 12, x, 100), (2.94762 + x) * 12 / 178.789933, 1e-6);
    }
}

static void the_customer_of_221_purchases(void **state) {
    (void)state;
    static const struct bgnbd models[] = { { 0.2425929, 4.4135312, 0.7928862, 2.4257533 },
                                           { 2.94762, 78.789933, 0.01, 0.5 },
                                           { 3.663384, 76.172359, 0, 0 },
                                           { 0.9, 11.7, 1, 3 } };
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        double alive = bgnbd_p_alive(&models[i], 221, 103.42857, 103.57143);
        double found = purchases(&models[i], 26, 221, 103.42857, 103.57143);
        assert_true(alive > 0 && alive <= 1);
        assert_true(found > 0 && found <= (models[i].r + 221) * 26 / (models[i].alpha + 103.57143));
        assert_true(bgnbd_p_alive(&models[i], 221, 3, 5000) >= 0); /* its odds overflow */
    }
}

/* What cltv_due rests on. Falling is strict but for rounding. */
static void everything_falls_as_time_passes(void **state) {
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < 2000; i++) {
        struct bgnbd model = { 0.05 + 4 * random_unit(&seed), exp(6 * random_unit(&seed)), random_unit(&seed) * 3,
                               0.01 + random_unit(&seed) * 4 };
        if (random_below(&seed, 4) == 0)
            model.a = 1 + (random_unit(&seed) - 0.5) * 1e-6;
        double x = (double)random_below(&seed, 60), tx = x == 0 ? 0 : random_unit(&seed) * 100,
               t = 4.345 + random_unit(&seed) * 50;
        double T = tx, before = INFINITY, alive_before = INFINITY;
        for (int k = 0; k < 20; k++) {
            double alive = bgnbd_p_alive(&model, x, tx, T), found = bgnbd_purchases_alive(&model, t, x, T);
            assert_true(found <= before * (1 + 1e-13) && alive <= alive_before && found > 0);
            before = found;
            alive_before = alive;
            T += 0.01 + random_unit(&seed) * 20;
        }
    }
}

static const char *const bands[] = { "low", "middle", "high" };

static struct ledger_summary regular(int64_t orders) {
    return (struct ledger_summary){ .online = { orders, orders * 10000, EPOCH - 200 * DAY, EPOCH },
                                    .offline = { 0, 0, TIME_NONE, TIME_NONE },
                                    .first_at = EPOCH - 200 * DAY,
                                    .last_at = EPOCH };
}

static double value_at(const struct scheme *scheme, const struct ledger_summary *s, int64_t now) {
    struct scheme_value values[SCHEME_VALUES_MAX];
    assert_int_equal(scheme_values(scheme, s, 100, now, values), 7);
    assert_string_equal(values[4].name, "cltv");
    return values[4].value;
}

/* One customer of the notebooks' fit, as oracles.md has them: 5 orders, last 17 weeks after the first, 30.57 weeks ago. */
static void a_customer_of_the_notebooks(void **state) {
    (void)state;
    struct scheme scheme;
    cltv_set(&scheme, "cltv", (struct bgnbd){ 3.663384, 76.172359, 0, 0 }, (struct gamma_gamma){ 4.151179, 0.470125, 4.077243 },
             2, (double[]){ 100, 300 }, bands);
    scheme.cltv.x = FEATURE_FREQUENCY;
    int64_t now = EPOCH + 214 * DAY, last = EPOCH + 119 * DAY;
    struct ledger_summary s = {
        .online = { 4, 79939, EPOCH, last }, .offline = { 1, 13998, EPOCH, EPOCH }, .first_at = EPOCH, .last_at = last
    };
    struct scheme_value values[SCHEME_VALUES_MAX];
    assert_int_equal(scheme_values(&scheme, &s, 100, now, values), 7);
    static const struct scheme_value expected[] = { { "frequency", 5 },
                                                    { "avg_order_value", 187.874 },
                                                    { "active_days", 119 },
                                                    { "tenure_days", 214 },
                                                    { "cltv", 395.733234 },
                                                    { "p_alive", 1 },
                                                    { "purchases", (3.663384 + 5) * 4.345 * 6 / (76.172359 + 214.0 / 7) } };
    for (int i = 0; i < 7; i++) {
        assert_string_equal(values[i].name, expected[i].name);
        assert_close(values[i].value, expected[i].value, 1e-6);
    }
    struct scheme_answer answer = scheme_evaluate(&scheme, &s, 100, -1, now);
    assert_int_equal(answer.segment, 2);
    assert_int_equal(answer.runner_up, 1);
    assert_close(answer.margin, (395.733234 - 300) / 300, 1e-5);
    scheme_clear(&scheme);
}

static void caps_come_before_the_sum(void **state) {
    (void)state;
    struct scheme scheme;
    cltv_set(&scheme, "cltv", cdnow, cdnow_value, 0, NULL, bands);
    scheme.cltv.orders_online_cap = 48;
    scheme.cltv.orders_offline_cap = 16;
    scheme.cltv.value_online_cap = 7800;
    struct ledger_summary s = { .online = { 200, 1000000, EPOCH, EPOCH + 9 * DAY },
                                .offline = { 2, 40000, EPOCH, EPOCH },
                                .first_at = EPOCH,
                                .last_at = EPOCH + 9 * DAY };
    struct scheme_value values[SCHEME_VALUES_MAX];
    scheme_values(&scheme, &s, 100, EPOCH + 10 * DAY, values);
    assert_string_equal(values[0].name, "repeat_frequency");
    assert_true(values[0].value == 48 + 2 - 1);
    assert_close(values[1].value, (7800 + 400) / 50.0, 1e-15);
    struct scheme_answer answer = scheme_evaluate(&scheme, &s, 100, -1, EPOCH + 10 * DAY);
    assert_int_equal(answer.segment, 0); /* no cuts, one band */
    assert_int_equal(answer.runner_up, -1);
    assert_near(answer.margin, 1, 0);
    assert_int_equal(scheme_due(&scheme, &s, 100, 0, EPOCH + 10 * DAY).at, TIME_NEVER);
    scheme_clear(&scheme);
}

/* The cut is put where the value is: on it, in the lower band; the margins are those of the contract. */
static void bands_and_margins(void **state) {
    (void)state;
    struct scheme scheme;
    cltv_set(&scheme, "cltv", cdnow, cdnow_value, 2, (double[]){ 1, 2 }, bands);
    struct ledger_summary s = regular(6);
    double v = value_at(&scheme, &s, EPOCH);
    static const struct {
        double low, high; /* cuts, as parts of the value */
        int band, runner_up;
        double margin;
    } cases[] = {
        { 1, 2, 0, 1, 0 },          { 2, 3, 0, 1, 0.5 },      { 4, 5, 0, 1, 0.75 },
        { 0.5, 1, 1, 2, 0 },        { 0.8, 1.8, 1, 0, 0.2 },  { 0.5, 1.5, 1, 0, 0.5 },
        { 0.25, 1.25, 1, 2, 0.25 }, { 0.1, 0.8, 2, 1, 0.25 }, { 0.1, 0.25, 2, 1, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scheme.cltv.cuts.at[0] = cases[i].low * v;
        scheme.cltv.cuts.at[1] = cases[i].high * v;
        struct scheme_answer answer = scheme_evaluate(&scheme, &s, 100, -1, EPOCH);
        assert_int_equal(answer.segment, cases[i].band);
        if (i != 5) /* as near to both: rounding decides */
            assert_int_equal(answer.runner_up, cases[i].runner_up);
        assert_near(answer.margin, cases[i].margin, 1e-12);
    }
    scheme_clear(&scheme);
}

static void due_is_the_first_instant_of_a_lower_band(void **state) {
    (void)state;
    uint64_t seed = 11;
    int moved = 0;
    for (int i = 0; i < 3000; i++) {
        struct bgnbd model = { 0.1 + 3 * random_unit(&seed), exp(5 * random_unit(&seed)),
                               random_below(&seed, 3) == 0 ? 0 : 2 * random_unit(&seed), 0.1 + 3 * random_unit(&seed) };
        struct scheme scheme;
        cltv_set(&scheme, "cltv", model, cdnow_value, 2, (double[]){ 1, 2 }, bands);
        struct ledger_summary s = regular(1 + random_below(&seed, 30));
        int64_t after = EPOCH + random_below(&seed, 100 * DAY);
        double v = value_at(&scheme, &s, after);
        scheme.cltv.cuts.at[0] = v * random_unit(&seed) * 0.9;
        scheme.cltv.cuts.at[1] = v * (1 - random_unit(&seed) * (random_below(&seed, 2) == 0 ? 1e-9 : 0.1));
        assert_int_equal(scheme_evaluate(&scheme, &s, 100, -1, after).segment, 2);
        for (int present = 2; present > 0;) {
            struct due due = scheme_due(&scheme, &s, 100, present, after);
            if (due.at == TIME_NEVER)
                break;
            assert_true(due.at > after && due.segment < present);
            assert_int_equal(scheme_evaluate(&scheme, &s, 100, present, due.at).segment, due.segment);
            if (due.at - 1 > after)
                assert_int_equal(scheme_evaluate(&scheme, &s, 100, present, due.at - 1).segment, present);
            present = due.segment;
            after = due.at;
            moved++;
        }
        scheme_clear(&scheme);
    }
    assert_true(moved > 4000);
}

static gzFile oracle(const char *name) {
    const char *shared = getenv("OBEK_SHARED") != NULL ? getenv("OBEK_SHARED") : "../shared";
    char path[4096], line[512];
    snprintf(path, sizeof path, "%s/oracles/%s", shared, name);
    gzFile file = access(path, R_OK) == 0 ? gzopen(path, "rb") : NULL;
    if (file == NULL) {
        print_message("SKIPPED: %s is not there, so its customers are not compared\n", path);
        skip();
    }
    assert_non_null(gzgets(file, line, sizeof line));
    return file;
}

static void every_customer_of_cdnow(void **state) {
    (void)state;
    gzFile file = oracle("cdnow_bgnbd.csv.gz");
    char line[512];
    double sum = 0;
    int rows = 0;
    for (; gzgets(file, line, sizeof line) != NULL; rows++) {
        double x, tx, T, expected, alive;
        assert_int_equal(sscanf(line, "%*d,%lf,%lf,%lf,%lf,%lf", &x, &tx, &T, &expected, &alive), 5);
        assert_close(purchases(&cdnow, 39, x, tx, T), expected, 3e-6); /* seven digits of the parameters */
        assert_close(bgnbd_p_alive(&cdnow, x, tx, T), alive, 3e-6);
        sum += purchases(&cdnow, 39, x, tx, T);
    }
    gzclose(file);
    assert_int_equal(rows, 2357);
    assert_near(sum, 1653.4233, 1e-3);
}

/* Dates at midnight, x and m as the file has them: the value through the scheme, not by its parts. */
static void every_customer_of_flo_as_the_notebooks_do_it(void **state) {
    (void)state;
    gzFile file = oracle("flo_cltv.csv.gz");
    struct scheme scheme;
    cltv_set(&scheme, "cltv", (struct bgnbd){ 3.663384, 76.172359, 0, 0 }, (struct gamma_gamma){ 4.151179, 0.470125, 4.077243 },
             0, NULL, bands);
    scheme.cltv.x = FEATURE_FREQUENCY;
    char line[512];
    int rows = 0;
    for (; gzgets(file, line, sizeof line) != NULL; rows++) {
        double active, T, x, m, e3, e6, mean, cltv;
        assert_int_equal(
            sscanf(strchr(line, ','), ",%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", &active, &T, &x, &m, &e3, &e6, &mean, &cltv), 8);
        int64_t now = EPOCH + llround(T * 7) * DAY, last = EPOCH + llround(active * 7) * DAY;
        struct ledger_summary s = { .online = { (int64_t)x, llround(x * m * 100), EPOCH, last },
                                    .offline = { 0, 0, TIME_NONE, TIME_NONE },
                                    .first_at = EPOCH,
                                    .last_at = last };
        assert_close(value_at(&scheme, &s, now), cltv, 1e-4);
        assert_close(purchases(&scheme.cltv.bgnbd, 12, x, active, T), e3, 1e-5);
        assert_close(purchases(&scheme.cltv.bgnbd, 24, x, active, T), e6, 1e-5);
        assert_close(gamma_gamma_mean(&scheme.cltv.gamma_gamma, x, m), mean, 1e-5);
    }
    gzclose(file);
    assert_int_equal(rows, 19945);
    scheme_clear(&scheme);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_numbers),
        cmocka_unit_test(hard_parameters),
        cmocka_unit_test(without_dropout_it_is_the_nbd),
        cmocka_unit_test(the_customer_of_221_purchases),
        cmocka_unit_test(everything_falls_as_time_passes),
        cmocka_unit_test(a_customer_of_the_notebooks),
        cmocka_unit_test(caps_come_before_the_sum),
        cmocka_unit_test(bands_and_margins),
        cmocka_unit_test(due_is_the_first_instant_of_a_lower_band),
        cmocka_unit_test(every_customer_of_cdnow),
        cmocka_unit_test(every_customer_of_flo_as_the_notebooks_do_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
