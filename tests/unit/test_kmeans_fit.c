/* K-Means on rows whose clusters are known, on rows that have none, and on rows that are hardly any. */
#include "../../trainer/clusters.h"
#include "../../trainer/kmeans_fit.h"
#include "../../trainer/kmeans_lloyd.h"
#include "cluster_fixture.h"
#include "obek/interrupt.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct kmeans_result fit(const struct matrix *matrix, size_t k, size_t starts, uint64_t seed) {
    struct kmeans_options options = { .starts = starts, .seed = seed };
    struct kmeans_result result;
    struct error error = { "" };
    if (!kmeans_fit(matrix, k, k, &options, &result, &error))
        fail_msg("%s", error.text);
    return result;
}

static void refuses(const struct matrix *matrix, size_t k, const char *why) {
    struct kmeans_options options = { .starts = 3 };
    struct kmeans_result result;
    struct error error = { "" };
    assert_false(kmeans_fit(matrix, k, k, &options, &result, &error));
    assert_string_equal(error.text, why);
}

/* What "converged" promises: no row has another centroid nearer, and centroids are means. */
static void is_a_fixed_point(const struct matrix *matrix, const struct kmeans_result *result) {
    uint32_t *labels = xcalloc(matrix->rows, sizeof *labels);
    struct matrix means;
    size_t *sizes = xcalloc(result->k, sizeof *sizes);
    double inertia = 0;
    kmeans_assign(matrix, &result->centroids, NULL, labels, NULL);
    matrix_init(&means, result->k, matrix->columns);
    for (size_t row = 0; row < matrix->rows; row++) {
        double best = INFINITY;
        uint32_t nearest = 0;
        for (uint32_t c = 0; c < result->k; c++) {
            double square = 0;
            for (size_t i = 0; i < matrix->columns; i++) {
                double difference = matrix_row(matrix, row)[i] - matrix_row(&result->centroids, c)[i];
                square += difference * difference;
            }
            nearest = square < best ? c : nearest;
            best = square < best ? square : best;
        }
        assert_int_equal(labels[row], nearest);
        inertia += best;
        sizes[nearest]++;
        for (size_t i = 0; i < matrix->columns; i++)
            matrix_row(&means, nearest)[i] += matrix_row(matrix, row)[i];
    }
    assert_true(fabs(result->inertia - inertia) <= 1e-12 * inertia);
    for (size_t c = 0; c < result->k; c++) {
        assert_int_equal(result->sizes[c], sizes[c]);
        assert_true(sizes[c] > 0 && (c == 0 || sizes[c - 1] >= sizes[c]));
        for (size_t i = 0; i < matrix->columns; i++) {
            double mean = matrix_row(&means, c)[i] / (double)sizes[c];
            assert_true(fabs(mean - matrix_row(&result->centroids, c)[i]) <= 1e-12 * (1 + fabs(mean)));
        }
    }
    free(labels);
    free(sizes);
    matrix_free(&means);
}

static void planted_clusters_are_found(void **state) {
    (void)state;
    struct matrix matrix;
    planted(&matrix, 6000, 4, 6, 0.02, 5);
    struct kmeans_result result = fit(&matrix, 6, 5, 1);
    uint32_t *labels = xcalloc(matrix.rows, sizeof *labels), *truth = xcalloc(matrix.rows, sizeof *truth);
    for (size_t row = 0; row < matrix.rows; row++)
        truth[row] = (uint32_t)(row % 6);
    assert_true(kmeans_assign(&matrix, &result.centroids, NULL, labels, NULL) == result.inertia);
    assert_true(adjusted_rand(labels, truth, matrix.rows, 6, 6) == 1);
    assert_true(result.converged && result.start < 5);
    is_a_fixed_point(&matrix, &result);
    free(labels);
    free(truth);
    kmeans_result_free(&result);
    assert_null(result.sizes);
    matrix_free(&matrix);
}

static void without_clusters_it_ends_where_nothing_changes(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct matrix matrix;
        planted(&matrix, 100 + seed * 97, 1 + seed % 7, 3, 1, seed);
        struct kmeans_result result = fit(&matrix, 1 + seed % 13, 2, seed);
        assert_true(result.converged);
        is_a_fixed_point(&matrix, &result);
        kmeans_result_free(&result);
        matrix_free(&matrix);
    }
}

static void same_result(const struct kmeans_result *a, const struct kmeans_result *b) {
    assert_int_equal(a->k, b->k);
    assert_memory_equal(&a->inertia, &b->inertia, sizeof a->inertia);
    assert_memory_equal(a->centroids.values, b->centroids.values, a->k * a->centroids.columns * sizeof(double));
    assert_memory_equal(a->sizes, b->sizes, a->k * sizeof *a->sizes);
    assert_int_equal(a->start, b->start);
    assert_int_equal(a->iterations, b->iterations);
}

