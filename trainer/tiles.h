/* A matrix laid out for the kernels: eight rows side by side. */
#ifndef OBEK_TRAINER_TILES_H
#define OBEK_TRAINER_TILES_H

#include "kernels.h"
#include "matrix.h"

struct tiles {
    size_t rows, columns;
    size_t n;       /* tiles; the last one is filled up with copies of the last row */
    double *values; /* n * columns * LANES, as kernels.h has it */
};

/* At least one row and column. The matrix is copied. */
void tiles_init(struct tiles *tiles, const struct matrix *matrix);
void tiles_free(struct tiles *tiles);

static inline double *tiles_at(const struct tiles *tiles, size_t tile) {
    return tiles->values + tile * tiles->columns * LANES;
}

static inline double *tiles_value(const struct tiles *tiles, size_t row, size_t column) {
    return tiles_at(tiles, row / LANES) + column * LANES + row % LANES;
}

/* Copies a row out: `columns` values. */
void tiles_row(const struct tiles *tiles, size_t row, double *values);
/* Puts a row at a place: the lane place % LANES of the tile place / LANES. */
static inline void tiles_put(double *tiles, size_t columns, size_t place, const double *row) {
    double *lane = tiles + place / LANES * LANES * columns + place % LANES;
    for (size_t column = 0; column < columns; column++)
        lane[column * LANES] = row[column];
}

/* Puts rows that lie one behind the other, at least one, into tiles; the last one fills the lanes that are left. */
void tiles_fill(double *tiles, size_t columns, const double *rows, size_t n_rows);
/* Doubles at a multiple of 64 bytes, all zero; given back by free(). Never NULL. */
double *lanes_alloc(size_t count);

#endif
