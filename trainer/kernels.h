/* The inner loops, eight rows at a time, in the widest vectors that the processor has. Every lane does the same operations in the
   same order whatever the width (no fused multiply-add, sums in the order of the columns), so all variants give the same bits,
   and a squared distance is the one that the core computes.

   Eight rows make a tile: LANES values of the first column, LANES of the second, ... Tiles, and arrays of a value for each row of
   a tile, begin at multiples of 64 bytes. */
#ifndef OBEK_TRAINER_KERNELS_H
#define OBEK_TRAINER_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define LANES 8
#define DOUBT 1e-12 /* share of a distance by which rounding cannot be off */

/* For the rows of a tile: the squared distance to the nearest point, how much farther (in distances) the second nearest is at
   least, whatever rounding did, and which is the nearest (the first on a tie). With one point the gap is infinite. */
struct nearest_two {
    _Alignas(64) double square[LANES];
    double gap[LANES];
    uint32_t which[LANES];
};

/* The smallest of some value over tiles: for each lane, with the tile that had it first (a whole number). */
struct lane_least {
    _Alignas(64) double value[LANES];
    double tile[LANES];
};

struct kernels {
    const char *name;

    /* For n tiles: which of the `points` (count, columns values each) are nearest. */
    void (*nearest_two)(const double *tiles, size_t n, size_t columns, const double *points, size_t count,
                        struct nearest_two *answers);

    /* closest[i] = min(closest[i], squared distance of row i to the point) for n tiles; their sums by lane are added to `sums`.
     */
    void (*lower)(const double *tiles, size_t n, size_t columns, const double *point, double *closest, double sums[LANES]);

    /* What those sums would be, without doing it, for `count` points: added to sums[LANES] of each. */
    void (*lowered)(const double *tiles, size_t n, size_t columns, const double *points, size_t count, const double *closest,
                    double *sums);

    /* Distances (roots) of n tiles' rows to the point. */
    void (*distances)(const double *tiles, size_t n, size_t columns, const double *point, double *out);

    /* Distances (roots) from the rows of one tile to `count` points, added up in their order. */
    void (*distance_sums)(const double *tile, size_t columns, const double *points, size_t count, double sums[LANES]);

    /* The least of Ward's distance, which is the squared distance of the centroids over (1/size + 1/size). `inverse` has 1/size
       for each row; `first` is the number of the first tile. A row with a NaN is nobody's nearest. */
    void (*ward_nearest)(const double *tiles, const double *inverse, size_t n, size_t first, size_t columns, const double *point,
                         double point_inverse, struct lane_least *least);

    /* Prim's step: closest[i] = min(closest[i], squared distance of row i to the point), from[i] = number where that is less;
       then the least of them. A row with a NaN keeps what it has. */
    void (*reach)(const double *tiles, size_t n, size_t columns, const double *point, double number, double *closest,
                  double *from, struct lane_least *least);

    /* Squared distances from the point to n groups of LANES boxes: of each column lows, then highs. */
    void (*bounds)(const double *boxes, size_t n, size_t columns, const double *point, double *out);
};

/* Nothing below the limit yet. */
void lane_least_begin(struct lane_least *least, double limit);
static inline double lane_least_value(const struct lane_least *least) {
    double value = least->value[0];
    for (size_t lane = 1; lane < LANES; lane++)
        value = least->value[lane] < value ? least->value[lane] : value;
    return value;
}

/* The row (tile * LANES + lane) with the smallest value of all lanes, the first on a tie; 0 when nothing was below the limit. */
size_t lane_least_row(const struct lane_least *least, double *value);

/* The fastest variant that this processor has. */
const struct kernels *kernels(void);
/* All that it has, slowest first: NULL beyond the last. */
const struct kernels *kernels_variant(size_t i);

#endif
