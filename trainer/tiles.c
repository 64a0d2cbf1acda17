#include "tiles.h"
#include "obek/buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64

double *lanes_alloc(size_t count) {
    size_t bytes = (count * sizeof(double) + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    void *memory = aligned_alloc(ALIGNMENT, bytes);
    if (memory == NULL)
        memory = xmalloc(SIZE_MAX); /* says that there is none, and ends */
    return memset(memory, 0, bytes);
}

void tiles_fill(double *tiles, size_t columns, const double *rows, size_t n_rows) {
    for (size_t place = 0; place < (n_rows + LANES - 1) / LANES * LANES; place++)
        tiles_put(tiles, columns, place, rows + (place < n_rows ? place : n_rows - 1) * columns);
}

void tiles_init(struct tiles *tiles, const struct matrix *matrix) {
    assert(matrix->rows > 0 && matrix->columns > 0);
    *tiles = (struct tiles){ .rows = matrix->rows, .columns = matrix->columns, .n = (matrix->rows + LANES - 1) / LANES };
    tiles->values = lanes_alloc(tiles->n * LANES * tiles->columns);
    tiles_fill(tiles->values, tiles->columns, matrix->values, matrix->rows);
}

void tiles_free(struct tiles *tiles) {
    free(tiles->values);
    *tiles = (struct tiles){ 0 };
}

void tiles_row(const struct tiles *tiles, size_t row, double *values) {
    for (size_t column = 0; column < tiles->columns; column++)
        values[column] = *tiles_value(tiles, row, column);
}
