/* Rows in space: neighbours lie together, in cells of a few tiles, each with the box around its rows; so that a search for what
   is near looks at few of them. Rows can be moved and taken out. */
#ifndef OBEK_TRAINER_CELLS_H
#define OBEK_TRAINER_CELLS_H

#include "tiles.h"

struct cells {
    struct tiles tiles; /* a place without a row has NaN in its first column */
    size_t n, each;     /* cells, tiles in each (the last one may have fewer) */
    double *boxes;      /* for LANES cells each: lows and highs, LANES of each for the first column, then the second, ... */
    double *bounds;     /* what cells_bound found */
};

/* order[place] = row of the matrix, a permutation. */
void cells_init(struct cells *cells, const struct matrix *matrix, uint32_t *order);
void cells_free(struct cells *cells);

static inline size_t cells_tiles(const struct cells *cells, size_t cell) {
    size_t left = cells->tiles.n - cell * cells->each;
    return left < cells->each ? left : cells->each;
}

static inline size_t cells_of(const struct cells *cells, size_t place) {
    return place / LANES / cells->each;
}

/* To be called when a row of the cell has moved or gone. */
void cells_changed(struct cells *cells, size_t cell);
/* cells->bounds[i] = a lower bound of the squared distances from the point to the rows of cell i; never more than what the
   kernels compute for any of them, infinite for a cell without rows. */
void cells_bound(struct cells *cells, const double *point);
/* Takes a row out. */
void cells_take(struct cells *cells, size_t place);
/* Closes the gaps: old[place] = where the row at that place was before, which is never before `place`. */
void cells_compact(struct cells *cells, uint32_t *old);

#endif
