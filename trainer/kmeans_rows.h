/* K-Means' rows: which centroid is nearest to each, and what they add up to. The work is done in blocks (kmeans_lloyd.h). */
#ifndef OBEK_TRAINER_KMEANS_ROWS_H
#define OBEK_TRAINER_KMEANS_ROWS_H

#include "kmeans_lloyd.h"

/* What a block's rows add to the sums, and what changed there. */
struct share {
    double *room; /* for tiles of a chunk */
    double *sums;
    int64_t *counts;
    size_t changed;
    double inertia;  /* of the rows that were looked at */
    double farthest; /* squared distance of a row to its centroid, and which row */
    size_t row;
};

/* Hamerly's bounds (2010), as times: when a row was looked at, its centroid was nearer by some gap than any other. As long as the
   two have not moved that much towards each other its label cannot change. How far they can have moved is kept in clocks that
   only go forward, clock[c] by what c and the farthest-moving other centroid moved; so a row is looked at again when its
   cluster's clock has reached until[row], and nothing needs doing for the others. */
struct lloyd {
    const struct lloyd_job *job;
    struct blocks blocks;
    size_t k, columns;
    double *centroids; /* k * columns, as what follows */
    int64_t *counts;
    double *sums, *before;
    double *clocks, *moves;
    bool labelled;  /* false: no row is in any cluster yet */
    bool measuring; /* all rows are looked at: the inertia is added up */
    uint32_t *labels;
    double *until; /* below 0: look at once */
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
/* A cluster that has lost its last row gets the one that is farthest from its centroid, of those that can spare one. */
void lloyd_refill(struct lloyd *lloyd, size_t cluster);
double lloyd_inertia(const struct lloyd *lloyd);

#endif
