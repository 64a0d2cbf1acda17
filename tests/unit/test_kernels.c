/* The inner loops against loops anyone can read, to the bit, in every width that this processor has. And the numbers that chance
 * is made of. */
#include "../../trainer/tiles.h"
#include "cluster_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ROWS 43
#define COLUMNS 5
#define POINTS 7
#define N_TILES ((ROWS + LANES - 1) / LANES)

struct rows {
    struct matrix matrix, points;
    struct tiles tiles;
};

static void set_up(struct rows *rows) {
    planted(&rows->matrix, ROWS, COLUMNS, 4, 0.3, 1);
    planted(&rows->points, POINTS, COLUMNS, POINTS, 0.3, 2);
    memcpy(matrix_row(&rows->points, 6), matrix_row(&rows->points, 3), COLUMNS * sizeof(double)); /* a tie */
    tiles_init(&rows->tiles, &rows->matrix);
}

static void tear_down(struct rows *rows) {
    matrix_free(&rows->matrix);
    matrix_free(&rows->points);
    tiles_free(&rows->tiles);
}

static double square_of(const struct matrix *a, size_t i, const struct matrix *b, size_t j) {
    double square = 0;
    for (size_t column = 0; column < a->columns; column++) {
        double difference = matrix_row(a, i)[column] - matrix_row(b, j)[column];
        square += difference * difference;
    }
    return square;
}

static void same_bits(double a, double b) {
    assert_memory_equal(&a, &b, sizeof a);
}

static void nearest_two_is_the_nearest_the_first_on_a_tie(void **state) {
    (void)state;
    struct rows rows;
    struct nearest_two answers[N_TILES];
    set_up(&rows);
    for (size_t v = 0; kernels_variant(v) != NULL; v++) {
        kernels_variant(v)->nearest_two(rows.tiles.values, N_TILES, COLUMNS, rows.points.values, POINTS, answers);
        for (size_t row = 0; row < ROWS; row++) {
            double best = INFINITY, second = INFINITY;
            uint32_t which = 0;
            for (uint32_t j = 0; j < POINTS; j++) {
                double square = square_of(&rows.matrix, row, &rows.points, j);
                second = square < best ? best : square < second ? square : second;
                which = square < best ? j : which;
                best = square < best ? square : best;
            }
            const struct nearest_two *answer = &answers[row / LANES];
            assert_int_equal(answer->which[row % LANES], which);
            same_bits(answer->square[row % LANES], best);
            same_bits(answer->gap[row % LANES], sqrt(second) * (1 - DOUBT) - sqrt(best) * (1 + DOUBT));
        }
        kernels_variant(v)->nearest_two(rows.tiles.values, 1, COLUMNS, rows.points.values, 1, answers);
        assert_true(isinf(answers[0].gap[0]) && answers[0].which[0] == 0);
    }
    tear_down(&rows);
}

static void lowering_and_trying_it_give_the_same_sums(void **state) {
    (void)state;
    struct rows rows;
    set_up(&rows);
    double *closest = lanes_alloc(N_TILES * LANES), *tried = lanes_alloc(POINTS * LANES), *sums = lanes_alloc(LANES);
    for (size_t v = 0; kernels_variant(v) != NULL; v++) {
        const struct kernels *k = kernels_variant(v);
        for (size_t i = 0; i < N_TILES * LANES; i++)
            closest[i] = i < ROWS ? 0.5 : 0;
        memset(tried, 0, POINTS * LANES * sizeof *tried);
        memset(sums, 0, LANES * sizeof *sums);
        k->lowered(rows.tiles.values, N_TILES, COLUMNS, rows.points.values, POINTS, closest, tried);
        k->lower(rows.tiles.values, N_TILES, COLUMNS, matrix_row(&rows.points, 2), closest, sums);
        double expected[LANES] = { 0 };
        for (size_t row = 0; row < ROWS; row++) {
            double square = square_of(&rows.matrix, row, &rows.points, 2);
            same_bits(closest[row], square < 0.5 ? square : 0.5);
            expected[row % LANES] += closest[row];
        }
        assert_memory_equal(sums, expected, sizeof expected);
        assert_memory_equal(sums, tried + 2 * LANES, sizeof expected);
    }
    free(closest);
    free(tried);
    free(sums);
    tear_down(&rows);
}

static void distances_are_roots_of_squares(void **state) {
    (void)state;
    struct rows rows;
    set_up(&rows);
    double *out = lanes_alloc(N_TILES * LANES), *sums = lanes_alloc(LANES);
    for (size_t v = 0; kernels_variant(v) != NULL; v++) {
        double expected[LANES] = { 0 };
        memset(sums, 0, LANES * sizeof *sums);
        kernels_variant(v)->distances(rows.tiles.values, N_TILES, COLUMNS, matrix_row(&rows.points, 1), out);
        kernels_variant(v)->distance_sums(tiles_at(&rows.tiles, 1), COLUMNS, rows.points.values, POINTS, sums);
        for (size_t row = 0; row < ROWS; row++)
            same_bits(out[row], sqrt(square_of(&rows.matrix, row, &rows.points, 1)));
        for (size_t j = 0; j < POINTS; j++)
            for (size_t lane = 0; lane < LANES; lane++)
                expected[lane] += sqrt(square_of(&rows.matrix, LANES + lane, &rows.points, j));
        assert_memory_equal(sums, expected, sizeof expected);
    }
    free(out);
    free(sums);
    tear_down(&rows);
}

