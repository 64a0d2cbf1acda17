/* Symmetric matrices of a few rows, by Cholesky. */
#ifndef OBEK_TRAINER_SYMMETRIC_H
#define OBEK_TRAINER_SYMMETRIC_H

#include "likelihood.h"

typedef double square_matrix[PARAMETERS_MAX][PARAMETERS_MAX];

/* L with L L' = A, of which the upper triangle is read. False when A is not positive definite, or so nearly not that rounding
   decides. */
bool cholesky(int n, const square_matrix a, square_matrix l);
/* x with L L' x = y; may be the same array. */
void cholesky_solve(int n, const square_matrix l, const double *y, double *x);

#endif
