#include "kmeans_fit.h"
#include "kmeans_lloyd.h"
#include "obek/buffer.h"
#include "tiles.h"

#include <stdlib.h>

struct assigning {
    const struct matrix *matrix, *centroids;
    struct blocks blocks;
    uint32_t *labels;
    double *inertias;
    size_t *sizes; /* blocks * k */
};

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static void assign_block(void *context, size_t block) {
    struct assigning *a = context;
    size_t columns = a->matrix->columns, end = least((block + 1) * a->blocks.rows, a->matrix->rows), n;
    double *tiles = lanes_alloc(CHUNK * columns);
    struct nearest_two answers[CHUNK / LANES];
    for (size_t row = block * a->blocks.rows; row < end; row += n) {
        n = least(end - row, CHUNK);
        tiles_fill(tiles, columns, matrix_row(a->matrix, row), n);
        kernels()->nearest_two(tiles, (n + LANES - 1) / LANES, columns, a->centroids->values, a->centroids->rows, answers);
        for (size_t i = 0; i < n; i++) {
            uint32_t label = answers[i / LANES].which[i % LANES];
            a->inertias[block] += answers[i / LANES].square[i % LANES];
            a->sizes[block * a->centroids->rows + label]++;
            if (a->labels != NULL)
                a->labels[row + i] = label;
        }
    }
    free(tiles);
}

double kmeans_assign(const struct matrix *matrix, const struct matrix *centroids, struct workers *workers, uint32_t *labels,
                     size_t *sizes) {
    struct assigning a = { .matrix = matrix, .centroids = centroids, .blocks = blocks_of(matrix->rows) };
    a.labels = labels;
    a.inertias = xcalloc(a.blocks.n, sizeof *a.inertias);
    a.sizes = xcalloc(a.blocks.n * centroids->rows, sizeof *a.sizes);
    workers_run(workers, a.blocks.n, assign_block, &a);
    double inertia = 0;
    for (size_t c = 0; sizes != NULL && c < centroids->rows; c++)
        sizes[c] = 0;
    for (size_t block = 0; block < a.blocks.n; block++) {
        inertia += a.inertias[block];
        for (size_t c = 0; sizes != NULL && c < centroids->rows; c++)
            sizes[c] += a.sizes[block * centroids->rows + c];
    }
    free(a.sizes);
    free(a.inertias);
    return inertia;
}
