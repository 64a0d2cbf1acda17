/* scheme_due against scheme_evaluate: the first millisecond at which the answer changes. */
#include "core_fixture.h"

static const enum feature moving[4] = { FEATURE_RECENCY_DAYS, FEATURE_TENURE_DAYS, FEATURE_RECENCY_ONLINE_DAYS,
                                        FEATURE_RECENCY_OFFLINE_DAYS };

static struct ledger_summary summary_of(int64_t first_at, int64_t online_last_at, int64_t offline_last_at) {
    struct ledger_summary s = { .online = { 2, 5000, first_at, online_last_at }, .offline = { 0, 0, TIME_NONE, TIME_NONE } };
    if (offline_last_at != TIME_NONE)
        s.offline = (struct ledger_side){ 1, 2500, offline_last_at, offline_last_at };
    s.first_at = first_at;
    s.last_at = offline_last_at > online_last_at ? offline_last_at : online_last_at;
    return s;
}

static int evaluate(const struct scheme *scheme, const struct ledger_summary *s, int present, int64_t at) {
    return scheme_evaluate(scheme, s, 100, present, at).segment;
}

/* The due time is a change, and the millisecond before is none. */
static void assert_exact(const struct scheme *scheme, const struct ledger_summary *s, int present, int64_t after,
                         struct due due) {
    if (due.at == TIME_NEVER) {
        assert_int_equal(due.segment, -1);
        return;
    }
    assert_true(due.at > after && due.at <= after + DUE_HORIZON_MS);
    assert_int_not_equal(due.segment, present);
    assert_int_equal(evaluate(scheme, s, present, due.at), due.segment);
    if (due.at - 1 > after)
        assert_int_equal(evaluate(scheme, s, present, due.at - 1), present);
}

static void one_moving_feature(void **state) {
    (void)state;
    struct scaled_feature recency = plain_feature(FEATURE_RECENCY_DAYS);
    struct scheme scheme;
    struct ledger_summary s = summary_of(EPOCH, EPOCH, TIME_NONE);
    kmeans_set(&scheme, "k", 3, 1, &recency, (double[]){ 0, 10, 20 }, 0);
    struct due due = scheme_due(&scheme, &s, 100, 0, EPOCH);
    assert_int_equal(due.at, EPOCH + 5 * DAY + 1); /* at the bisector the present one stays */
    assert_int_equal(due.segment, 1);
    due = scheme_due(&scheme, &s, 100, 1, due.at);
    assert_int_equal(due.at, EPOCH + 15 * DAY + 1);
    due = scheme_due(&scheme, &s, 100, 2, due.at);
    assert_int_equal(due.at, TIME_NEVER);
    assert_int_equal(due.segment, -1);
    due = scheme_due(&scheme, &s, 100, 0, EPOCH + 5 * DAY); /* within 1 ms */
    assert_int_equal(due.at, EPOCH + 5 * DAY + 1);
    due = scheme_due(&scheme, &s, 100, 0, EPOCH + 15 * DAY); /* a tie of others: the answer at due */
    assert_int_equal(due.at, EPOCH + 15 * DAY + 1);
    assert_int_equal(due.segment, 2);
    scheme.kmeans.hysteresis = 0.1;
    assert_int_equal(scheme_due(&scheme, &s, 100, 0, EPOCH).at, EPOCH + 6 * DAY + 1);
    scheme_clear(&scheme);
}

static void transforms_are_inverted(void **state) {
    (void)state;
    struct scaled_feature recency = plain_feature(FEATURE_RECENCY_DAYS);
    struct scheme scheme;
    struct ledger_summary s = summary_of(EPOCH, EPOCH, TIME_NONE);
    recency.transform = TRANSFORM_SQRT;
    kmeans_set(&scheme, "k", 2, 1, &recency, (double[]){ 0, 6 }, 0);
    assert_int_equal(scheme_due(&scheme, &s, 100, 0, EPOCH).at, EPOCH + 9 * DAY + 1);
    scheme.kmeans.features[0].transform = TRANSFORM_LOG1P;
    struct due due = scheme_due(&scheme, &s, 100, 0, EPOCH);
    assert_near((double)(due.at - EPOCH) / (double)DAY, exp(3) - 1, 1e-7);
    assert_exact(&scheme, &s, 0, EPOCH, due);
    scheme.kmeans.features[0].factor = -1; /* z falls: the other way round */
    assert_int_equal(scheme_due(&scheme, &s, 100, 0, EPOCH).at, TIME_NEVER);
    scheme_clear(&scheme);
}

