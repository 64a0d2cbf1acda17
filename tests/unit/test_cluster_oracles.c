/* FLO and Mall, where ../shared (or $OBEK_SHARED) has them: inertias, silhouettes, trees and labels that other programs found. */
#include "../../trainer/cluster_quality.h"
#include "../../trainer/hierarchy_cut.h"
#include "../../trainer/kmeans_fit.h"
#include "cluster_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define FLO_ROWS 19945
#define ID_SIZE 37

/* sanitized, everything takes twenty times as long */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STARTS 10
#define TOLERANCE 1.002
#else
#define STARTS 100
#define TOLERANCE 1.0005
#endif

static struct flo {
    struct matrix matrix;
    char (*ids)[ID_SIZE];
} flo;

static struct matrix mall;
static struct workers *workers;

static gzFile open_shared(const char *name) {
    const char *shared = getenv("OBEK_SHARED") != NULL ? getenv("OBEK_SHARED") : "../shared";
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", shared, name);
    gzFile file = access(path, R_OK) == 0 ? gzopen(path, "rb") : NULL;
    if (file == NULL)
        print_message("SKIPPED: %s is not there, so nothing is compared with it\n", path);
    return file;
}

static double day(const char *text) {
    struct tm date = { 0 };
    assert_int_equal(sscanf(text, "%d-%d-%d", &date.tm_year, &date.tm_mon, &date.tm_mday), 3);
    date.tm_year -= 1900;
    date.tm_mon -= 1;
    return (double)timegm(&date) / 86400;
}

static void scale_to_unit(struct matrix *matrix) {
    for (size_t column = 0; column < matrix->columns; column++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t row = 0; row < matrix->rows; row++) {
            low = fmin(low, matrix_row(matrix, row)[column]);
            high = fmax(high, matrix_row(matrix, row)[column]);
        }
        for (size_t row = 0; row < matrix->rows; row++)
            matrix_row(matrix, row)[column] = (matrix_row(matrix, row)[column] - low) / (high - low);
    }
}

/* log1p, then min-max, of the six columns of oracles.md. */
static void read_flo(void) {
    char line[2048];
    gzFile file = open_shared("data/flo_data_20k.csv");
    if (file == NULL)
        return;
    matrix_init(&flo.matrix, FLO_ROWS, 6);
    flo.ids = xcalloc(FLO_ROWS, sizeof *flo.ids);
    assert_non_null(gzgets(file, line, sizeof line));
    for (size_t row = 0; row < FLO_ROWS; row++) {
        char first[11], last[11];
        double *values = matrix_row(&flo.matrix, row);
        assert_non_null(gzgets(file, line, sizeof line));
        assert_int_equal(sscanf(line, "%36[^,],%*[^,],%*[^,],%10[^,],%10[^,],%*[^,],%*[^,],%lf,%lf,%lf,%lf", flo.ids[row], first,
                                last, &values[0], &values[1], &values[2], &values[3]),
                         7);
        values[4] = day("2021-06-01") - day(last);
        values[5] = day(last) - day(first);
        for (size_t i = 0; i < 6; i++)
            values[i] = log1p(values[i]);
    }
    assert_null(gzgets(file, line, sizeof line));
    gzclose(file);
    scale_to_unit(&flo.matrix);
}

static void read_mall(void) {
    char line[256];
    gzFile file = open_shared("data/Mall_Customers.csv");
    if (file == NULL)
        return;
    matrix_init(&mall, 200, 2);
    assert_non_null(gzgets(file, line, sizeof line));
    for (size_t row = 0; row < 200; row++) {
        assert_non_null(gzgets(file, line, sizeof line));
        assert_int_equal(sscanf(line, "%*d,%*[^,],%*d,%lf,%lf", &matrix_row(&mall, row)[0], &matrix_row(&mall, row)[1]), 2);
    }
    gzclose(file);
}

static int set_up(void **state) {
    (void)state;
    workers = workers_new(0);
    read_flo();
    read_mall();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    matrix_free(&flo.matrix);
    matrix_free(&mall);
    free(flo.ids);
    workers_free(workers);
    return 0;
}

static const struct matrix *needed(const struct matrix *matrix) {
    if (matrix->values == NULL)
        skip();
    return matrix;
}

static void near(double value, double expected, double by) {
    if (!(fabs(value - expected) <= by))
        fail_msg("%.9f is not %.9f", value, expected);
}

