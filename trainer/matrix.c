#include "matrix.h"
#include "obek/buffer.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

void matrix_init(struct matrix *matrix, size_t rows, size_t columns) {
    assert(columns == 0 || rows <= SIZE_MAX / sizeof *matrix->values / columns);
    *matrix = (struct matrix){ rows, columns, xcalloc(rows * columns, sizeof *matrix->values) };
}

void matrix_free(struct matrix *matrix) {
    free(matrix->values);
    *matrix = (struct matrix){ 0 };
}

bool matrix_check(const struct matrix *matrix, struct error *error) {
    if (matrix->rows == 0 || matrix->columns == 0)
        return error_set(error, "there is nothing to learn from: %zu rows of %zu columns", matrix->rows, matrix->columns);
    if (matrix->rows > MATRIX_ROWS_MAX)
        return error_set(error, "%zu rows are more than can be learned from (%u)", matrix->rows, MATRIX_ROWS_MAX);
    for (size_t row = 0; row < matrix->rows; row++)
        for (size_t column = 0; column < matrix->columns; column++) {
            double value = matrix_row(matrix, row)[column];
            if (!isfinite(value))
                return error_set(error, "row %zu, column %zu: %s is no number to learn from", row + 1, column + 1,
                                 isnan(value) ? "NaN" : "infinity");
            if (fabs(value) > MATRIX_VALUE_MAX)
                return error_set(error, "row %zu, column %zu: %g is too large to compute distances with", row + 1, column + 1,
                                 value);
        }
    return true;
}
