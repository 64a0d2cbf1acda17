/* Silhouette, Davies-Bouldin and Calinski-Harabasz against their definitions. */
#include "../../trainer/cluster_quality.h"
#include "cluster_fixture.h"
#include "obek/interrupt.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

#define ROWS 331
#define K 5

static double distance_of(const double *a, const double *b, size_t columns) {
    double square = 0;
    for (size_t i = 0; i < columns; i++)
        square += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(square);
}

static double plain_silhouette(const struct matrix *matrix, const uint32_t *labels, size_t k) {
    double mean = 0, *sums = xcalloc(k, sizeof *sums), *sizes = xcalloc(k, sizeof *sizes);
    for (size_t i = 0; i < matrix->rows; i++)
        sizes[labels[i]]++;
    for (size_t i = 0; i < matrix->rows; i++) {
        double b = INFINITY;
        for (size_t c = 0; c < k; c++)
            sums[c] = 0;
        for (size_t j = 0; j < matrix->rows; j++)
            sums[labels[j]] += distance_of(matrix_row(matrix, i), matrix_row(matrix, j), matrix->columns);
        for (size_t c = 0; c < k; c++)
            if (c != labels[i] && sizes[c] > 0 && sums[c] / sizes[c] < b)
                b = sums[c] / sizes[c];
        double a = sizes[labels[i]] > 1 ? sums[labels[i]] / (sizes[labels[i]] - 1) : 0;
        if (sizes[labels[i]] > 1 && fmax(a, b) > 0)
            mean += (b - a) / fmax(a, b) / (double)matrix->rows;
    }
    free(sums);
    free(sizes);
    return mean;
}

static struct cluster_quality quality_of(const struct matrix *matrix, const uint32_t *labels, size_t k, size_t most,
                                         unsigned threads) {
    struct quality_options options = { .silhouette_rows_max = most, .seed = 3, .workers = workers_new(threads) };
    struct cluster_quality quality;
    struct error error;
    assert_true(cluster_quality(matrix, labels, k, &options, &quality, &error));
    workers_free(options.workers);
    return quality;
}

static void close_to(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-12 * (1 + fabs(expected))))
        fail_msg("%.17g is not %.17g", value, expected);
}

/* One cluster of a single row, one without any. */
static void label(uint32_t *labels, size_t rows) {
    for (uint32_t row = 0; row < rows; row++)
        labels[row] = row % (K - 2);
    labels[17] = K - 1;
}

static void figures_are_as_defined(void **state) {
    (void)state;
    struct matrix matrix, means;
    uint32_t labels[ROWS];
    double sizes[K] = { 0 }, spreads[K] = { 0 }, within = 0, between = 0, overall[3] = { 0 }, bouldin = 0;
    planted(&matrix, ROWS, 3, K - 2, 0.3, 1);
    label(labels, ROWS);
    matrix_init(&means, K, 3);
    for (size_t row = 0; row < ROWS; row++) {
        sizes[labels[row]]++;
        for (size_t i = 0; i < 3; i++) {
            matrix_row(&means, labels[row])[i] += matrix_row(&matrix, row)[i];
            overall[i] += matrix_row(&matrix, row)[i] / ROWS;
        }
    }
    for (size_t c = 0; c < K; c++)
        for (size_t i = 0; i < 3; i++)
            matrix_row(&means, c)[i] /= fmax(1, sizes[c]);
    for (size_t row = 0; row < ROWS; row++) {
        double distance = distance_of(matrix_row(&matrix, row), matrix_row(&means, labels[row]), 3);
        spreads[labels[row]] += distance / sizes[labels[row]];
        within += distance * distance;
    }
    for (size_t i = 0; i < K; i++) {
        double worst = 0, distance = distance_of(matrix_row(&means, i), overall, 3);
        for (size_t j = 0; j < K; j++)
            if (i != j && sizes[i] > 0 && sizes[j] > 0)
                worst = fmax(worst, (spreads[i] + spreads[j]) / distance_of(matrix_row(&means, i), matrix_row(&means, j), 3));
        bouldin += worst / (K - 1);
        between += sizes[i] * distance * distance;
    }
    struct cluster_quality quality = quality_of(&matrix, labels, K, 0, 1);
    close_to(quality.silhouette, plain_silhouette(&matrix, labels, K));
    close_to(quality.davies_bouldin, bouldin);
    close_to(quality.calinski_harabasz, between / (K - 2) / (within / (ROWS - (K - 1))));
    assert_true(quality.silhouette_exact && quality.silhouette_rows == ROWS);
    matrix_free(&means);
    matrix_free(&matrix);
}

