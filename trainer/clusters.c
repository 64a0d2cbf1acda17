#include "clusters.h"
#include "obek/buffer.h"

#include <stdlib.h>
#include <string.h>

struct sized {
    size_t size, at;
};

static int larger_first(const void *a, const void *b) {
    const struct sized *x = a, *y = b;
    return x->size != y->size ? (x->size < y->size) - (x->size > y->size) : (x->at > y->at) - (x->at < y->at);
}

bool clusters_by_size(struct matrix *centroids, size_t *sizes, uint32_t *places) {
    size_t k = centroids->rows;
    struct sized *sorted = xcalloc(k, sizeof *sorted);
    struct matrix old = *centroids;
    bool moved = false;
    for (size_t c = 0; c < k; c++)
        sorted[c] = (struct sized){ sizes[c], c };
    qsort(sorted, k, sizeof *sorted, larger_first);
    matrix_init(centroids, k, old.columns);
    for (size_t c = 0; c < k; c++) {
        sizes[c] = sorted[c].size;
        moved |= sorted[c].at != c;
        if (places != NULL)
            places[sorted[c].at] = (uint32_t)c;
        memcpy(matrix_row(centroids, c), matrix_row(&old, sorted[c].at), old.columns * sizeof *old.values);
    }
    matrix_free(&old);
    free(sorted);
    return moved;
}