static void a_clip_stops_the_clock(void **state) {
    (void)state;
    struct scaled_feature recency = plain_feature(FEATURE_RECENCY_DAYS);
    struct scheme scheme;
    struct ledger_summary s = summary_of(EPOCH, EPOCH, TIME_NONE);
    recency.low = 3, recency.high = 4.9999;
    kmeans_set(&scheme, "k", 2, 1, &recency, (double[]){ 0, 10 }, 0);
    assert_int_equal(scheme_due(&scheme, &s, 100, 0, EPOCH).at, TIME_NEVER);
    scheme.kmeans.features[0].high = 5; /* reaches the bisector and stays on it */
    assert_int_equal(scheme_due(&scheme, &s, 100, 0, EPOCH).at, TIME_NEVER);
    scheme.kmeans.features[0].high = 5.1;
    assert_int_equal(scheme_due(&scheme, &s, 100, 0, EPOCH).at, EPOCH + 5 * DAY + 1);
    scheme_clear(&scheme);
}

static void what_does_not_move_is_never_due(void **state) {
    (void)state;
    struct scaled_feature features[2] = { plain_feature(FEATURE_FREQUENCY), plain_feature(FEATURE_RECENCY_OFFLINE_DAYS) };
    struct scheme scheme;
    struct ledger_summary s = summary_of(EPOCH, EPOCH, TIME_NONE);
    features[1].high = 100;
    kmeans_set(&scheme, "k", 2, 2, features, (double[]){ 0, 0, 5, 5 }, 0);
    int present = evaluate(&scheme, &s, -1, EPOCH);
    assert_int_equal(scheme_due(&scheme, &s, 100, present, EPOCH).at, TIME_NEVER);
    assert_int_equal(scheme_due(&scheme, &s, 100, present, INT64_MAX - 5).at, TIME_NEVER);
    scheme_clear(&scheme);
}

/* f(t) = d_i^2 - d_j^2 with tenure (linear, away) and recency (sqrt, towards): rises, then falls; touches at its top. */
static void a_tangent_is_not_stepped_over(void **state) {
    (void)state;
    struct scaled_feature features[2] = { plain_feature(FEATURE_RECENCY_DAYS), plain_feature(FEATURE_TENURE_DAYS) };
    struct ledger_summary s = summary_of(EPOCH, EPOCH, TIME_NONE);
    features[0].transform = TRANSFORM_SQRT;
    for (int side = -1; side <= 1; side += 2) {
        struct scheme scheme; /* f / 2 = 20 sqrt(x) - x - 100 -+ 1e-9: the top is at x = 100 */
        kmeans_set(&scheme, "k", 2, 2, features, (double[]){ 0, 0, 20, -1 }, 0);
        /* move the bisector with a constant: both centroids shifted along the first axis by c changes f by -2 * 20 * c */
        double c = (100.0 - side * 1e-9 - 200.5) / 20;
        scheme.kmeans.centroids[0] = c;
        scheme.kmeans.centroids[2] = 20 + c;
        struct due due = scheme_due(&scheme, &s, 100, 0, EPOCH + DAY);
        if (side < 0) {
            assert_int_equal(due.at, TIME_NEVER);
        } else {
            assert_exact(&scheme, &s, 0, EPOCH + DAY, due);
            assert_near((double)(due.at - EPOCH) / (double)DAY, 100, 0.01);
        }
        scheme_clear(&scheme);
    }
}