static void a_sample_is_near_and_says_so(void **state) {
    (void)state;
    struct matrix matrix;
    uint32_t *labels = xcalloc(20000, sizeof *labels);
    planted(&matrix, 20000, 3, 4, 0.2, 1);
    for (uint32_t row = 0; row < 20000; row++)
        labels[row] = row % 4;
    struct cluster_quality all = quality_of(&matrix, labels, 4, 0, 2), some = quality_of(&matrix, labels, 4, 2000, 1);
    assert_true(!some.silhouette_exact && some.silhouette_rows == 2000);
    assert_true(fabs(all.silhouette - some.silhouette) < 0.02 && all.silhouette != some.silhouette);
    struct cluster_quality again = quality_of(&matrix, labels, 4, 2000, 3);
    assert_memory_equal(&some.silhouette, &again.silhouette, sizeof(double));
    assert_true(some.davies_bouldin == all.davies_bouldin && some.calinski_harabasz == all.calinski_harabasz);
    free(labels);
    matrix_free(&matrix);
}

static void any_number_of_threads_gives_the_same_bits(void **state) {
    (void)state;
    struct matrix matrix;
    uint32_t *labels = xcalloc(9000, sizeof *labels);
    planted(&matrix, 9000, 2, 4, 0.2, 1);
    label(labels, 9000);
    struct cluster_quality first = quality_of(&matrix, labels, K, 0, 1);
    for (unsigned threads = 2; threads <= 8; threads++) {
        struct cluster_quality other = quality_of(&matrix, labels, K, 0, threads);
        assert_memory_equal(&first.silhouette, &other.silhouette, sizeof(double));
        assert_memory_equal(&first.davies_bouldin, &other.davies_bouldin, sizeof(double));
        assert_memory_equal(&first.calinski_harabasz, &other.calinski_harabasz, sizeof(double));
    }
    free(labels);
    matrix_free(&matrix);
}

static void is_undefined(struct cluster_quality quality) {
    assert_true(isnan(quality.silhouette) && isnan(quality.davies_bouldin) && isnan(quality.calinski_harabasz));
}

static void what_is_not_defined_is_nan(void **state) {
    (void)state;
    struct matrix matrix;
    uint32_t one[6] = { 0 }, each[6] = { 0, 1, 2, 3, 4, 5 }, two[6] = { 0, 1, 0, 1, 0, 1 };
    planted(&matrix, 6, 2, 2, 0.1, 1);
    is_undefined(quality_of(&matrix, one, 1, 0, 1));
    is_undefined(quality_of(&matrix, one, 4, 0, 1));
    is_undefined(quality_of(&matrix, each, 6, 0, 1));
    for (size_t i = 0; i < 12; i++)
        matrix.values[i] = i / 2 % 2 == 0 ? 0 : 1;
    struct cluster_quality apart = quality_of(&matrix, two, 2, 0, 1); /* all rows of a cluster are equal */
    assert_true(apart.silhouette == 1 && apart.davies_bouldin == 0 && isnan(apart.calinski_harabasz));
    for (size_t i = 0; i < 12; i++)
        matrix.values[i] = 5;
    struct cluster_quality together = quality_of(&matrix, two, 2, 0, 1);
    assert_true(together.silhouette == 0 && together.davies_bouldin == 0 && isnan(together.calinski_harabasz));
    matrix_free(&matrix);
}

static void ctrl_c_stops_it(void **state) {
    (void)state;
    struct matrix matrix;
    uint32_t labels[ROWS];
    struct quality_options options = { .seed = 3 };
    struct cluster_quality quality;
    struct error error = { "" };
    planted(&matrix, ROWS, 3, K - 2, 0.3, 1);
    label(labels, ROWS);
    interrupt_catch();
    raise(SIGINT);
    assert_false(cluster_quality(&matrix, labels, K, &options, &quality, &error));
    assert_string_equal(error.text, "interrupted");
    interrupt_catch();
    matrix_free(&matrix);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_as_defined),
        cmocka_unit_test(a_sample_is_near_and_says_so),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(what_is_not_defined_is_nan),
        cmocka_unit_test(ctrl_c_stops_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