/* Few rows: threads do starts. Many: they share rows. */
static void any_number_of_threads_gives_the_same_bits(void **state) {
    (void)state;
    static const size_t rows[] = { 5000, 210001 };
    for (size_t i = 0; i < 2; i++) {
        struct matrix matrix;
        struct kmeans_result first[3], other[3];
        struct error error;
        planted(&matrix, rows[i], 3, 5, 0.2, 3);
        for (unsigned threads = 1; threads <= 8; threads += i == 0 || threads == 1 ? 1 : 3) {
            struct kmeans_options options = { .starts = 3, .seed = 42, .workers = workers_new(threads) };
            assert_true(kmeans_fit(&matrix, 2, 4, &options, threads == 1 ? first : other, &error));
            for (size_t k = 0; threads > 1 && k < 3; k++) {
                same_result(&first[k], &other[k]);
                kmeans_result_free(&other[k]);
            }
            workers_free(options.workers);
        }
        for (size_t k = 0; k < 3; k++)
            kmeans_result_free(&first[k]);
        matrix_free(&matrix);
    }
}

static void another_seed_is_another_start(void **state) {
    (void)state;
    struct matrix matrix;
    planted(&matrix, 3000, 5, 1, 1, 3);
    struct kmeans_result a = fit(&matrix, 9, 1, 1), b = fit(&matrix, 9, 1, 2), many = fit(&matrix, 9, 20, 1);
    assert_true(a.inertia != b.inertia);
    assert_true(many.inertia <= a.inertia);
    kmeans_result_free(&a);
    kmeans_result_free(&b);
    kmeans_result_free(&many);
    matrix_free(&matrix);
}

static void as_many_clusters_as_rows_or_different_rows(void **state) {
    (void)state;
    struct matrix matrix;
    matrix_init(&matrix, 12, 2);
    for (size_t row = 0; row < 12; row++) {
        matrix_row(&matrix, row)[0] = (double)(row % 4);
        matrix_row(&matrix, row)[1] = 7;
    }
    for (size_t k = 1; k <= 4; k++) {
        struct kmeans_result result = fit(&matrix, k, 4, 9);
        is_a_fixed_point(&matrix, &result);
        assert_true(k < 4 ? result.inertia > 0 : result.inertia == 0);
        kmeans_result_free(&result);
    }
    refuses(&matrix, 5, "k = 5, but only 4 of the rows differ");
    refuses(&matrix, 13, "k = 13 is more than there are rows (12)");
    for (size_t row = 0; row < 12; row++)
        matrix_row(&matrix, row)[1] = (double)row;
    struct kmeans_result result = fit(&matrix, 12, 4, 9);
    assert_true(result.inertia == 0 && result.converged);
    kmeans_result_free(&result);
    matrix_free(&matrix);
}

static void one_row_and_rows_that_are_all_equal(void **state) {
    (void)state;
    struct matrix matrix;
    matrix_init(&matrix, 1, 3);
    struct kmeans_result result = fit(&matrix, 1, 2, 1);
    assert_true(result.inertia == 0 && result.sizes[0] == 1 && result.converged);
    kmeans_result_free(&result);
    matrix_free(&matrix);
    matrix_init(&matrix, 1000, 3);
    for (size_t i = 0; i < 3000; i++)
        matrix.values[i] = 0.1;
    result = fit(&matrix, 1, 2, 1);
    assert_true(result.inertia < 1e-20 && result.sizes[0] == 1000);
    kmeans_result_free(&result);
    refuses(&matrix, 2, "k = 2, but only 1 of the rows differ");
    matrix_free(&matrix);
}

static void huge_and_far_away_numbers(void **state) {
    (void)state;
    static const struct { double factor, offset; } cases[] = { { 1e139, 0 }, { 1e-140, 0 }, { 1, 1e9 }, { -1e100, 1e100 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct matrix matrix;
        uint32_t labels[900], truth[900];
        planted(&matrix, 900, 3, 3, 0.01, 8);
        for (size_t j = 0; j < 2700; j++)
            matrix.values[j] = matrix.values[j] * cases[i].factor + cases[i].offset;
        struct kmeans_result result = fit(&matrix, 3, 5, 1);
        assert_true(isfinite(result.inertia) && result.converged);
        kmeans_assign(&matrix, &result.centroids, NULL, labels, NULL);
        for (uint32_t row = 0; row < 900; row++)
            truth[row] = row % 3;
        assert_true(adjusted_rand(labels, truth, 900, 3, 3) == 1);
        kmeans_result_free(&result);
        matrix_free(&matrix);
    }
}

static void what_is_no_number_is_refused_with_its_place(void **state) {
    (void)state;
    struct matrix matrix;
    planted(&matrix, 50, 3, 3, 0.1, 8);
    matrix_row(&matrix, 41)[2] = NAN;
    refuses(&matrix, 3, "row 42, column 3: NaN is no number to learn from");
    matrix_row(&matrix, 7)[0] = INFINITY;
    refuses(&matrix, 3, "row 8, column 1: infinity is no number to learn from");
    matrix_free(&matrix);
}

/* Whole numbers: many rows are as near to one centroid as to another, many are equal. */
static void rows_that_tie_or_are_equal(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct random random;
        struct matrix matrix;
        random_init(&random, seed, 1);
        matrix_init(&matrix, 12 + seed % 9, 1 + seed % 2);
        for (size_t i = 0; i < matrix.rows * matrix.columns; i++)
            matrix.values[i] = (double)random_below(&random, 1u << random_below(&random, 12));
        size_t different = 0;
        for (size_t row = 0; row < matrix.rows; row++) {
            size_t before = 0;
            while (memcmp(matrix_row(&matrix, before), matrix_row(&matrix, row), matrix.columns * sizeof(double)) != 0)
                before++;
            different += before == row;
        }
        for (size_t k = 1; k <= different; k++) {
            struct kmeans_result result = fit(&matrix, k, 1, seed);
            is_a_fixed_point(&matrix, &result);
            kmeans_result_free(&result);
        }
        matrix_free(&matrix);
    }
}