static void wards_nearest_weighs_by_size(void **state) {
    (void)state;
    struct rows rows;
    set_up(&rows);
    double *inverse = lanes_alloc(N_TILES * LANES), value;
    for (size_t i = 0; i < N_TILES * LANES; i++)
        inverse[i] = 1.0 / (double)(1 + i % 9);
    for (size_t i = ROWS; i < N_TILES * LANES; i++)
        *tiles_value(&rows.tiles, i, 0) = NAN;
    for (size_t v = 0; kernels_variant(v) != NULL; v++)
        for (size_t j = 0; j < POINTS; j++) {
            struct lane_least least;
            double best = INFINITY;
            size_t at = 0;
            lane_least_begin(&least, INFINITY);
            kernels_variant(v)->ward_nearest(rows.tiles.values, inverse, N_TILES, 0, COLUMNS, matrix_row(&rows.points, j), 0.25,
                                             &least);
            for (size_t row = 0; row < ROWS; row++) {
                double distance = square_of(&rows.matrix, row, &rows.points, j) / (inverse[row] + 0.25);
                at = distance < best ? row : at;
                best = distance < best ? distance : best;
            }
            assert_int_equal(lane_least_row(&least, &value), at);
            same_bits(value, best);
        }
    free(inverse);
    tear_down(&rows);
}

static void reaching_remembers_from_where(void **state) {
    (void)state;
    struct rows rows;
    set_up(&rows);
    double *closest = lanes_alloc(N_TILES * LANES), *from = lanes_alloc(N_TILES * LANES), value = 0;
    for (size_t v = 0; kernels_variant(v) != NULL; v++) {
        struct lane_least least;
        size_t found = 0;
        for (size_t i = 0; i < N_TILES * LANES; i++)
            closest[i] = INFINITY;
        for (size_t j = 0; j < POINTS; j++) {
            lane_least_begin(&least, INFINITY);
            kernels_variant(v)->reach(rows.tiles.values, N_TILES, COLUMNS, matrix_row(&rows.points, j), (double)j, closest, from,
                                      &least);
            found = lane_least_row(&least, &value);
        }
        for (size_t row = 0; row < ROWS; row++) {
            size_t nearest = 0;
            for (size_t j = 1; j < POINTS; j++)
                if (square_of(&rows.matrix, row, &rows.points, j) < square_of(&rows.matrix, row, &rows.points, nearest))
                    nearest = j;
            assert_int_equal((size_t)from[row], nearest);
            same_bits(closest[row], square_of(&rows.matrix, row, &rows.points, nearest));
            assert_true(closest[row] >= value);
        }
        same_bits(closest[found], value);
    }
    free(closest);
    free(from);
    tear_down(&rows);
}

static void bounds_are_distances_to_boxes(void **state) {
    (void)state;
    double *boxes = lanes_alloc(2 * COLUMNS * LANES), *out = lanes_alloc(LANES), point[COLUMNS] = { 5, 5, 5, 5, 5 };
    for (size_t i = 0; i < COLUMNS * LANES; i++) {
        boxes[i / LANES * 2 * LANES + i % LANES] = (double)(i % LANES);           /* box b from b */
        boxes[(i / LANES * 2 + 1) * LANES + i % LANES] = (double)(i % LANES) + 1; /* to b + 1 */
    }
    boxes[7] = INFINITY; /* one of nothing */
    boxes[LANES + 7] = -INFINITY;
    for (size_t v = 0; kernels_variant(v) != NULL; v++) {
        kernels_variant(v)->bounds(boxes, 1, COLUMNS, point, out);
        static const double expected[] = { 80, 45, 20, 5, 0, 0, 5, INFINITY };
        assert_memory_equal(out, expected, sizeof expected);
    }
    free(boxes);
    free(out);
}

/* The reference implementation's first outputs from the state 1, 2, 3, 4. */
static void random_numbers_are_those_of_xoshiro256_plus_plus(void **state) {
    (void)state;
    struct random random = { { 1, 2, 3, 4 } };
    static const uint64_t expected[] = { 41943041u, 58720359u, 3588806011781223u, 3591011842654386u, 9228616714210784205u };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_true(random_next(&random) == expected[i]);
}

static void streams_differ_and_bounds_hold(void **state) {
    (void)state;
    struct random a, b;
    size_t counts[6] = { 0 };
    random_init(&a, 1, 0);
    random_init(&b, 1, 1);
    assert_true(random_next(&a) != random_next(&b));
    for (int i = 0; i < 60000; i++) {
        double unit = random_unit(&a);
        assert_true(unit >= 0 && unit < 1);
        counts[random_below(&b, 6)]++;
    }
    for (size_t i = 0; i < 6; i++) /* within five standard deviations of 10000 */
        assert_in_range(counts[i], 9544, 10456);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_two_is_the_nearest_the_first_on_a_tie),
        cmocka_unit_test(lowering_and_trying_it_give_the_same_sums),
        cmocka_unit_test(distances_are_roots_of_squares),
        cmocka_unit_test(wards_nearest_weighs_by_size),
        cmocka_unit_test(reaching_remembers_from_where),
        cmocka_unit_test(bounds_are_distances_to_boxes),
        cmocka_unit_test(random_numbers_are_those_of_xoshiro256_plus_plus),
        cmocka_unit_test(streams_differ_and_bounds_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