/* recency - tenure is a constant: nothing ever changes, at any distance from the bisector, and it is found out at once. */
static void terms_that_cancel(void **state) {
    (void)state;
    struct scaled_feature features[2] = { plain_feature(FEATURE_RECENCY_DAYS), plain_feature(FEATURE_TENURE_DAYS) };
    struct ledger_summary s = summary_of(EPOCH - 1, EPOCH, TIME_NONE);
    for (int transform = TRANSFORM_NONE; transform <= TRANSFORM_SQRT; transform++) {
        features[0].transform = features[1].transform = (enum transform)transform;
        struct scheme scheme;
        kmeans_set(&scheme, "k", 2, 2, features, (double[]){ 0, 0, -1, 1 }, 0);
        for (int i = 0; i < 1000; i++) {
            int64_t after = EPOCH + i * DAY;
            int present = evaluate(&scheme, &s, -1, after);
            assert_exact(&scheme, &s, present, after, scheme_due(&scheme, &s, 100, present, after));
        }
        scheme_clear(&scheme);
    }
}

static struct scaled_feature random_feature(uint64_t *seed, enum feature feature, double days) {
    struct scaled_feature f = plain_feature(feature);
    f.transform = (enum transform)random_below(seed, 3);
    if (random_below(seed, 2) == 0)
        f.low = random_unit(seed) * days / 2;
    if (random_below(seed, 2) == 0 || feature == FEATURE_RECENCY_OFFLINE_DAYS)
        f.high = (isinf(f.low) ? 0 : f.low) + random_unit(seed) * days;
    double top = f.transform == TRANSFORM_NONE ? days : f.transform == TRANSFORM_SQRT ? sqrt(days) : log1p(days);
    f.factor = (random_unit(seed) + 0.2) / top * (random_below(seed, 4) == 0 ? -1 : 1);
    f.offset = random_unit(seed) * top;
    return f;
}

static void random_scheme(uint64_t *seed, struct scheme *scheme, double days) {
    static const double hystereses[4] = { 0, 0, 0.1, 0.4 };
    struct scaled_feature features[5];
    double centroids[10 * 5];
    int k = 1 + (int)random_below(seed, 9), n = 0;
    for (int i = 0; i < 4; i++)
        if (random_below(seed, 2) == 0)
            features[n++] = random_feature(seed, moving[i], days);
    features[n++] = plain_feature(FEATURE_SHARE_ONLINE);
    for (int i = 0; i < k * n; i++)
        centroids[i] = 1.6 * random_unit(seed) - 0.8;
    kmeans_set(scheme, "k", k, n, features, centroids, hystereses[random_below(seed, 4)]);
}

static struct ledger_summary random_summary(uint64_t *seed, int64_t span) {
    int64_t first = EPOCH - random_below(seed, span), last = first + random_below(seed, EPOCH - first + 1);
    int64_t offline = first + random_below(seed, EPOCH - first + 1);
    return summary_of(first, last, random_below(seed, 4) == 0 ? TIME_NONE : offline);
}

/* Every millisecond of the first seconds, for models whose days are seconds. */
static void every_millisecond(void **state) {
    (void)state;
    uint64_t seed = 3;
    int found = 0, never = 0;
    for (int trial = 0; trial < 3000; trial++) {
        struct scheme scheme;
        random_scheme(&seed, &scheme, 3000.0 / (double)DAY);
        struct ledger_summary s = random_summary(&seed, 2000);
        int64_t at = EPOCH, end = EPOCH + 3000;
        int present = evaluate(&scheme, &s, -1, at);
        struct due due = scheme_due(&scheme, &s, 100, present, at);
        assert_exact(&scheme, &s, present, at, due);
        do
            at++;
        while (at < end && evaluate(&scheme, &s, present, at) == present);
        if (due.at <= end && at < end)
            assert_int_equal(due.at, at);
        else
            assert_true(due.at >= end && at == end);
        found += at < end;
        never += due.at == TIME_NEVER;
        scheme_clear(&scheme);
    }
    assert_true(found > 500 && never > 500);
}

static double square(const struct scheme *scheme, int segment, const double *z) {
    double sum = 0;
    int n = scheme->kmeans.n_features;
    for (int f = 0; f < n; f++)
        sum += pow(z[f] - scheme->kmeans.centroids[segment * n + f], 2);
    return sum;
}

