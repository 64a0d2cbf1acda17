#include "cluster_quality.h"
#include "obek/buffer.h"
#include "obek/interrupt.h"
#include "random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_ROWS_MIN 4096
#define BLOCKS_MAX 256

/* Centroids, and how the rows spread around them. Sums are those of blocks of rows, added in their order. */
struct spread {
    const struct matrix *matrix;
    const uint32_t *labels;
    size_t k, block_rows, blocks;
    struct matrix centroids; /* k rows; of no cluster without rows */
    double *sizes;
    struct share {
        struct matrix sums;
        double *sizes, *distances, within;
    } * shares;
    double *distances; /* mean, to the centroid */
    double within;     /* sum of squares */
};

static size_t block_end(const struct spread *spread, size_t block) {
    size_t end = (block + 1) * spread->block_rows;
    return end < spread->matrix->rows ? end : spread->matrix->rows;
}

static void add_rows(void *context, size_t block) {
    struct spread *spread = context;
    struct share *share = &spread->shares[block];
    for (size_t row = block * spread->block_rows; row < block_end(spread, block); row++) {
        const double *values = matrix_row(spread->matrix, row);
        double *sums = matrix_row(&share->sums, spread->labels[row]);
        for (size_t column = 0; column < spread->matrix->columns; column++)
            sums[column] += values[column];
        share->sizes[spread->labels[row]]++;
    }
}

static double square_between(const double *a, const double *b, size_t columns) {
    double square = 0;
    for (size_t column = 0; column < columns; column++)
        square += (a[column] - b[column]) * (a[column] - b[column]);
    return square;
}

static void add_distances(void *context, size_t block) {
    struct spread *spread = context;
    struct share *share = &spread->shares[block];
    for (size_t row = block * spread->block_rows; row < block_end(spread, block); row++) {
        uint32_t label = spread->labels[row];
        double square =
            square_between(matrix_row(spread->matrix, row), matrix_row(&spread->centroids, label), spread->matrix->columns);
        share->distances[label] += sqrt(square);
        share->within += square;
    }
}

static void find_centroids(struct spread *spread, struct workers *workers) {
    size_t columns = spread->matrix->columns;
    workers_run(workers, spread->blocks, add_rows, spread);
    for (size_t block = 0; block < spread->blocks; block++)
        for (size_t c = 0; c < spread->k; c++) {
            spread->sizes[c] += spread->shares[block].sizes[c];
            for (size_t column = 0; column < columns; column++)
                matrix_row(&spread->centroids, c)[column] += matrix_row(&spread->shares[block].sums, c)[column];
        }
    for (size_t c = 0; c < spread->k; c++)
        for (size_t column = 0; column < columns && spread->sizes[c] > 0; column++)
            matrix_row(&spread->centroids, c)[column] /= spread->sizes[c];
}

static void measure(struct spread *spread, struct workers *workers) {
    workers_run(workers, spread->blocks, add_distances, spread);
    for (size_t block = 0; block < spread->blocks; block++) {
        spread->within += spread->shares[block].within;
        for (size_t c = 0; c < spread->k; c++)
            spread->distances[c] += spread->shares[block].distances[c];
    }
    for (size_t c = 0; c < spread->k; c++)
        spread->distances[c] /= spread->sizes[c] > 0 ? spread->sizes[c] : 1;
}

static void spread_init(struct spread *spread) {
    size_t k = spread->k, columns = spread->matrix->columns;
    matrix_init(&spread->centroids, k, columns);
    spread->sizes = xcalloc(k, sizeof *spread->sizes);
    spread->distances = xcalloc(k, sizeof *spread->distances);
    spread->shares = xcalloc(spread->blocks, sizeof *spread->shares);
    for (size_t block = 0; block < spread->blocks; block++) {
        struct share *share = &spread->shares[block];
        matrix_init(&share->sums, k, columns);
        share->sizes = xcalloc(k, sizeof *share->sizes);
        share->distances = xcalloc(k, sizeof *share->distances);
    }
}

static void spread_free(struct spread *spread) {
    for (size_t block = 0; block < spread->blocks; block++) {
        matrix_free(&spread->shares[block].sums);
        free(spread->shares[block].sizes);
        free(spread->shares[block].distances);
    }
    free(spread->shares);
    free(spread->distances);
    free(spread->sizes);
    matrix_free(&spread->centroids);
}

static size_t count_clusters(const struct spread *spread) {
    size_t n = 0;
    for (size_t c = 0; c < spread->k; c++)
        n += spread->sizes[c] > 0;
    return n;
}