/* The labels that another program gave each row of FLO: customer,number with numbers from 0 to k - 1. */
static uint32_t *read_labels(const char *name) {
    char line[128], id[ID_SIZE];
    uint32_t *labels = xcalloc(FLO_ROWS, sizeof *labels);
    gzFile file = open_shared(name);
    assert_non_null(file);
    assert_non_null(gzgets(file, line, sizeof line));
    for (size_t row = 0; row < FLO_ROWS; row++) {
        assert_non_null(gzgets(file, line, sizeof line));
        assert_int_equal(sscanf(line, "%36[^,],%u", id, &labels[row]), 2);
        assert_string_equal(id, flo.ids[row]);
    }
    gzclose(file);
    return labels;
}

static void fit(const struct matrix *matrix, size_t k_min, size_t k_max, size_t starts, struct kmeans_result *results) {
    struct kmeans_options options = { .starts = starts, .seed = 1, .workers = workers };
    struct error error = { "" };
    if (!kmeans_fit(matrix, k_min, k_max, &options, results, &error))
        fail_msg("%s", error.text);
}

static void flo_inertias_are_at_most_the_best_known(void **state) {
    (void)state;
    static const double best[] = { 1604.22, 1328.526, 1176.198, 1071.043, 983.031, 900.937, 850.05,  805.062, 768.387, 737.002,
                                   707.803, 685.44,   665.545,  645.409,  627.887, 611.415, 597.139, 581.587, 569.14 };
    struct kmeans_result results[19];
    double inertias[19];
    fit(needed(&flo.matrix), 2, 20, STARTS, results);
    for (size_t i = 0; i < 19; i++) {
        inertias[i] = results[i].inertia;
        assert_true(results[i].converged);
        if (inertias[i] > best[i] * TOLERANCE)
            fail_msg("k = %zu: %.6f, best known %.6f", i + 2, inertias[i], best[i]);
        kmeans_result_free(&results[i]);
    }
    assert_true(inertias[5] <= 900.95);
    assert_int_equal(2 + kmeans_elbow(inertias, 18), 7);
}

static void flo_in_seven_clusters(void **state) {
    (void)state;
    struct kmeans_result result;
    struct cluster_quality quality;
    struct quality_options options = { .workers = workers };
    struct error error;
    fit(needed(&flo.matrix), 7, 7, 50, &result);
    assert_true(result.inertia <= 900.95);
    uint32_t *labels = xcalloc(FLO_ROWS, sizeof *labels), *known = read_labels("oracles/flo_kmeans7_labels.csv.gz");
    kmeans_assign(&flo.matrix, &result.centroids, workers, labels, NULL);
    double agreement = adjusted_rand(labels, known, FLO_ROWS, 7, 7);
    if (agreement < 0.99)
        fail_msg("adjusted Rand index %.5f", agreement);
    assert_true(cluster_quality(&flo.matrix, labels, 7, &options, &quality, &error));
    near(quality.silhouette, 0.2094, 0.0005);
    assert_true(quality.silhouette_exact);
    free(labels);
    free(known);
    kmeans_result_free(&result);
}

static void flo_cut_into(const struct hierarchy *hierarchy, size_t k, const size_t *sizes) {
    struct hierarchy_cut cut;
    hierarchy_cut(hierarchy, &flo.matrix, k, &cut);
    for (size_t c = 0; c < k; c++)
        assert_int_equal(cut.sizes[c], sizes[c]);
    hierarchy_cut_free(&cut);
}

static struct hierarchy build(const struct matrix *matrix, enum linkage linkage) {
    struct hierarchy_options options = { .workers = workers };
    struct hierarchy hierarchy;
    struct error error = { "" };
    if (!hierarchy_build(matrix, linkage, &options, &hierarchy, &error))
        fail_msg("%s", error.text);
    return hierarchy;
}

static void flo_wards_heights(const struct hierarchy *hierarchy) {
    char line[64];
    double sum = 0;
    gzFile file = open_shared("oracles/flo_ward_heights_last200.txt");
    assert_non_null(file);
    for (size_t i = FLO_ROWS - 201; i < FLO_ROWS - 1; i++) {
        assert_non_null(gzgets(file, line, sizeof line));
        near(hierarchy->merges[i].height, strtod(line, NULL), 1e-9);
    }
    gzclose(file);
    for (size_t i = 0; i < FLO_ROWS - 1; i++)
        sum += hierarchy->merges[i].height * hierarchy->merges[i].height / 2;
    near(sum, 2352.345561, 1e-6);
}

