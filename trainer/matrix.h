/* Numbers in rows: what is learned from. A row is a customer, a column a feature. */
#ifndef OBEK_TRAINER_MATRIX_H
#define OBEK_TRAINER_MATRIX_H

#include "obek/error.h"

#include <stddef.h>
#include <stdint.h>

struct matrix {
    size_t rows, columns;
    double *values; /* rows * columns, row by row; owned */
};

/* All zero. Ends the program when there is no memory (see buffer.h). */
void matrix_init(struct matrix *matrix, size_t rows, size_t columns);
/* Leaves an empty matrix behind. */
void matrix_free(struct matrix *matrix);

static inline double *matrix_row(const struct matrix *matrix, size_t row) {
    return matrix->values + row * matrix->columns;
}

#define MATRIX_ROWS_MAX (UINT32_MAX / 2 - 1) /* rows and merges of rows are numbered in 32 bits */
#define MATRIX_VALUE_MAX 1e140               /* so that squared distances and their sums stay finite */

/* What can be learned from: at least one row and column, every value finite and at most MATRIX_VALUE_MAX in size. The error names
   the first bad value's row and column, both counted from 1. */
bool matrix_check(const struct matrix *matrix, struct error *error);

#endif
