#include "cluster_quality.h"
#include "obek/buffer.h"
#include "obek/interrupt.h"
#include "obek/progress.h"
#include "tiles.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Rows in the order of their clusters, so that the distances to a cluster are those to rows that lie together. */
struct comparing {
    struct matrix rows;
    size_t k;
    size_t *starts;      /* k + 1 */
    double *silhouettes; /* a row each */
    atomic_size_t done;
    struct progress progress;
};

static void sort_rows(struct comparing *comparing, const struct matrix *matrix, const uint32_t *labels) {
    size_t k = comparing->k, *next = xcalloc(k + 1, sizeof *next);
    comparing->starts = xcalloc(k + 1, sizeof *comparing->starts);
    matrix_init(&comparing->rows, matrix->rows, matrix->columns);
    for (size_t row = 0; row < matrix->rows; row++)
        comparing->starts[labels[row] + 1]++;
    for (size_t c = 0; c < k; c++)
        comparing->starts[c + 1] += comparing->starts[c];
    memcpy(next, comparing->starts, (k + 1) * sizeof *next);
    for (size_t row = 0; row < matrix->rows; row++)
        memcpy(matrix_row(&comparing->rows, next[labels[row]]++), matrix_row(matrix, row),
               matrix->columns * sizeof *matrix->values);
    free(next);
}

static size_t size_of(const struct comparing *comparing, size_t cluster) {
    return comparing->starts[cluster + 1] - comparing->starts[cluster];
}

/* sums: LANES for each cluster. */
static double silhouette_of(const struct comparing *comparing, size_t cluster, const double *sums, size_t lane) {
    double own = sums[cluster * LANES + lane], nearest = INFINITY;
    size_t size = size_of(comparing, cluster);
    for (size_t c = 0; c < comparing->k; c++)
        if (c != cluster && size_of(comparing, c) > 0) {
            double mean = sums[c * LANES + lane] / (double)size_of(comparing, c);
            nearest = mean < nearest ? mean : nearest;
        }
    if (size == 1)
        return 0;
    own /= (double)(size - 1);
    double larger = own > nearest ? own : nearest;
    return larger > 0 ? (nearest - own) / larger : 0;
}

static void compare_tile(void *context, size_t tile) {
    struct comparing *comparing = context;
    size_t columns = comparing->rows.columns, first = tile * LANES, left = comparing->rows.rows - first, cluster = 0;
    if (interrupted())
        return;
    double *rows = lanes_alloc(columns * LANES), *sums = lanes_alloc(comparing->k * LANES);
    tiles_fill(rows, columns, matrix_row(&comparing->rows, first), left < LANES ? left : LANES);
    for (size_t c = 0; c < comparing->k; c++)
        kernels()->distance_sums(rows, columns, matrix_row(&comparing->rows, comparing->starts[c]), size_of(comparing, c),
                                 sums + c * LANES);
    for (size_t lane = 0; lane < LANES && lane < left; lane++) {
        while (first + lane >= comparing->starts[cluster + 1])
            cluster++;
        comparing->silhouettes[first + lane] = silhouette_of(comparing, cluster, sums, lane);
    }
    free(sums);
    free(rows);
    size_t done = atomic_fetch_add_explicit(&comparing->done, 1, memory_order_relaxed) + 1;
    if (workers_leading())
        progress_at(&comparing->progress, done);
}

static size_t count_clusters(const struct comparing *comparing) {
    size_t n = 0;
    for (size_t c = 0; c < comparing->k; c++)
        n += size_of(comparing, c) > 0;
    return n;
}

static double mean_silhouette(struct comparing *comparing, struct workers *workers, bool progress) {
    size_t n = comparing->rows.rows, tiles = (n + LANES - 1) / LANES;
    double sum = 0;
    progress_begin(&comparing->progress, "silhouette", tiles, progress);
    workers_run(workers, tiles, compare_tile, comparing);
    progress_end(&comparing->progress, comparing->done);
    for (size_t row = 0; row < n; row++)
        sum += comparing->silhouettes[row];
    return sum / (double)n;
}

double silhouette(const struct matrix *matrix, const uint32_t *labels, size_t k, struct workers *workers, bool progress) {
    struct comparing comparing = { .k = k };
    double mean = NAN;
    sort_rows(&comparing, matrix, labels);
    comparing.silhouettes = xcalloc(matrix->rows, sizeof *comparing.silhouettes);
    size_t clusters = count_clusters(&comparing);
    if (clusters >= 2 && clusters < matrix->rows)
        mean = mean_silhouette(&comparing, workers, progress);
    free(comparing.silhouettes);
    free(comparing.starts);
    matrix_free(&comparing.rows);
    return mean;
}
