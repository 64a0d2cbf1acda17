/* What the ways to build a hierarchy share. */
#ifndef OBEK_TRAINER_HIERARCHY_INTERNAL_H
#define OBEK_TRAINER_HIERARCHY_INTERNAL_H

#include "hierarchy.h"
#include "obek/progress.h"

/* Two clusters that are joined, each by any row of it, in any order. */
struct join {
    uint32_t a, b;
    double height;
};

struct joining {
    const struct matrix *matrix;
    const struct hierarchy_options *options;
    struct join *joins; /* rows - 1 */
    size_t n;
    struct progress progress;
};

/* Adds one; shows progress. Work is taken to be in proportion to the clusters that are left. */
void joining_add(struct joining *joining, uint32_t a, uint32_t b, double height);

/* Each fills in all joins, or stops early once interrupted(). */
void join_by_ward(struct joining *joining);
void join_nearest_rows(struct joining *joining);
/* Complete or average. False: there is not enough memory. */
bool join_by_distances(struct joining *joining, enum linkage linkage, struct error *error);

/* The nearest-neighbour chain: clusters, each the nearest of the one before it. */
struct chain {
    uint32_t *items;
    size_t n;
};

#endif
