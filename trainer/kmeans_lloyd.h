/* One start of K-Means (see kmeans_fit.h). */
#ifndef OBEK_TRAINER_KMEANS_LLOYD_H
#define OBEK_TRAINER_KMEANS_LLOYD_H

#include "matrix.h"
#include "workers.h"

#include <stdbool.h>

struct random;

/* Sums over rows are sums over blocks of rows, added in the order of the blocks: they do not depend on who computed them. */
struct blocks {
    size_t n, rows; /* how many, and rows in each (the last one may have fewer): a multiple of CHUNK */
};

#define CHUNK 256 /* rows whose tiles fit into the nearest cache */

struct blocks blocks_of(size_t rows);

struct lloyd_job {
    const struct matrix *matrix;
    const double *tiles;     /* the same as tiles, or NULL: made as they are needed, for little memory */
    struct workers *workers; /* NULL: this thread alone */
    size_t k;
    void (*on_iteration)(void *context, size_t k, size_t iterations); /* NULL: nobody looks on */
    void *context;
};

/* The tiles of n rows from `row` on, which is a multiple of LANES; `room` for at most CHUNK of them is used when the job has
 * none. */
const double *lloyd_tiles(const struct lloyd_job *job, size_t row, size_t n, double *room);

/* Chooses k rows as centroids (k * columns). False: only *different of the rows differ, or interrupted(). */
bool kmeans_seed(const struct lloyd_job *job, struct random *random, double *centroids, size_t *different);

struct lloyd_result {
    double inertia;
    size_t iterations;
    bool converged;
};

/* Moves the centroids until no label changes, or interrupted(). The clusters' sizes go into `counts`. */
struct lloyd_result kmeans_lloyd(const struct lloyd_job *job, double *centroids, int64_t *counts);

/* After that, moves single rows to other clusters as long as the sum of squares gets less (Hartigan, Wong 1979): in small
   clusters a row may be nearest to its own centroid only because it is part of it. In the order of the rows, one at a time: for
   few rows. False: none moved; else the centroids are to be moved further. */
bool kmeans_move_rows(const struct lloyd_job *job, double *centroids, int64_t *counts);

#endif
