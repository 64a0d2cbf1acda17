/* What a hierarchy is cut into. */
#ifndef OBEK_TRAINER_HIERARCHY_CUT_H
#define OBEK_TRAINER_HIERARCHY_CUT_H

#include "hierarchy.h"

/* How many clusters are left when everything is joined that joins at `height` or below (scipy's criterion "distance"). */
size_t hierarchy_clusters_at(const struct hierarchy *hierarchy, double height);

struct hierarchy_cut {
    size_t k;
    uint32_t *labels; /* of the rows: the largest cluster is 0; of the same size, the one with the first row */
    size_t *sizes;
    struct matrix centroids; /* means, k rows */
    double inertia; /* sum of squared distances to them; for Ward also half the sum of the squared heights below the cut */
};

/* Into k clusters, 1..rows. The matrix is the one that the hierarchy was built from. */
void hierarchy_cut(const struct hierarchy *hierarchy, const struct matrix *matrix, size_t k, struct hierarchy_cut *cut);
void hierarchy_cut_free(struct hierarchy_cut *cut);

/* The top of the tree, to be drawn: its last merges, and what they merge as leaves. */
struct dendrogram {
    size_t n_leaves;
    struct leaf {
        uint32_t size, row; /* how many rows, and the first of them */
        double height;      /* of its own last merge; 0 for a row */
    } * leaves;             /* from left to right, so that lines do not cross; the smaller branch to the left */
    struct merge *merges;   /* n_leaves - 1, by height; numbered as in a hierarchy of the leaves, sizes in rows */
};

/* At most the last p merges. */
void hierarchy_top(const struct hierarchy *hierarchy, size_t p, struct dendrogram *dendrogram);
void dendrogram_free(struct dendrogram *dendrogram);

#endif
