/* Made-up rows in planted clusters, and how well two clusterings agree. */
#ifndef OBEK_TEST_CLUSTER_FIXTURE_H
#define OBEK_TEST_CLUSTER_FIXTURE_H

#include "../../trainer/matrix.h"
#include "../../trainer/random.h"
#include "obek/buffer.h"

#include <math.h>
#include <stdlib.h>

/* Box and Muller. */
static inline double normal(struct random *random) {
    return sqrt(-2 * log(1 - random_unit(random))) * cos(6.283185307179586 * random_unit(random));
}

/* Row i belongs to cluster i % k, whose middle is drawn from the unit cube; `spread` is the standard deviation around it. */
static inline void planted(struct matrix *matrix, size_t rows, size_t columns, size_t k, double spread, uint64_t seed) {
    struct random random;
    struct matrix middles;
    random_init(&random, seed, 0);
    matrix_init(&middles, k, columns);
    for (size_t i = 0; i < k * columns; i++)
        middles.values[i] = random_unit(&random);
    matrix_init(matrix, rows, columns);
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++)
            matrix_row(matrix, row)[column] = matrix_row(&middles, row % k)[column] + spread * normal(&random);
    matrix_free(&middles);
}

static inline double pairs(double n) {
    return n * (n - 1) / 2;
}

/* Adjusted Rand index (Hubert, Arabie 1985): 1 when the partitions are the same. */
static inline double adjusted_rand(const uint32_t *a, const uint32_t *b, size_t n, size_t k_a, size_t k_b) {
    double *both = xcalloc(k_a * k_b, sizeof *both), *as = xcalloc(k_a, sizeof *as), *bs = xcalloc(k_b, sizeof *bs);
    double index = 0, of_a = 0, of_b = 0;
    for (size_t i = 0; i < n; i++) {
        both[a[i] * k_b + b[i]]++;
        as[a[i]]++;
        bs[b[i]]++;
    }
    for (size_t i = 0; i < k_a * k_b; i++)
        index += pairs(both[i]);
    for (size_t i = 0; i < k_a; i++)
        of_a += pairs(as[i]);
    for (size_t i = 0; i < k_b; i++)
        of_b += pairs(bs[i]);
    free(both);
    free(as);
    free(bs);
    double expected = of_a * of_b / pairs((double)n), most = (of_a + of_b) / 2;
    return most > expected ? (index - expected) / (most - expected) : 1;
}

#endif
