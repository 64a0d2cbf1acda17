#include "cells.h"
#include "obek/buffer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64 /* of halvings: what is still together then stays together */
#define TILES_MIN 4

/* Rows are moved about in place, with their numbers: passes over memory in order, where following an index would miss the cache.
 */
struct sorting {
    struct matrix rows;
    uint32_t *order;
    double *low, *high; /* columns each */
};

/* The widest column of a range and the middle of its values; false: all rows are equal. */
static bool choose_cut(struct sorting *sorting, size_t begin, size_t end, size_t *column, double *middle) {
    size_t columns = sorting->rows.columns;
    double *low = sorting->low, *high = sorting->high, width = 0;
    memcpy(low, matrix_row(&sorting->rows, begin), columns * sizeof *low);
    memcpy(high, low, columns * sizeof *high);
    for (size_t row = begin + 1; row < end; row++)
        for (size_t c = 0; c < columns; c++) {
            double value = matrix_row(&sorting->rows, row)[c];
            low[c] = value < low[c] ? value : low[c];
            high[c] = value > high[c] ? value : high[c];
        }
    for (size_t c = 0; c < columns; c++)
        if (high[c] - low[c] > width) {
            width = high[c] - low[c];
            *column = c;
            *middle = low[c] + width / 2 > low[c] ? low[c] + width / 2 : high[c]; /* neighbours among the doubles */
        }
    return width > 0;
}

static void swap_rows(struct sorting *sorting, size_t a, size_t b) {
    double *x = matrix_row(&sorting->rows, a), *y = matrix_row(&sorting->rows, b);
    uint32_t number = sorting->order[a];
    sorting->order[a] = sorting->order[b];
    sorting->order[b] = number;
    for (size_t c = 0; c < sorting->rows.columns; c++) {
        double value = x[c];
        x[c] = y[c];
        y[c] = value;
    }
}

/* Rows whose value is below the middle first; where the others begin. */
static size_t part(struct sorting *sorting, size_t begin, size_t end, size_t column, double middle) {
    for (;;) {
        while (begin < end && matrix_row(&sorting->rows, begin)[column] < middle)
            begin++;
        while (begin < end && !(matrix_row(&sorting->rows, end - 1)[column] < middle))
            end--;
        if (begin == end)
            return begin;
        swap_rows(sorting, begin, end - 1);
    }
}

/* The leaves of a k-d tree (Bentley 1975), in order: ranges are halved across their widest side. */
static void sort_range(struct sorting *sorting, size_t begin, size_t end, int depth) {
    size_t column = 0;
    double middle = 0;
    if (end - begin <= LANES || depth == DEPTH_MAX || !choose_cut(sorting, begin, end, &column, &middle))
        return;
    size_t cut = part(sorting, begin, end, column, middle);
    sort_range(sorting, begin, cut, depth + 1);
    sort_range(sorting, cut, end, depth + 1);
}

static void sort_rows(const struct matrix *matrix, struct matrix *sorted, uint32_t *order) {
    matrix_init(sorted, matrix->rows, matrix->columns);
    memcpy(sorted->values, matrix->values, matrix->rows * matrix->columns * sizeof *matrix->values);
    for (size_t row = 0; row < matrix->rows; row++)
        order[row] = (uint32_t)row;
    struct sorting sorting = { *sorted, order, NULL, NULL };
    sorting.low = xcalloc(2 * matrix->columns, sizeof *sorting.low);
    sorting.high = sorting.low + matrix->columns;
    sort_range(&sorting, 0, matrix->rows, 0);
    free(sorting.low);
}

static void empty_places(struct cells *cells) {
    for (size_t place = cells->tiles.rows; place < cells->tiles.n * LANES; place++)
        *tiles_value(&cells->tiles, place, 0) = NAN;
}

/* A search looks at every box and into some cells: both take about as long when a cell grows with the root of their number. */
static void divide(struct cells *cells) {
    size_t root = (size_t)(sqrt((double)cells->tiles.n) / 8);
    cells->each = root > TILES_MIN ? root : TILES_MIN;
    cells->n = (cells->tiles.n + cells->each - 1) / cells->each;
    for (size_t cell = 0; cell < cells->n; cell++)
        cells_changed(cells, cell);
}

void cells_init(struct cells *cells, const struct matrix *matrix, uint32_t *order) {
    struct matrix sorted;
    sort_rows(matrix, &sorted, order);
    tiles_init(&cells->tiles, &sorted);
    matrix_free(&sorted);
    size_t most = (cells->tiles.n / TILES_MIN + LANES) / LANES * LANES;
    cells->boxes = lanes_alloc(2 * most * matrix->columns);
    cells->bounds = lanes_alloc(most);
    empty_places(cells);
    divide(cells);
}

void cells_free(struct cells *cells) {
    free(cells->bounds);
    free(cells->boxes);
    tiles_free(&cells->tiles);
    *cells = (struct cells){ 0 };
}

void cells_changed(struct cells *cells, size_t cell) {
    size_t columns = cells->tiles.columns, first = cell * cells->each * LANES, end = first + cells_tiles(cells, cell) * LANES;
    double *box = cells->boxes + cell / LANES * LANES * 2 * columns + cell % LANES;
    for (size_t column = 0; column < columns; column++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t place = first; place < end; place++) {
            double value = *tiles_value(&cells->tiles, place, column);
            if (isnan(*tiles_value(&cells->tiles, place, 0)))
                continue;
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
        box[2 * column * LANES] = low;
        box[(2 * column + 1) * LANES] = high;
    }
}

void cells_bound(struct cells *cells, const double *point) {
    kernels()->bounds(cells->boxes, (cells->n + LANES - 1) / LANES, cells->tiles.columns, point, cells->bounds);
}

void cells_take(struct cells *cells, size_t place) {
    *tiles_value(&cells->tiles, place, 0) = NAN;
    cells_changed(cells, cells_of(cells, place));
}

void cells_compact(struct cells *cells, uint32_t *old) {
    size_t n = 0;
    for (size_t place = 0; place < cells->tiles.rows; place++) {
        if (isnan(*tiles_value(&cells->tiles, place, 0)))
            continue;
        for (size_t column = 0; column < cells->tiles.columns; column++)
            *tiles_value(&cells->tiles, n, column) = *tiles_value(&cells->tiles, place, column);
        old[n++] = (uint32_t)place;
    }
    cells->tiles.rows = n;
    cells->tiles.n = (n + LANES - 1) / LANES;
    empty_places(cells);
    divide(cells);
}
