/* K-Means' rows: which centroid is nearest to each, and what they add up to. The work is done in blocks (kmeans_lloyd.h). */
#ifndef OBEK_TRAINER_KMEANS_ROWS_H
#define OBEK_TRAINER_KMEANS_ROWS_H

#include "kmeans_lloyd.h"

#define DOUBT 1e-12 /* share of a distance by which rounding cannot be off */

/* Hamerly's bounds, for a tile instead of a row: at a look, the nearest centroid of each row was nearer by some gap than any
   other. As long as the centroids have moved less than that since, no label of the tile can change. How far they have moved is
   kept in clocks that only go forward: clock[c] by what c and the farthest-moving other centroid moved, clock[k] by what the two
   that moved farthest did, for tiles whose rows are in several clusters. So a tile costs one comparison while it is settled. */
struct settled {
    double until; /* by that clock; below 0: look at once */
    uint32_t clock;
};

/* What a block's rows add to the sums, and what changed there. */
struct share {
    double *sums;
    int64_t *counts;
    size_t changed;
    double inertia;
    double farthest; /* squared distance to the row's centroid, and where */
    size_t position;
};

struct lloyd {
    const struct lloyd_job *job;
    const struct tiles *tiles;
    const struct kernels *kernels;
    struct blocks blocks;
    size_t k, columns;
    double *centroids; /* k * columns, as what follows */
    int64_t *counts;
    double *sums, *before;
    double *clocks, *moves;
    uint32_t *labels;
    struct settled *settled;
    struct share *shares;
};

void lloyd_init(struct lloyd *lloyd, const struct lloyd_job *job, double *centroids, int64_t *counts);
void lloyd_free(struct lloyd *lloyd);

/* Labels every row that may have another centroid nearest now, keeps the sums and counts; returns how many have. */
size_t lloyd_assign(struct lloyd *lloyd);
/* Looks at every row; the inertia is right afterwards. */
size_t lloyd_assign_all(struct lloyd *lloyd);
/* Adds the sums up from nothing: they have been kept by adding and subtracting. */
void lloyd_add_anew(struct lloyd *lloyd);
/* A cluster that has lost its last row gets the one that is farthest from its centroid; nothing happens when no cluster can spare
 * one. */
void lloyd_refill(struct lloyd *lloyd, size_t cluster);
double lloyd_inertia(const struct lloyd *lloyd);

#endif