static void flo_by_ward(void **state) {
    (void)state;
    struct hierarchy hierarchy = build(needed(&flo.matrix), LINKAGE_WARD);
    struct hierarchy_cut cut;
    uint32_t *known = read_labels("oracles/flo_ward5_labels.csv.gz");
    flo_wards_heights(&hierarchy);
    for (size_t row = 0; row < FLO_ROWS; row++)
        known[row]--; /* scipy counts clusters from 1 */
    hierarchy_cut(&hierarchy, &flo.matrix, 5, &cut);
    assert_true(adjusted_rand(cut.labels, known, FLO_ROWS, 5, 5) == 1);
    near(cut.inertia, 1233.4969, 5e-5);
    flo_cut_into(&hierarchy, 3, (const size_t[]){ 9732, 5219, 4994 });
    flo_cut_into(&hierarchy, 4, (const size_t[]){ 8747, 5219, 4994, 985 });
    flo_cut_into(&hierarchy, 5, (const size_t[]){ 8747, 4994, 2823, 2396, 985 });
    flo_cut_into(&hierarchy, 7, (const size_t[]){ 5646, 3101, 2823, 2510, 2484, 2396, 985 });
    free(known);
    hierarchy_cut_free(&cut);
    hierarchy_free(&hierarchy);
}

static void flo_by_complete_linkage(void **state) {
    (void)state;
    struct hierarchy hierarchy = build(needed(&flo.matrix), LINKAGE_COMPLETE);
    assert_int_equal(hierarchy_clusters_at(&hierarchy, 1.3), 5);
    flo_cut_into(&hierarchy, 5, (const size_t[]){ 11335, 4127, 3209, 1252, 22 });
    hierarchy_free(&hierarchy);
}

static void mall_by_k_means(void **state) {
    (void)state;
    static const double best[] = { 269981.28,  181363.596, 106348.3731, 73679.789,  44448.4554,
                                   37233.8145, 30227.6065, 24986.5256,  21818.1146, 19634.5546 };
    static const double centres[][2] = {
        { 55.296, 49.519 }, { 86.538, 82.128 }, { 88.2, 17.114 }, { 26.304, 20.913 }, { 25.727, 79.364 }
    };
    static const size_t sizes[] = { 81, 39, 35, 23, 22 };
    struct kmeans_result results[10];
    double inertias[10];
    uint32_t labels[200];
    fit(needed(&mall), 1, 10, 100, results);
    for (size_t i = 0; i < 10; i++) {
        inertias[i] = results[i].inertia;
        assert_true(inertias[i] <= best[i] + 1e-4);
    }
    assert_int_equal(1 + kmeans_elbow(inertias, 10), 5);
    for (size_t c = 0; c < 5; c++) {
        assert_int_equal(results[4].sizes[c], sizes[c]);
        near(matrix_row(&results[4].centroids, c)[0], centres[c][0], 5e-4);
        near(matrix_row(&results[4].centroids, c)[1], centres[c][1], 5e-4);
    }
    kmeans_assign(&mall, &results[4].centroids, NULL, labels, NULL);
    near(silhouette(&mall, labels, 5, workers, false), 0.553932, 5e-7);
    for (size_t i = 0; i < 10; i++)
        kmeans_result_free(&results[i]);
}

static void mall_standardised(void **state) {
    (void)state;
    static const size_t sizes[] = { 81, 39, 35, 23, 22 };
    struct matrix scaled;
    struct kmeans_result result;
    matrix_init(&scaled, needed(&mall)->rows, 2);
    for (size_t column = 0; column < 2; column++) {
        double mean = 0, square = 0;
        for (size_t row = 0; row < 200; row++)
            mean += matrix_row(&mall, row)[column] / 200;
        for (size_t row = 0; row < 200; row++)
            square += pow(matrix_row(&mall, row)[column] - mean, 2) / 200;
        for (size_t row = 0; row < 200; row++)
            matrix_row(&scaled, row)[column] = (matrix_row(&mall, row)[column] - mean) / sqrt(square);
    }
    fit(&scaled, 5, 5, 50, &result);
    near(result.inertia, 65.56841, 5e-6);
    assert_memory_equal(result.sizes, sizes, sizeof sizes);
    kmeans_result_free(&result);
    matrix_free(&scaled);
}

static void mall_by_ward(void **state) {
    (void)state;
    static const size_t sizes[] = { 85, 39, 32, 23, 21 };
    struct hierarchy hierarchy = build(needed(&mall), LINKAGE_WARD);
    struct hierarchy_cut cut;
    hierarchy_cut(&hierarchy, &mall, 5, &cut);
    assert_memory_equal(cut.sizes, sizes, sizeof sizes);
    hierarchy_cut_free(&cut);
    hierarchy_free(&hierarchy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flo_inertias_are_at_most_the_best_known),
        cmocka_unit_test(flo_in_seven_clusters),
        cmocka_unit_test(flo_by_ward),
        cmocka_unit_test(flo_by_complete_linkage),
        cmocka_unit_test(mall_by_k_means),
        cmocka_unit_test(mall_standardised),
        cmocka_unit_test(mall_by_ward),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
