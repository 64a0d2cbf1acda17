#include "kmeans_fit.h"
#include "kmeans_rows.h"
#include "obek/interrupt.h"
#include "tiles.h"

#include <math.h>
#include <string.h>

#define BLOCKS_MAX 256
#define BLOCK_ROWS_MIN ((size_t)4 * CHUNK)

struct blocks blocks_of(size_t rows) {
    size_t each = ((rows + BLOCKS_MAX - 1) / BLOCKS_MAX + CHUNK - 1) / CHUNK * CHUNK;
    each = each > BLOCK_ROWS_MIN ? each : BLOCK_ROWS_MIN;
    return (struct blocks){ (rows + each - 1) / each, each };
}

const double *lloyd_tiles(const struct lloyd_job *job, size_t row, size_t n, double *room) {
    if (job->tiles != NULL)
        return job->tiles + row * job->matrix->columns;
    tiles_fill(room, job->matrix->columns, matrix_row(job->matrix, row), n);
    return room;
}

static void set_clocks_forward(struct lloyd *lloyd) {
    size_t fastest = 0;
    double second = 0;
    for (size_t c = 0; c < lloyd->k; c++) {
        double square = 0;
        for (size_t i = c * lloyd->columns; i < (c + 1) * lloyd->columns; i++)
            square += (lloyd->centroids[i] - lloyd->before[i]) * (lloyd->centroids[i] - lloyd->before[i]);
        lloyd->moves[c] = sqrt(square) * (1 + DOUBT);
        if (lloyd->moves[c] > lloyd->moves[fastest])
            fastest = c;
    }
    for (size_t c = 0; c < lloyd->k; c++)
        if (c != fastest && lloyd->moves[c] > second)
            second = lloyd->moves[c];
    for (size_t c = 0; c < lloyd->k; c++)
        lloyd->clocks[c] += lloyd->moves[c] + (c == fastest ? second : lloyd->moves[fastest]);
}

/* Each centroid becomes the mean of its rows. */
static void move_centroids(struct lloyd *lloyd) {
    memcpy(lloyd->before, lloyd->centroids, lloyd->k * lloyd->columns * sizeof *lloyd->before);
    for (size_t c = 0; c < lloyd->k; c++)
        if (lloyd->counts[c] == 0)
            lloyd_refill(lloyd, c);
    for (size_t c = 0; c < lloyd->k; c++)
        for (size_t i = c * lloyd->columns; i < (c + 1) * lloyd->columns && lloyd->counts[c] > 0; i++)
            lloyd->centroids[i] = lloyd->sums[i] / (double)lloyd->counts[c];
    set_clocks_forward(lloyd);
}

/* The sums have been kept by adding and subtracting: at the end they are added up anew, and every row is looked at once more. */
static bool is_final(struct lloyd *lloyd) {
    lloyd_add_anew(lloyd);
    move_centroids(lloyd);
    return lloyd_assign_all(lloyd) == 0;
}

static void iterate(struct lloyd *lloyd, struct lloyd_result *result) {
    lloyd_assign_all(lloyd);
    for (result->iterations = 1; result->iterations < KMEANS_ITERATIONS_MAX && !interrupted(); result->iterations++) {
        move_centroids(lloyd);
        size_t changed = lloyd_assign(lloyd);
        if (lloyd->job->on_iteration != NULL)
            lloyd->job->on_iteration(lloyd->job->context, lloyd->k, result->iterations);
        if (changed == 0 && is_final(lloyd)) {
            result->converged = true;
            return;
        }
    }
    lloyd_assign_all(lloyd); /* for the inertia */
}

struct lloyd_result kmeans_lloyd(const struct lloyd_job *job, double *centroids, int64_t *counts) {
    struct lloyd lloyd;
    struct lloyd_result result = { 0 };
    lloyd_init(&lloyd, job, centroids, counts);
    iterate(&lloyd, &result);
    result.inertia = lloyd_inertia(&lloyd);
    lloyd_free(&lloyd);
    return result;
}