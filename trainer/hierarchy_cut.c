#include "hierarchy_cut.h"
#include "clusters.h"
#include "obek/buffer.h"

#include <assert.h>
#include <stdlib.h>

size_t hierarchy_clusters_at(const struct hierarchy *hierarchy, double height) {
    size_t merged = 0;
    while (merged + 1 < hierarchy->rows && hierarchy->merges[merged].height <= height)
        merged++;
    return hierarchy->rows - merged;
}

/* For each node (row or merge) below a cut after `merged` merges: the topmost node it is part of. */
static uint32_t *tops_of(const struct hierarchy *hierarchy, size_t merged) {
    size_t nodes = hierarchy->rows + merged;
    uint32_t *tops = xcalloc(nodes, sizeof *tops);
    for (size_t i = 0; i < nodes; i++)
        tops[i] = (uint32_t)i;
    for (size_t i = merged; i-- > 0;)
        tops[hierarchy->merges[i].a] = tops[hierarchy->merges[i].b] = tops[hierarchy->rows + i];
    return tops;
}

/* Clusters are numbered by their first rows, for now. */
static void label_rows(const struct hierarchy *hierarchy, struct hierarchy_cut *cut) {
    uint32_t *tops = tops_of(hierarchy, hierarchy->rows - cut->k), *labels = xcalloc(2 * hierarchy->rows, sizeof *labels);
    size_t n = 0;
    for (size_t row = 0; row < hierarchy->rows; row++) {
        uint32_t top = tops[row];
        if (labels[top] == 0)
            labels[top] = (uint32_t)++n;
        cut->labels[row] = labels[top] - 1;
        cut->sizes[cut->labels[row]]++;
    }
    assert(n == cut->k);
    free(labels);
    free(tops);
}

static void find_centroids(const struct matrix *matrix, struct hierarchy_cut *cut) {
    for (size_t row = 0; row < matrix->rows; row++)
        for (size_t column = 0; column < matrix->columns; column++)
            matrix_row(&cut->centroids, cut->labels[row])[column] += matrix_row(matrix, row)[column];
    for (size_t c = 0; c < cut->k; c++)
        for (size_t column = 0; column < matrix->columns; column++)
            matrix_row(&cut->centroids, c)[column] /= (double)cut->sizes[c];
}

static double inertia_of(const struct matrix *matrix, const struct hierarchy_cut *cut) {
    double inertia = 0;
    for (size_t row = 0; row < matrix->rows; row++)
        for (size_t column = 0; column < matrix->columns; column++) {
            double difference = matrix_row(matrix, row)[column] - matrix_row(&cut->centroids, cut->labels[row])[column];
            inertia += difference * difference;
        }
    return inertia;
}

void hierarchy_cut(const struct hierarchy *hierarchy, const struct matrix *matrix, size_t k, struct hierarchy_cut *cut) {
    assert(k >= 1 && k <= hierarchy->rows && matrix->rows == hierarchy->rows);
    uint32_t *places = xcalloc(k, sizeof *places);
    *cut = (struct hierarchy_cut){ .k = k };
    cut->labels = xcalloc(matrix->rows, sizeof *cut->labels);
    cut->sizes = xcalloc(k, sizeof *cut->sizes);
    matrix_init(&cut->centroids, k, matrix->columns);
    label_rows(hierarchy, cut);
    find_centroids(matrix, cut);
    clusters_by_size(&cut->centroids, cut->sizes, places);
    for (size_t row = 0; row < matrix->rows; row++)
        cut->labels[row] = places[cut->labels[row]];
    cut->inertia = inertia_of(matrix, cut);
    free(places);
}

void hierarchy_cut_free(struct hierarchy_cut *cut) {
    free(cut->labels);
    free(cut->sizes);
    matrix_free(&cut->centroids);
    *cut = (struct hierarchy_cut){ 0 };
}
