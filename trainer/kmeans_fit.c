#include "kmeans_fit.h"
#include "clusters.h"
#include "kmeans_lloyd.h"
#include "obek/buffer.h"
#include "obek/interrupt.h"
#include "obek/progress.h"
#include "random.h"
#include "tiles.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Up to so many rows, threads do a start each; beyond, they share the rows of one, which takes less memory and evens out better.
 */
#define ROWS_ALONE_MAX 200000
/* Up to so many rows, single ones are moved: beyond, clusters are so large that it changes next to nothing. */
#define ROWS_MOVED_MAX 5000
/* Up to so many rows, there is a second copy of them in tiles. */
#define ROWS_TILED_MAX 1000000
#define ITERATIONS_USUAL 30
#define PARTS 1000

struct fitting {
    const struct matrix *matrix;
    double *tiles; /* its rows as tiles, or NULL */
    const struct kmeans_options *options;
    size_t k_min, k_max;
    struct workers *inner; /* for the rows of one start */
    pthread_mutex_t lock;  /* of what follows */
    struct kmeans_result *results;
    size_t different; /* rows, when there are fewer than k */
    uint64_t done;    /* a start counts PARTS for each of its clusters */
    struct progress progress;
};

/* Nobody knows how many iterations are left; most starts take some dozens. */
static void on_iteration(void *context, size_t k, size_t iterations) {
    struct fitting *fitting = context;
    double share = (double)iterations / (double)(iterations + ITERATIONS_USUAL);
    progress_at(&fitting->progress, fitting->done + (uint64_t)(share * PARTS * (double)k));
}

/* Of two starts the better, the earlier on a tie: whichever comes first. */
static void keep_better(struct kmeans_result *result, const struct lloyd_result *found, size_t start, const double *centroids,
                        const int64_t *counts) {
    if (found->inertia > result->inertia || (found->inertia == result->inertia && start > result->start))
        return;
    result->inertia = found->inertia;
    result->start = start;
    result->iterations = found->iterations;
    result->converged = found->converged;
    memcpy(result->centroids.values, centroids, result->k * result->centroids.columns * sizeof *centroids);
    for (size_t c = 0; c < result->k; c++)
        result->sizes[c] = (size_t)counts[c];
}

static void fit_start_with(struct fitting *fitting, size_t k, size_t start, double *centroids, int64_t *counts) {
    struct random random;
    struct lloyd_result found;
    struct lloyd_job job = { fitting->matrix, fitting->tiles, fitting->inner, k, NULL, fitting };
    size_t different;
    if (fitting->inner != NULL)
        job.on_iteration = on_iteration;
    random_init(&random, fitting->options->seed, (uint64_t)k << 32 | start);
    bool good = kmeans_seed(&job, &random, centroids, &different);
    if (good)
        found = kmeans_lloyd(&job, centroids, counts);
    while (good && fitting->matrix->rows <= ROWS_MOVED_MAX && !interrupted() && kmeans_move_rows(&job, centroids, counts))
        found = kmeans_lloyd(&job, centroids, counts);
    pthread_mutex_lock(&fitting->lock);
    if (good)
        keep_better(&fitting->results[k - fitting->k_min], &found, start, centroids, counts);
    else
        fitting->different = different;
    fitting->done += PARTS * k;
    if (workers_leading())
        progress_at(&fitting->progress, fitting->done);
    pthread_mutex_unlock(&fitting->lock);
}

/* Tasks are starts, those with many clusters first: they take longest. */
static void fit_start(void *context, size_t task) {
    struct fitting *fitting = context;
    size_t k = fitting->k_max - task / fitting->options->starts, start = task % fitting->options->starts;
    if (interrupted())
        return;
    double *centroids = xcalloc(k * fitting->matrix->columns, sizeof *centroids);
    int64_t *counts = xcalloc(k, sizeof *counts);
    fit_start_with(fitting, k, start, centroids, counts);
    free(counts);
    free(centroids);
}

