/* Who moves from where to where between two models: a matrix for each scheme that either of them has. */
#ifndef OBEK_MODEL_MATRIX_H
#define OBEK_MODEL_MATRIX_H

#include "obek/customer.h"

struct matrix_cell {
    int64_t customers, value; /* minor units */
};

struct matrix {
    const struct scheme *from, *to; /* of the same name; NULL: that model has no such scheme */
    struct matrix_cell *cells;      /* rows of matrix_columns(); the last row and column: in none */
};

struct matrices {
    const struct model *from, *to;
    int64_t customers; /* with a live order; the others are in no segment, before and after */
    int64_t without_orders;
    int n;
    struct matrix items[2 * MODEL_SCHEMES_MAX]; /* in the new model's order, then what it no longer has */
};

/* The models are borrowed. */
void matrices_init(struct matrices *matrices, const struct model *from, const struct model *to);
void matrices_free(struct matrices *matrices);
/* The same customer before and after. */
void matrices_add(struct matrices *matrices, const struct customer *before, const struct customer *after);

const struct name *matrix_name(const struct matrix *matrix);
int matrix_rows(const struct matrix *matrix);
int matrix_columns(const struct matrix *matrix);
const struct matrix_cell *matrix_cell(const struct matrix *matrix, int row, int column);
/* The segment's id; NULL: in none. */
const char *matrix_from(const struct matrix *matrix, int row);
const char *matrix_to(const struct matrix *matrix, int column);
/* The customers whose segment has another id afterwards. */
int64_t matrix_moved(const struct matrix *matrix);

#endif
