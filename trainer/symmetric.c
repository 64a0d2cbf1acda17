#include "symmetric.h"

#include <math.h>

#define NEARLY_SINGULAR 1e-13 /* what is left of a pivot */

bool cholesky(int n, const square_matrix a, square_matrix l) {
    for (int i = 0; i < n; i++)
        for (int j = i; j < n; j++) {
            double sum = a[i][j];
            for (int k = 0; k < i; k++)
                sum -= l[i][k] * l[j][k];
            if (i != j)
                l[j][i] = sum / l[i][i];
            else if (sum > NEARLY_SINGULAR * a[i][i])
                l[i][i] = sqrt(sum);
            else
                return false; /* NaN comes here, too */
        }
    return true;
}

void cholesky_solve(int n, const square_matrix l, const double *y, double *x) {
    for (int i = 0; i < n; i++) {
        double sum = y[i];
        for (int k = 0; k < i; k++)
            sum -= l[i][k] * x[k];
        x[i] = sum / l[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
        double sum = x[i];
        for (int k = i + 1; k < n; k++)
            sum -= l[k][i] * x[k];
        x[i] = sum / l[i][i];
    }
}
