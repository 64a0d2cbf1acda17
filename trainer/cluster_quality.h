/* How good a clustering is, by the three usual figures. */
#ifndef OBEK_TRAINER_CLUSTER_QUALITY_H
#define OBEK_TRAINER_CLUSTER_QUALITY_H

#include "matrix.h"
#include "workers.h"

#define SILHOUETTE_ROWS_DEFAULT 30000 /* half a billion distances: a second or so */

struct quality_options {
    size_t silhouette_rows_max; /* with more rows than that the silhouette is one of a sample; 0: the default */
    uint64_t seed;              /* of the sample */
    struct workers *workers;    /* borrowed; NULL: this thread alone */
    bool progress;
};

/* NaN where a figure is not defined: everywhere with fewer than two clusters or as many as rows. Clusters without rows do not
 * count. */
struct cluster_quality {
    double silhouette;        /* Rousseeuw 1987: mean of (b - a) / max(a, b), Euclidean; 0 for a row alone in its cluster */
    size_t silhouette_rows;   /* how many rows that was computed from: distances are within the sample */
    bool silhouette_exact;    /* those are all */
    double davies_bouldin;    /* Davies, Bouldin 1979, with mean distances to the centroids; lower is better */
    double calinski_harabasz; /* Calinski, Harabasz 1974; NaN too when every row is its cluster's centroid */
};

/* labels: a number below k for each row. False: "interrupted". */
bool cluster_quality(const struct matrix *matrix, const uint32_t *labels, size_t k, const struct quality_options *options,
                     struct cluster_quality *quality, struct error *error);

/* The silhouette alone, of all rows. */
double silhouette(const struct matrix *matrix, const uint32_t *labels, size_t k, struct workers *workers, bool progress);

#endif
