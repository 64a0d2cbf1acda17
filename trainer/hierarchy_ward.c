#include "hierarchy_internal.h"
#include "obek/buffer.h"
#include "obek/interrupt.h"
#include "tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOT_IN_CHAIN UINT32_MAX

/* The clusters that are left are rows 0..left-1 of the tiles: their centroids. Who is merged away is replaced by the last one, so
   the scans stay dense; lanes without a cluster hold NaN, which is nobody's nearest. */
struct ward {
    struct tiles centroids;
    double *inverse;           /* 1 / size */
    uint32_t *sizes, *members; /* a row of the cluster */
    uint32_t *links;           /* where in the chain, or NOT_IN_CHAIN */
    uint32_t *chain;
    size_t n_chain, left;
    double *point; /* columns */
    const struct kernels *kernels;
};

struct neighbour {
    size_t at;
    double distance;
};

static double distance_between(const struct ward *ward, size_t a, size_t b) {
    double square = 0;
    for (size_t column = 0; column < ward->centroids.columns; column++) {
        double difference = *tiles_value(&ward->centroids, a, column) - *tiles_value(&ward->centroids, b, column);
        square += difference * difference;
    }
    return square / (ward->inverse[a] + ward->inverse[b]);
}

/* The nearest other cluster; the lowest on a tie. */
static struct neighbour nearest(struct ward *ward, size_t at) {
    struct lane_least least;
    struct neighbour best;
    double *own = tiles_value(&ward->centroids, at, 0);
    tiles_row(&ward->centroids, at, ward->point);
    lane_least_begin(&least);
    *own = NAN;
    ward->kernels->ward_nearest(ward->centroids.values, ward->inverse, (ward->left + LANES - 1) / LANES, ward->centroids.columns,
                                ward->point, ward->inverse[at], &least);
    *own = ward->point[0];
    best.at = lane_least_row(&least, &best.distance);
    return best;
}

static void push(struct ward *ward, size_t at) {
    ward->links[at] = (uint32_t)ward->n_chain;
    ward->chain[ward->n_chain++] = (uint32_t)at;
}

static size_t pop(struct ward *ward) {
    size_t at = ward->chain[--ward->n_chain];
    ward->links[at] = NOT_IN_CHAIN;
    return at;
}

/* The last cluster takes the place of one that is gone. */
static void fill_hole(struct ward *ward, size_t hole) {
    size_t last = --ward->left;
    for (size_t column = 0; column < ward->centroids.columns && hole != last; column++)
        *tiles_value(&ward->centroids, hole, column) = *tiles_value(&ward->centroids, last, column);
    *tiles_value(&ward->centroids, last, 0) = NAN;
    ward->sizes[hole] = ward->sizes[last];
    ward->inverse[hole] = ward->inverse[last];
    ward->members[hole] = ward->members[last];
    ward->links[hole] = ward->links[last];
    if (ward->links[hole] != NOT_IN_CHAIN)
        ward->chain[ward->links[hole]] = (uint32_t)hole;
}

static void merge(struct ward *ward, size_t a, size_t b) {
    double size_a = (double)ward->sizes[a], size_b = (double)ward->sizes[b];
    for (size_t column = 0; column < ward->centroids.columns; column++) {
        double *x = tiles_value(&ward->centroids, a, column), *y = tiles_value(&ward->centroids, b, column);
        *x = (size_a * *x + size_b * *y) / (size_a + size_b);
    }
    ward->sizes[a] += ward->sizes[b];
    ward->inverse[a] = 1 / (size_a + size_b);
    fill_hole(ward, b);
}

static void ward_init(struct ward *ward, const struct matrix *matrix) {
    tiles_init(&ward->centroids, matrix);
    ward->left = matrix->rows;
    ward->inverse = lanes_alloc(ward->centroids.n * LANES);
    ward->sizes = xcalloc(matrix->rows, sizeof *ward->sizes);
    ward->members = xcalloc(matrix->rows, sizeof *ward->members);
    ward->links = xcalloc(matrix->rows, sizeof *ward->links);
    ward->chain = xcalloc(matrix->rows, sizeof *ward->chain);
    ward->point = xcalloc(matrix->columns, sizeof *ward->point);
    ward->kernels = kernels();
    for (size_t i = 0; i < matrix->rows; i++) {
        ward->inverse[i] = ward->sizes[i] = 1;
        ward->members[i] = (uint32_t)i;
        ward->links[i] = NOT_IN_CHAIN;
    }
    for (size_t i = matrix->rows; i < ward->centroids.n * LANES; i++)
        *tiles_value(&ward->centroids, i, 0) = NAN;
}

static void ward_free(struct ward *ward) {
    free(ward->point);
    free(ward->chain);
    free(ward->links);
    free(ward->members);
    free(ward->sizes);
    free(ward->inverse);
    tiles_free(&ward->centroids);
}

void join_by_ward(struct joining *joining) {
    struct ward ward;
    ward_init(&ward, joining->matrix);
    ward.n_chain = 0;
    while (ward.left > 1 && !interrupted()) {
        if (ward.n_chain == 0)
            push(&ward, 0);
        size_t tip = ward.chain[ward.n_chain - 1];
        struct neighbour next = nearest(&ward, tip);
        if (ward.n_chain >= 2) {
            size_t before = ward.chain[ward.n_chain - 2];
            double distance = distance_between(&ward, before, tip);
            if (distance <= next.distance) {
                pop(&ward);
                pop(&ward);
                joining_add(joining, ward.members[before], ward.members[tip], sqrt(2 * distance));
                merge(&ward, before, tip);
                continue;
            }
        }
        push(&ward, next.at);
    }
    ward_free(&ward);
}
