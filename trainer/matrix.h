/* Numbers in rows: what is learned from. A row is a customer, a column a feature. */
#ifndef OBEK_TRAINER_MATRIX_H
#define OBEK_TRAINER_MATRIX_H

#include "obek/error.h"

#include <stddef.h>

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

/* What can be learned from: at least one row and column, every value finite and at most MATRIX_VALUE_MAX in size, so that squared
   distances and their sums stay finite. The error names the first bad value's row and column, both counted from 1. */
#define MATRIX_VALUE_MAX 1e140
bool matrix_check(const struct matrix *matrix, struct error *error);

#endif
