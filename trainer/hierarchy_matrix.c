#include "hierarchy_internal.h"
#include "obek/buffer.h"
#include "obek/interrupt.h"
#include "obek/memory.h"
#include "tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TASK_ROWS 64

/* The distance of clusters i and j < i is at i(i-1)/2 + j. Who was merged away is infinitely far from everybody, and left out
   when half of the clusters are gone. */
struct distances {
    double *values;
    size_t n, left;
    double *sizes;     /* 0: merged away */
    uint32_t *members; /* a row of the cluster */
    uint32_t *chain;
    size_t n_chain;
    enum linkage linkage;
};

static double *row_of(const struct distances *d, size_t i) {
    return d->values + i * (i - 1) / 2;
}

/* The distances to 0..i-1 lie together, those to i+1.. are a step apart that grows by one each time. */
static double *column_of(const struct distances *d, size_t i) {
    return d->values + (i + 1) * i / 2 + i;
}

static double *between(const struct distances *d, size_t i, size_t j) {
    return i > j ? row_of(d, i) + j : row_of(d, j) + i;
}

/* The nearest other cluster, the lowest on a tie. */
static size_t nearest(const struct distances *d, size_t i, double *distance) {
    double best = INFINITY;
    size_t at = i;
    const double *row = row_of(d, i);
    for (size_t j = 0; j < i; j++)
        if (row[j] < best) {
            best = row[j];
            at = j;
        }
    const double *value = column_of(d, i);
    for (size_t j = i + 1; j < d->n; value += j, j++)
        if (*value < best) {
            best = *value;
            at = j;
        }
    *distance = best;
    return at;
}

/* b becomes part of a (Lance, Williams 1967). */
static void merge(struct distances *d, size_t a, size_t b) {
    double share = d->sizes[a] / (d->sizes[a] + d->sizes[b]);
    for (size_t i = 0; i < d->n; i++) {
        if (i == a || i == b || !(d->sizes[i] > 0))
            continue;
        double *to_a = between(d, a, i), *to_b = between(d, b, i);
        if (d->linkage == LINKAGE_AVERAGE)
            *to_a = share * *to_a + (1 - share) * *to_b;
        else
            *to_a = *to_a > *to_b ? *to_a : *to_b;
        *to_b = INFINITY;
    }
    *between(d, a, b) = INFINITY;
    d->sizes[a] += d->sizes[b];
    d->sizes[b] = 0;
    d->left--;
}

/* Leaves out who was merged away. Nobody's place goes up, so what is moved down never meets what is yet to be moved. */
static void compact(struct distances *d) {
    size_t *old = xcalloc(d->left, sizeof *old), n = 0;
    for (size_t i = 0; i < d->n; i++)
        if (d->sizes[i] > 0)
            old[n++] = i;
    for (size_t i = 0; i < n; i++) {
        double *to = row_of(d, i);
        const double *from = row_of(d, old[i]);
        for (size_t j = 0; j < i; j++)
            to[j] = from[old[j]];
        d->sizes[i] = d->sizes[old[i]];
        d->members[i] = d->members[old[i]];
    }
    for (size_t link = 0; link < d->n_chain; link++)
        for (size_t i = 0; i < n; i++)
            if (old[i] == d->chain[link]) {
                d->chain[link] = (uint32_t)i;
                break;
            }
    d->n = n;
    free(old);
}

struct measuring {
    const struct tiles *tiles;
    struct distances *distances;
};

static void measure_rows(void *context, size_t task) {
    struct measuring *measuring = context;
    size_t n = measuring->tiles->rows, end = (task + 1) * TASK_ROWS;
    double *point = xcalloc(measuring->tiles->columns, sizeof *point), *out = lanes_alloc(measuring->tiles->n * LANES);
    for (size_t i = task * TASK_ROWS; i < end && i < n && !interrupted(); i++) {
        tiles_row(measuring->tiles, i, point);
        kernels()->distances(measuring->tiles->values, (i + LANES - 1) / LANES, measuring->tiles->columns, point, out);
        memcpy(row_of(measuring->distances, i), out, i * sizeof *out);
    }
    free(out);
    free(point);
}

static void distances_init(struct distances *d, const struct joining *joining, enum linkage linkage) {
    size_t n = joining->matrix->rows;
    struct tiles tiles;
    *d = (struct distances){ .n = n, .left = n, .linkage = linkage };
    struct measuring measuring = { &tiles, d };
    d->values = memory_large(n * (n - 1) / 2 * sizeof *d->values);
    d->sizes = xcalloc(n, sizeof *d->sizes);
    d->members = xcalloc(n, sizeof *d->members);
    d->chain = xcalloc(n, sizeof *d->chain);
    for (size_t i = 0; i < n; i++) {
        d->sizes[i] = 1;
        d->members[i] = (uint32_t)i;
    }
    tiles_init(&tiles, joining->matrix);
    workers_run(joining->options->workers, (n + TASK_ROWS - 1) / TASK_ROWS, measure_rows, &measuring);
    tiles_free(&tiles);
}

static void distances_free(struct distances *d) {
    free(d->chain);
    free(d->members);
    free(d->sizes);
    free(d->values);
}

/* One step along the chain, or back when the last two are each other's nearest: then they are joined. */
static void step(struct distances *d, struct joining *joining) {
    double distance;
    if (d->n_chain == 0) {
        uint32_t first = 0;
        while (!(d->sizes[first] > 0))
            first++;
        d->chain[d->n_chain++] = first;
    }
    size_t tip = d->chain[d->n_chain - 1], next = nearest(d, tip, &distance);
    size_t before = d->n_chain >= 2 ? d->chain[d->n_chain - 2] : tip;
    if (before == tip || *between(d, before, tip) > distance) {
        d->chain[d->n_chain++] = (uint32_t)next;
        return;
    }
    d->n_chain -= 2;
    joining_add(joining, d->members[before], d->members[tip], distance);
    merge(d, before, tip);
    if (d->left <= d->n / 2)
        compact(d);
}

bool join_by_distances(struct joining *joining, enum linkage linkage, struct error *error) {
    size_t n = joining->matrix->rows, available = joining->options->memory_max;
    double gb = (double)n * (double)(n - 1) / 2 * sizeof(double) / 1e9;
    if (available == 0)
        available = memory_available();
    if (gb * 1e9 > (double)available)
        return error_set(error,
                         "%s linkage of %zu rows needs %.3g GB for their distances, and there are %.3g GB: take ward or single, "
                         "or fewer rows",
                         linkage_name(linkage), n, gb, (double)available / 1e9);
    struct distances d;
    distances_init(&d, joining, linkage);
    while (d.left > 1 && !interrupted())
        step(&d, joining);
    distances_free(&d);
    return true;
}
