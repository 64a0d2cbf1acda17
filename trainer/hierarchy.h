/* Agglomerative clustering: the whole tree of merges.

   Ward: nearest-neighbour chain (Benzecri 1982, Juan 1982; Murtagh 1983) on centroids and sizes, in cells that are passed over
   when they are too far away: O(rows * columns) memory, less than rows^2 time with few columns. Single: the minimum spanning tree
   (Prim 1957; Gower, Ross 1969): O(rows * columns) memory, rows^2 time. Complete, average: nearest-neighbour chain on all
   distances (Lance, Williams 1967): 4 * rows^2 bytes, rows^2 time. Distances are Euclidean; heights are scipy's: Ward's is sqrt(2
   * what the merge adds to the sum of squares within clusters). Where several pairs are equally near, any of them may come first;
   but the same bits come out whatever the number of threads. */
#ifndef OBEK_TRAINER_HIERARCHY_H
#define OBEK_TRAINER_HIERARCHY_H

#include "matrix.h"
#include "workers.h"

enum linkage { LINKAGE_WARD, LINKAGE_COMPLETE, LINKAGE_AVERAGE, LINKAGE_SINGLE };

/* "ward", "complete", "average", "single". */
const char *linkage_name(enum linkage linkage);
bool linkage_parse(const char *name, enum linkage *linkage);

/* scipy's numbering: below `rows` a row, from there on the merge of that number less `rows`; a < b. */
struct merge {
    uint32_t a, b, size;
    double height;
};

struct hierarchy {
    enum linkage linkage;
    size_t rows;
    struct merge *merges; /* rows - 1, by height; owned */
};

struct hierarchy_options {
    struct workers *workers; /* borrowed; NULL: this thread alone */
    size_t memory_max;       /* bytes for distances; 0: what the system has available */
    bool progress;
};

/* False, with nothing to free: a value is not finite (row and column are named), the distances need more memory than there is, or
   "interrupted". */
bool hierarchy_build(const struct matrix *matrix, enum linkage linkage, const struct hierarchy_options *options,
                     struct hierarchy *hierarchy, struct error *error);
void hierarchy_free(struct hierarchy *hierarchy);

#endif
