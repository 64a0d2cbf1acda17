/* Cells: what they say is a bound, and rows stay findable while others go. */
#include "../../trainer/cells.h"
#include "cluster_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ROWS 2011
#define COLUMNS 3

static void bounds_hold(struct cells *cells, const double *point) {
    double *distances = lanes_alloc(cells->tiles.n * LANES);
    size_t live = 0, tight = 0;
    cells_bound(cells, point);
    kernels()->distances(cells->tiles.values, cells->tiles.n, COLUMNS, point, distances);
    for (size_t place = 0; place < cells->tiles.n * LANES; place++)
        if (!isnan(distances[place])) {
            assert_true(sqrt(cells->bounds[cells_of(cells, place)]) <= distances[place]);
            live++;
            tight += cells->bounds[cells_of(cells, place)] > 0;
        }
    if (cells->n > 8) /* else the point may be in most of them */
        assert_true(tight > live / 2);
    free(distances);
}

static void rows_are_in_place(const struct cells *cells, const struct matrix *matrix, const uint32_t *order) {
    for (size_t place = 0; place < cells->tiles.rows; place++)
        for (size_t column = 0; column < COLUMNS; column++)
            assert_true(*tiles_value(&cells->tiles, place, column) == matrix_row(matrix, order[place])[column]);
}

static void rows_go_until_none_is_left(void **state) {
    (void)state;
    struct matrix matrix;
    struct cells cells;
    struct random random;
    uint32_t order[ROWS], old[ROWS];
    random_init(&random, 1, 2);
    planted(&matrix, ROWS, COLUMNS, 5, 0.1, 4);
    cells_init(&cells, &matrix, order);
    rows_are_in_place(&cells, &matrix, order);
    size_t left = ROWS;
    while (left > 50) {
        for (size_t i = 0; i < left / 3; i++) {
            size_t place = random_below(&random, cells.tiles.rows);
            if (!isnan(*tiles_value(&cells.tiles, place, 0)))
                cells_take(&cells, place);
        }
        bounds_hold(&cells, matrix_row(&matrix, random_below(&random, ROWS)));
        cells_compact(&cells, old);
        assert_true(cells.tiles.rows < left);
        left = cells.tiles.rows;
        for (size_t place = 0; place < left; place++) {
            assert_true(old[place] >= place && (place == 0 || old[place] > old[place - 1]));
            order[place] = order[old[place]];
        }
        rows_are_in_place(&cells, &matrix, order);
        bounds_hold(&cells, matrix_row(&matrix, random_below(&random, ROWS)));
    }
    for (size_t place = 0; place < left; place++)
        cells_take(&cells, place);
    cells_bound(&cells, matrix_row(&matrix, 0));
    for (size_t cell = 0; cell < cells.n; cell++)
        assert_true(isinf(cells.bounds[cell]));
    cells_free(&cells);
    matrix_free(&matrix);
}

static void neighbours_among_the_doubles_can_be_told_apart(void **state) {
    (void)state;
    struct matrix matrix;
    struct cells cells;
    uint32_t order[100];
    matrix_init(&matrix, 100, COLUMNS);
    for (size_t i = 0; i < 100; i++)
        matrix_row(&matrix, i)[1] = i % 2 == 0 ? 1 : nextafter(1, 2);
    cells_init(&cells, &matrix, order);
    rows_are_in_place(&cells, &matrix, order);
    for (size_t place = 0; place < 100; place++)
        assert_true((*tiles_value(&cells.tiles, place, 1) > 1) == (place >= 50));
    cells_free(&cells);
    matrix_free(&matrix);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_go_until_none_is_left),
        cmocka_unit_test(neighbours_among_the_doubles_can_be_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