/* How far the customer is towards leaving: the greatest d_i^2 - d_j^2 - 2 h D_ij^2. */
static double pull(const struct scheme *scheme, const struct ledger_summary *s, int present, int64_t at) {
    double z[SCHEME_FEATURES_MAX], most = -INFINITY;
    for (int i = 0; i < scheme->kmeans.n_features; i++) {
        const struct scaled_feature *f = &scheme->kmeans.features[i];
        double raw = fmin(fmax(feature_value(f->feature, s, at, 100), f->low), f->high);
        raw = f->transform == TRANSFORM_SQRT ? sqrt(raw) : f->transform == TRANSFORM_LOG1P ? log1p(raw) : raw;
        z[i] = (raw - f->offset) * f->factor;
    }
    for (int j = 0; j < scheme->n_segments; j++)
        if (j != present) {
            double d = scheme->kmeans.distances[present * scheme->n_segments + j];
            most = fmax(most, square(scheme, present, z) - square(scheme, j, z) - 2 * scheme->kmeans.hysteresis * d);
        }
    return most;
}

/* Over decades: no sample before the due time leaves, not even on the tops between samples, climbed by halving. */
static void no_crossing_is_stepped_over(void **state) {
    (void)state;
    enum { SAMPLES = 300 };
    uint64_t seed = 4;
    int found = 0, never = 0;
    for (int trial = 0; trial < 3000; trial++) {
        struct scheme scheme;
        random_scheme(&seed, &scheme, 1500);
        struct ledger_summary s = random_summary(&seed, 1000 * DAY);
        int present = evaluate(&scheme, &s, -1, EPOCH);
        struct due due = scheme_due(&scheme, &s, 100, present, EPOCH);
        assert_exact(&scheme, &s, present, EPOCH, due);
        int64_t before = due.at == TIME_NEVER ? EPOCH + DUE_HORIZON_MS : due.at - 1, best = EPOCH;
        double ratio = pow((double)(before - EPOCH + 1), 1.0 / SAMPLES), top = -INFINITY;
        for (int i = 0; i <= SAMPLES; i++) {
            int64_t at = EPOCH + (int64_t)((i % 2) ? pow(ratio, i) : (double)(before - EPOCH) * i / SAMPLES);
            double p = pull(&scheme, &s, present, at < before ? at : before);
            if (p > top)
                top = p, best = at < before ? at : before;
        }
        for (int64_t step = (before - EPOCH) / SAMPLES; step > 0; step /= 2)
            for (int sign = -1; sign <= 1; sign += 2) {
                int64_t at = best + sign * step;
                if (at > EPOCH && at <= before && pull(&scheme, &s, present, at) > top)
                    top = pull(&scheme, &s, present, at), best = at;
            }
        assert_int_equal(evaluate(&scheme, &s, present, best), present);
        found += due.at != TIME_NEVER;
        never += due.at == TIME_NEVER;
        scheme_clear(&scheme);
    }
    assert_true(found > 500 && never > 500);
}

/* From due time to due time, as ticks will: always another segment, and it ends. */
static void a_life_of_due_times_ends(void **state) {
    (void)state;
    uint64_t seed = 5;
    for (int trial = 0; trial < 1000; trial++) {
        struct scheme scheme;
        random_scheme(&seed, &scheme, 1500);
        struct ledger_summary s = random_summary(&seed, 1000 * DAY);
        struct due due = { EPOCH, evaluate(&scheme, &s, -1, EPOCH) };
        int moves = 0;
        for (int present = due.segment;; present = due.segment) {
            int64_t after = due.at;
            due = scheme_due(&scheme, &s, 100, present, after);
            assert_exact(&scheme, &s, present, after, due);
            if (due.at == TIME_NEVER)
                break;
            assert_true(++moves < 100);
        }
        scheme_clear(&scheme);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_moving_feature),
        cmocka_unit_test(transforms_are_inverted),
        cmocka_unit_test(a_clip_stops_the_clock),
        cmocka_unit_test(what_does_not_move_is_never_due),
        cmocka_unit_test(a_tangent_is_not_stepped_over),
        cmocka_unit_test(terms_that_cancel),
        cmocka_unit_test(every_millisecond),
        cmocka_unit_test(no_crossing_is_stepped_over),
        cmocka_unit_test(a_life_of_due_times_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