static void fit_all(struct fitting *fitting, struct workers *workers) {
    size_t tasks = (fitting->k_max - fitting->k_min + 1) * fitting->options->starts;
    uint64_t clusters = 0;
    char label[64];
    for (size_t k = fitting->k_min; k <= fitting->k_max; k++)
        clusters += k;
    if (fitting->k_min == fitting->k_max)
        snprintf(label, sizeof label, "k-means, k = %zu", fitting->k_min);
    else
        snprintf(label, sizeof label, "k-means, k = %zu to %zu", fitting->k_min, fitting->k_max);
    progress_begin(&fitting->progress, label, clusters * PARTS * fitting->options->starts, fitting->options->progress);
    if (fitting->matrix->rows <= ROWS_ALONE_MAX)
        workers_run(workers, tasks, fit_start, fitting);
    else
        fitting->inner = workers;
    for (size_t task = 0; fitting->inner != NULL && task < tasks; task++)
        fit_start(fitting, task);
    progress_end(&fitting->progress, fitting->done);
}

static void result_init(struct kmeans_result *result, size_t k, size_t columns) {
    *result = (struct kmeans_result){ .k = k, .inertia = INFINITY, .start = SIZE_MAX };
    matrix_init(&result->centroids, k, columns);
    result->sizes = xcalloc(k, sizeof *result->sizes);
}

void kmeans_result_free(struct kmeans_result *result) {
    matrix_free(&result->centroids);
    free(result->sizes);
    *result = (struct kmeans_result){ 0 };
}

/* The largest cluster first. Rows as near to two centroids belong to the one with the lower number, so with other numbers a few
   may move: then the iterations go on from there, which makes the inertia smaller, so this ends. */
static void finish(const struct fitting *fitting, struct kmeans_result *result) {
    struct lloyd_job job = { fitting->matrix, fitting->tiles, fitting->options->workers, result->k, NULL, NULL };
    int64_t *counts = xcalloc(result->k, sizeof *counts);
    while (!interrupted() && clusters_by_size(&result->centroids, result->sizes, NULL)) {
        struct lloyd_result found = kmeans_lloyd(&job, result->centroids.values, counts);
        result->inertia = found.inertia;
        result->converged &= found.converged;
        for (size_t c = 0; c < result->k; c++)
            result->sizes[c] = (size_t)counts[c];
    }
    free(counts);
}

static bool fit_range(struct fitting *fitting, struct error *error) {
    const struct kmeans_options *options = fitting->options;
    for (size_t k = fitting->k_min; k <= fitting->k_max; k++)
        result_init(&fitting->results[k - fitting->k_min], k, fitting->matrix->columns);
    fit_all(fitting, options->workers);
    for (size_t k = fitting->k_min; k <= fitting->k_max && fitting->different == 0; k++)
        finish(fitting, &fitting->results[k - fitting->k_min]);
    if (fitting->different > 0 && !interrupted())
        error_set(error, "k = %zu, but only %zu of the rows differ", fitting->k_max, fitting->different);
    return interrupt_check(error) && fitting->different == 0;
}

bool kmeans_fit(const struct matrix *matrix, size_t k_min, size_t k_max, const struct kmeans_options *options,
                struct kmeans_result *results, struct error *error) {
    struct fitting fitting = { .options = options, .matrix = matrix, .k_min = k_min, .k_max = k_max, .results = results };
    assert(k_min >= 1 && k_min <= k_max && options->starts >= 1);
    if (!matrix_check(matrix, error))
        return false;
    if (k_max > matrix->rows)
        return error_set(error, "k = %zu is more than there are rows (%zu)", k_max, matrix->rows);
    if (matrix->rows <= ROWS_TILED_MAX) {
        fitting.tiles = lanes_alloc((matrix->rows + LANES) * matrix->columns);
        tiles_fill(fitting.tiles, matrix->columns, matrix->values, matrix->rows);
    }
    pthread_mutex_init(&fitting.lock, NULL);
    bool good = fit_range(&fitting, error);
    pthread_mutex_destroy(&fitting.lock);
    free(fitting.tiles);
    for (size_t i = 0; !good && i <= k_max - k_min; i++)
        kmeans_result_free(&results[i]);
    return good;
}