/* Starts that k-means++ does not choose: two centroids at one place, and one that is nobody's nearest. */
static void clusters_without_rows_get_those_that_are_worst_served(void **state) {
    (void)state;
    for (size_t k = 3; k <= 12; k++) {
        struct matrix matrix;
        struct kmeans_result result = { .k = k };
        int64_t counts[12];
        planted(&matrix, 3000, 2, 12, 0.01, k);
        matrix_init(&result.centroids, k, 2);
        for (size_t c = 2; c < k; c++)
            matrix_row(&result.centroids, c)[0] = matrix_row(&result.centroids, c)[1] = 1e6 * (double)c;
        struct lloyd_job job = { &matrix, NULL, NULL, k, NULL, NULL };
        struct lloyd_result found = kmeans_lloyd(&job, result.centroids.values, counts);
        assert_true(found.converged);
        result.inertia = found.inertia;
        result.sizes = xcalloc(k, sizeof *result.sizes);
        for (size_t c = 0; c < k; c++) {
            assert_true(counts[c] > 0);
            result.sizes[c] = (size_t)counts[c];
        }
        clusters_by_size(&result.centroids, result.sizes, NULL);
        is_a_fixed_point(&matrix, &result);
        kmeans_result_free(&result);
        matrix_free(&matrix);
    }
}

static void ctrl_c_stops_it(void **state) {
    (void)state;
    struct matrix matrix;
    planted(&matrix, 5000, 3, 3, 0.1, 8);
    interrupt_catch();
    raise(SIGINT);
    refuses(&matrix, 3, "interrupted");
    interrupt_catch();
    struct kmeans_result result = fit(&matrix, 3, 1, 1);
    kmeans_result_free(&result);
    matrix_free(&matrix);
}

static void the_elbow_is_where_the_curve_is_farthest_below_its_chord(void **state) {
    (void)state;
    static const double flo[] = { 1604.22, 1328.526, 1176.198, 1071.043, 983.031, 900.937, 850.05,  805.062, 768.387,
                                  737.002, 707.803,  685.44,   665.545,  645.409, 627.887, 611.415, 597.139, 581.587 };
    static const double mall[] = { 269981.28,  181363.596, 106348.3731, 73679.789,  44448.4554,
                                   37233.8145, 30227.6065, 24986.5256,  21818.1146, 19634.5546 };
    static const double line[] = { 5, 4, 3, 2 }, flat[] = { 2, 2, 2, 2 }, tie[] = { 9, 5, 3, 1, 0 };
    assert_int_equal(2 + kmeans_elbow(flo, 18), 7);
    assert_int_equal(1 + kmeans_elbow(mall, 10), 5);
    assert_int_equal(kmeans_elbow(line, 4), 0);
    assert_int_equal(kmeans_elbow(flat, 4), 0);
    assert_int_equal(kmeans_elbow(mall, 2), 0);
    assert_int_equal(kmeans_elbow(tie, 5), 1); /* 4/9 - 1/4, 6/9 - 1/2, 8/9 - 3/4 */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_clusters_are_found),
        cmocka_unit_test(without_clusters_it_ends_where_nothing_changes),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(another_seed_is_another_start),
        cmocka_unit_test(as_many_clusters_as_rows_or_different_rows),
        cmocka_unit_test(one_row_and_rows_that_are_all_equal),
        cmocka_unit_test(huge_and_far_away_numbers),
        cmocka_unit_test(what_is_no_number_is_refused_with_its_place),
        cmocka_unit_test(rows_that_tie_or_are_equal),
        cmocka_unit_test(clusters_without_rows_get_those_that_are_worst_served),
        cmocka_unit_test(ctrl_c_stops_it),
        cmocka_unit_test(the_elbow_is_where_the_curve_is_farthest_below_its_chord),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
