/* What all ways to cluster have in common. */
#ifndef OBEK_TRAINER_CLUSTERS_H
#define OBEK_TRAINER_CLUSTERS_H

#include "matrix.h"

/* Puts the largest cluster first, and its centroid (one a row); those of the same size stay in order. places[old number] = new
   one, unless NULL. False: they were in that order already. */
bool clusters_by_size(struct matrix *centroids, size_t *sizes, uint32_t *places);

#endif
