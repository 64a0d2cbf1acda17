#include "kmeans_lloyd.h"
#include "obek/buffer.h"

#include <math.h>
#include <stdlib.h>

#define GAIN_MIN 1e-9 /* as a share: what is less may be rounding, and would be taken back */

struct moving {
    const struct lloyd_job *job;
    size_t columns;
    double *centroids;
    int64_t *counts;
    uint32_t *labels;
    const double *row; /* the one at hand */
};

static double square_to(const struct moving *moving, size_t cluster) {
    const double *centroid = moving->centroids + cluster * moving->columns;
    double square = 0;
    for (size_t column = 0; column < moving->columns; column++)
        square += (moving->row[column] - centroid[column]) * (moving->row[column] - centroid[column]);
    return square;
}

static void label_rows(struct moving *moving) {
    for (size_t i = 0; i < moving->job->matrix->rows; i++) {
        double best = INFINITY;
        moving->row = matrix_row(moving->job->matrix, i);
        for (size_t c = 0; c < moving->job->k; c++) {
            double square = square_to(moving, c);
            if (square < best) {
                best = square;
                moving->labels[i] = (uint32_t)c;
            }
        }
    }
}

/* Where the row adds least to the sum of squares: staying costs n/(n-1) of its square, as the centroid would move away without
   it; going costs n/(n+1), as the other would come nearer. */
static size_t best_place(const struct moving *moving, size_t label) {
    double n = (double)moving->counts[label], best = square_to(moving, label) * n / (n - 1) * (1 - GAIN_MIN);
    size_t place = label;
    for (size_t c = 0; c < moving->job->k; c++) {
        double size = (double)moving->counts[c], cost = c == label ? INFINITY : square_to(moving, c) * size / (size + 1);
        if (cost < best) {
            best = cost;
            place = c;
        }
    }
    return place;
}

/* Adds the row to a cluster's mean (sign 1) or takes it out (sign -1). */
static void change(struct moving *moving, size_t cluster, int sign) {
    double *centroid = moving->centroids + cluster * moving->columns;
    moving->counts[cluster] += sign;
    for (size_t column = 0; column < moving->columns; column++)
        centroid[column] += sign * (moving->row[column] - centroid[column]) / (double)moving->counts[cluster];
}

static size_t move_once(struct moving *moving) {
    size_t moved = 0;
    for (size_t i = 0; i < moving->job->matrix->rows; i++) {
        size_t label = moving->labels[i];
        if (moving->counts[label] < 2)
            continue;
        moving->row = matrix_row(moving->job->matrix, i);
        size_t place = best_place(moving, label);
        if (place == label)
            continue;
        change(moving, label, -1);
        change(moving, place, 1);
        moving->labels[i] = (uint32_t)place;
        moved++;
    }
    return moved;
}

bool kmeans_move_rows(const struct lloyd_job *job, double *centroids, int64_t *counts) {
    struct moving moving = { .job = job, .columns = job->matrix->columns };
    moving.centroids = centroids;
    moving.counts = counts;
    moving.labels = xcalloc(job->matrix->rows, sizeof *moving.labels);
    label_rows(&moving);
    size_t moved = move_once(&moving), all = moved;
    while (moved > 0)
        all += moved = move_once(&moving);
    free(moving.labels);
    return all > 0;
}
