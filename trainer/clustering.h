/* What K-Means and hierarchical clustering make of their centroids. */
#ifndef OBEK_TRAINER_CLUSTERING_H
#define OBEK_TRAINER_CLUSTERING_H

#include "scaling.h"

/* Takes numbered labels as segments: segment_of, n_segments. False: more segments than a model may have. */
bool clustering_take(struct learned *learned, const uint32_t *labels, size_t n, size_t k, struct error *error);
/* Sets learned->scheme: a scheme of type kmeans with these centroids (scaled). */
void clustering_scheme(struct learned *learned, const struct scaling *scaling, const struct matrix *centroids);
/* [{"id", "label", "size", "centroid" in raw units, ...}] for metrics.json. */
json_t *clustering_segments(const struct learned *learned, const struct scaling *scaling, const struct matrix *centroids,
                            const size_t *sizes);

#endif
