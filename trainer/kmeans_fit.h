/* K-Means: k-means++ (Arthur, Vassilvitskii 2007; several candidates a step, the best taken, as their section 6 and scikit-learn
   do), then Lloyd's iterations until no label changes, sped up by bounds after Hamerly (2010) for eight rows at a time; up to
   5000 rows also moves of single rows (Hartigan, Wong 1979). The best of several starts. For one seed the same bits come out
   whatever the number of threads and the processor. */
#ifndef OBEK_TRAINER_KMEANS_FIT_H
#define OBEK_TRAINER_KMEANS_FIT_H

#include "matrix.h"
#include "workers.h"

#define KMEANS_ITERATIONS_MAX 10000 /* never seen to be reached */

struct kmeans_options {
    size_t starts; /* at least 1, for each k */
    uint64_t seed;
    struct workers *workers; /* borrowed; NULL: this thread alone */
    bool progress;           /* draws a bar on stderr */
};

/* One k's best start. Each centroid is the mean of the rows that are nearest to it (the lowest number on a tie). */
struct kmeans_result {
    size_t k;
    struct matrix centroids; /* k rows; the largest cluster first */
    size_t *sizes;           /* of the clusters */
    double inertia;          /* sum of squared distances to the nearest centroid */
    size_t start, iterations;
    bool converged; /* false: stopped at KMEANS_ITERATIONS_MAX */
};

/* Fits every k from k_min (at least 1) to k_max; `results` has room for all of them and is to be freed each. False, with nothing
   to free: a value is not finite (row and column are named), k_max is larger than the number of different rows, or "interrupted".
 */
bool kmeans_fit(const struct matrix *matrix, size_t k_min, size_t k_max, const struct kmeans_options *options,
                struct kmeans_result *results, struct error *error);
void kmeans_result_free(struct kmeans_result *result);

/* Each row's nearest centroid (the lowest number on a tie) into labels, unless NULL; the clusters' sizes into `sizes`, unless
   NULL. Returns the inertia. */
double kmeans_assign(const struct matrix *matrix, const struct matrix *centroids, struct workers *workers, uint32_t *labels,
                     size_t *sizes);

/* The knee of the inertias of n consecutive k (Satopaa et al. 2011, "kneedle", without smoothing): the index that maximises
   (1 - y) - x, both scaled to [0, 1] over the whole range; the smallest on a tie. 0 when n is below 3 or all are equal. */
size_t kmeans_elbow(const double *inertias, size_t n);

#endif