/* The mean over clusters of the worst (s_i + s_j) / d_ij; clusters with one centroid are left out of each other's. */
static double davies_bouldin(const struct spread *spread, size_t clusters) {
    double sum = 0;
    for (size_t i = 0; i < spread->k; i++) {
        double worst = 0;
        for (size_t j = 0; j < spread->k && spread->sizes[i] > 0; j++) {
            if (j == i || !(spread->sizes[j] > 0))
                continue;
            double apart = sqrt(
                square_between(matrix_row(&spread->centroids, i), matrix_row(&spread->centroids, j), spread->centroids.columns));
            double ratio = apart > 0 ? (spread->distances[i] + spread->distances[j]) / apart : 0;
            worst = ratio > worst ? ratio : worst;
        }
        sum += worst;
    }
    return sum / (double)clusters;
}

static double calinski_harabasz(const struct spread *spread, size_t clusters) {
    size_t columns = spread->matrix->columns;
    double rows = (double)spread->matrix->rows, between = 0, *mean = xcalloc(columns, sizeof *mean);
    for (size_t c = 0; c < spread->k; c++)
        for (size_t column = 0; column < columns; column++)
            mean[column] += spread->sizes[c] / rows * matrix_row(&spread->centroids, c)[column];
    for (size_t c = 0; c < spread->k; c++)
        if (spread->sizes[c] > 0)
            between += spread->sizes[c] * square_between(matrix_row(&spread->centroids, c), mean, columns);
    free(mean);
    double n = (double)clusters;
    return spread->within > 0 ? between / (n - 1) / (spread->within / (rows - n)) : NAN;
}

static void measure_spread(const struct matrix *matrix, const uint32_t *labels, size_t k, struct workers *workers,
                           struct cluster_quality *quality) {
    struct spread spread = { matrix, labels, k, (matrix->rows + BLOCKS_MAX - 1) / BLOCKS_MAX, .within = 0 };
    spread.block_rows = spread.block_rows > BLOCK_ROWS_MIN ? spread.block_rows : BLOCK_ROWS_MIN;
    spread.blocks = (matrix->rows + spread.block_rows - 1) / spread.block_rows;
    spread_init(&spread);
    find_centroids(&spread, workers);
    size_t clusters = count_clusters(&spread);
    if (clusters >= 2 && clusters < matrix->rows) {
        measure(&spread, workers);
        quality->davies_bouldin = davies_bouldin(&spread, clusters);
        quality->calinski_harabasz = calinski_harabasz(&spread, clusters);
    }
    spread_free(&spread);
}

/* `wanted` rows, each set of them as likely as any other (Knuth, TAOCP 2, 3.4.2, algorithm S). */
static void take_sample(const struct matrix *matrix, const uint32_t *labels, uint64_t seed, struct matrix *sample,
                        uint32_t *sample_labels) {
    struct random random;
    size_t taken = 0;
    random_init(&random, seed, 0);
    for (size_t row = 0; taken < sample->rows; row++) {
        if (random_below(&random, matrix->rows - row) >= sample->rows - taken)
            continue;
        memcpy(matrix_row(sample, taken), matrix_row(matrix, row), matrix->columns * sizeof *matrix->values);
        sample_labels[taken++] = labels[row];
    }
}

static double sampled_silhouette(const struct matrix *matrix, const uint32_t *labels, size_t k,
                                 const struct quality_options *options, size_t rows) {
    struct matrix sample;
    uint32_t *sample_labels = xcalloc(rows, sizeof *sample_labels);
    matrix_init(&sample, rows, matrix->columns);
    take_sample(matrix, labels, options->seed, &sample, sample_labels);
    double mean = silhouette(&sample, sample_labels, k, options->workers, options->progress);
    matrix_free(&sample);
    free(sample_labels);
    return mean;
}

bool cluster_quality(const struct matrix *matrix, const uint32_t *labels, size_t k, const struct quality_options *options,
                     struct cluster_quality *quality, struct error *error) {
    size_t most = options->silhouette_rows_max > 0 ? options->silhouette_rows_max : SILHOUETTE_ROWS_DEFAULT;
    *quality = (struct cluster_quality){ .davies_bouldin = NAN, .calinski_harabasz = NAN };
    measure_spread(matrix, labels, k, options->workers, quality);
    quality->silhouette_exact = matrix->rows <= most;
    quality->silhouette_rows = quality->silhouette_exact ? matrix->rows : most;
    quality->silhouette = quality->silhouette_exact ? silhouette(matrix, labels, k, options->workers, options->progress)
                                                    : sampled_silhouette(matrix, labels, k, options, most);
    return interrupt_check(error);
}
