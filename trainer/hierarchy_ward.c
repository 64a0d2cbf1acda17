#include "cells.h"
#include "hierarchy_internal.h"
#include "obek/buffer.h"
#include "obek/interrupt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOT_IN_CHAIN UINT32_MAX
#define ROUNDING (1 + 1e-12)

/* The clusters that are left are rows of the cells, as centroids, at the place of one of the rows that they are made of. */
struct ward {
    struct cells cells;
    double *inverse;           /* 1 / size */
    double *smallest;          /* of each cell: 1 / the smallest size, or more */
    uint32_t *sizes, *members; /* a row of the cluster */
    uint32_t *links;           /* where in the chain, or NOT_IN_CHAIN */
    uint32_t *chain;           /* each the nearest of the one before it */
    size_t n_chain, left;
    double *point; /* columns */
};

static double distance_between(const struct ward *ward, size_t a, size_t b) {
    const struct tiles *centroids = &ward->cells.tiles;
    double square = 0;
    for (size_t column = 0; column < centroids->columns; column++) {
        double difference = *tiles_value(centroids, a, column) - *tiles_value(centroids, b, column);
        square += difference * difference;
    }
    return square / (ward->inverse[a] + ward->inverse[b]);
}

static void look_into(struct ward *ward, size_t cell, double inverse, struct lane_least *least) {
    size_t tile = cell * ward->cells.each;
    kernels()->ward_nearest(tiles_at(&ward->cells.tiles, tile), ward->inverse + tile * LANES, cells_tiles(&ward->cells, cell),
                            tile, ward->cells.tiles.columns, ward->point, inverse, least);
}

/* The nearest other cluster, if it is nearer than `limit`: its distance is returned, else `limit`. */
static double nearest(struct ward *ward, size_t at, double limit, size_t *place) {
    double *own = tiles_value(&ward->cells.tiles, at, 0), inverse = ward->inverse[at], best;
    size_t own_cell = cells_of(&ward->cells, at);
    struct lane_least least;
    tiles_row(&ward->cells.tiles, at, ward->point);
    lane_least_begin(&least, limit);
    *own = NAN;
    look_into(ward, own_cell, inverse, &least);
    best = lane_least_value(&least);
    cells_bound(&ward->cells, ward->point);
    for (size_t cell = 0; cell < ward->cells.n; cell++) {
        if (cell == own_cell || ward->cells.bounds[cell] > best * (ward->smallest[cell] + inverse) * ROUNDING)
            continue;
        look_into(ward, cell, inverse, &least);
        best = lane_least_value(&least);
    }
    *own = ward->point[0];
    *place = lane_least_row(&least, &best);
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

static void find_smallest(struct ward *ward, size_t cell) {
    size_t place = cell * ward->cells.each * LANES, end = place + cells_tiles(&ward->cells, cell) * LANES;
    ward->smallest[cell] = 0;
    for (; place < end; place++)
        if (ward->sizes[place] > 0 && ward->inverse[place] > ward->smallest[cell])
            ward->smallest[cell] = ward->inverse[place];
}

/* Places that are no longer used go when they are half of all. */
static void compact(struct ward *ward) {
    uint32_t *old = xcalloc(ward->left, sizeof *old);
    cells_compact(&ward->cells, old);
    for (size_t place = 0; place < ward->left; place++) {
        ward->inverse[place] = ward->inverse[old[place]];
        ward->sizes[place] = ward->sizes[old[place]];
        ward->members[place] = ward->members[old[place]];
        ward->links[place] = ward->links[old[place]];
        if (ward->links[place] != NOT_IN_CHAIN)
            ward->chain[ward->links[place]] = (uint32_t)place;
    }
    memset(ward->sizes + ward->left, 0, (ward->cells.tiles.n * LANES - ward->left) * sizeof *ward->sizes);
    for (size_t cell = 0; cell < ward->cells.n; cell++)
        find_smallest(ward, cell);
    free(old);
}

static void merge(struct ward *ward, size_t a, size_t b) {
    const struct tiles *centroids = &ward->cells.tiles;
    double size_a = (double)ward->sizes[a], size_b = (double)ward->sizes[b];
    for (size_t column = 0; column < centroids->columns; column++) {
        double *x = tiles_value(centroids, a, column), *y = tiles_value(centroids, b, column);
        *x = (size_a * *x + size_b * *y) / (size_a + size_b);
    }
    ward->sizes[a] += ward->sizes[b];
    ward->inverse[a] = 1 / (size_a + size_b);
    ward->sizes[b] = 0;
    cells_take(&ward->cells, b);
    cells_changed(&ward->cells, cells_of(&ward->cells, a));
    find_smallest(ward, cells_of(&ward->cells, a));
    find_smallest(ward, cells_of(&ward->cells, b));
    if (--ward->left <= centroids->rows / 2)
        compact(ward);
}

static void ward_init(struct ward *ward, const struct matrix *matrix) {
    size_t places = (matrix->rows + LANES - 1) / LANES * LANES;
    *ward = (struct ward){ .left = matrix->rows };
    ward->inverse = lanes_alloc(places);
    ward->sizes = xcalloc(places, sizeof *ward->sizes);
    ward->members = xcalloc(places, sizeof *ward->members);
    ward->links = xcalloc(places, sizeof *ward->links);
    ward->chain = xcalloc(places, sizeof *ward->chain);
    ward->point = xcalloc(matrix->columns, sizeof *ward->point);
    for (size_t i = 0; i < matrix->rows; i++) {
        ward->inverse[i] = ward->sizes[i] = 1;
        ward->links[i] = NOT_IN_CHAIN;
    }
    cells_init(&ward->cells, matrix, ward->members);
    ward->smallest = xcalloc(ward->cells.n, sizeof *ward->smallest);
    for (size_t cell = 0; cell < ward->cells.n; cell++)
        find_smallest(ward, cell);
}

static void ward_free(struct ward *ward) {
    cells_free(&ward->cells);
    free(ward->point);
    free(ward->chain);
    free(ward->links);
    free(ward->members);
    free(ward->sizes);
    free(ward->smallest);
    free(ward->inverse);
}

/* One step along the chain; or back, when the last two are each other's nearest: then they are joined. */
static void step(struct ward *ward, struct joining *joining) {
    double limit = INFINITY;
    size_t next = 0, first = 0;
    while (ward->n_chain == 0 && ward->sizes[first] == 0)
        first++;
    if (ward->n_chain == 0)
        push(ward, first);
    size_t tip = ward->chain[ward->n_chain - 1], before = ward->n_chain >= 2 ? ward->chain[ward->n_chain - 2] : tip;
    if (before != tip)
        limit = distance_between(ward, before, tip);
    if (nearest(ward, tip, limit, &next) < limit) {
        push(ward, next);
        return;
    }
    pop(ward);
    pop(ward);
    joining_add(joining, ward->members[before], ward->members[tip], sqrt(2 * limit));
    merge(ward, before, tip);
}

void join_by_ward(struct joining *joining) {
    struct ward ward;
    ward_init(&ward, joining->matrix);
    while (ward.left > 1 && !interrupted())
        step(&ward, joining);
    ward_free(&ward);
}
