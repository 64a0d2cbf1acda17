#include "hierarchy_internal.h"
#include "obek/buffer.h"
#include "obek/interrupt.h"
#include "tiles.h"

#include <math.h>
#include <stdlib.h>

/* Prim's algorithm. The rows that the tree has not reached yet are rows 0..left-1 of the tiles; the last one takes the place of
   one that it has reached. */
struct reaching {
    struct tiles rows;
    uint32_t *numbers;      /* of the matrix's rows */
    double *closest, *from; /* squared distance to the tree, and to which of its rows */
    size_t left;
};

static void take_out(struct reaching *reaching, size_t at, double *point) {
    size_t last = --reaching->left;
    tiles_row(&reaching->rows, at, point);
    for (size_t column = 0; column < reaching->rows.columns; column++)
        *tiles_value(&reaching->rows, at, column) = *tiles_value(&reaching->rows, last, column);
    reaching->numbers[at] = reaching->numbers[last];
    reaching->closest[at] = reaching->closest[last];
    reaching->from[at] = reaching->from[last];
    reaching->closest[last] = INFINITY; /* nobody's least */
    *tiles_value(&reaching->rows, last, 0) = NAN;
}

static void reaching_init(struct reaching *reaching, const struct matrix *matrix) {
    tiles_init(&reaching->rows, matrix);
    reaching->left = matrix->rows;
    reaching->numbers = xcalloc(matrix->rows, sizeof *reaching->numbers);
    reaching->closest = lanes_alloc(reaching->rows.n * LANES);
    reaching->from = lanes_alloc(reaching->rows.n * LANES);
    for (size_t i = 0; i < reaching->rows.n * LANES; i++)
        reaching->closest[i] = INFINITY;
    for (size_t i = 0; i < matrix->rows; i++)
        reaching->numbers[i] = (uint32_t)i;
    for (size_t i = matrix->rows; i < reaching->rows.n * LANES; i++)
        *tiles_value(&reaching->rows, i, 0) = NAN;
}

static void reaching_free(struct reaching *reaching) {
    free(reaching->from);
    free(reaching->closest);
    free(reaching->numbers);
    tiles_free(&reaching->rows);
}

void join_nearest_rows(struct joining *joining) {
    struct reaching reaching;
    struct lane_least least;
    double *point = xcalloc(joining->matrix->columns, sizeof *point), square;
    reaching_init(&reaching, joining->matrix);
    uint32_t reached = 0; /* the row that the tree grew by last: the first row to begin with */
    take_out(&reaching, 0, point);
    while (reaching.left > 0 && !interrupted()) {
        lane_least_begin(&least, INFINITY);
        kernels()->reach(reaching.rows.values, (reaching.left + LANES - 1) / LANES, reaching.rows.columns, point, reached,
                         reaching.closest, reaching.from, &least);
        size_t next = lane_least_row(&least, &square);
        reached = reaching.numbers[next];
        joining_add(joining, (uint32_t)reaching.from[next], reached, sqrt(square));
        take_out(&reaching, next, point);
    }
    reaching_free(&reaching);
    free(point);
}
