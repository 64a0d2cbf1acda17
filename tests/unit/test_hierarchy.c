/* Hierarchies against what each linkage means: every merge, in order, must join two clusters than which no two are nearer. */
#include "../../trainer/hierarchy_cut.h"
#include "cluster_fixture.h"
#include "obek/interrupt.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define EACH_LINKAGE(l) (enum linkage l = LINKAGE_WARD; l <= LINKAGE_SINGLE; l++)

/* A cluster's rows. */
struct group {
    size_t n, *rows;
};

static double distance_of(const struct matrix *matrix, size_t a, size_t b) {
    double square = 0;
    for (size_t i = 0; i < matrix->columns; i++) {
        double difference = matrix_row(matrix, a)[i] - matrix_row(matrix, b)[i];
        square += difference * difference;
    }
    return sqrt(square);
}

static double mean_of(const struct matrix *matrix, const struct group *group, size_t column) {
    double sum = 0;
    for (size_t i = 0; i < group->n; i++)
        sum += matrix_row(matrix, group->rows[i])[column];
    return sum / (double)group->n;
}

static double ward_between(const struct matrix *matrix, const struct group *a, const struct group *b) {
    double square = 0, n_a = (double)a->n, n_b = (double)b->n;
    for (size_t i = 0; i < matrix->columns; i++)
        square += pow(mean_of(matrix, a, i) - mean_of(matrix, b, i), 2);
    return sqrt(2 * n_a * n_b / (n_a + n_b) * square);
}

static double between(const struct matrix *matrix, enum linkage linkage, const struct group *a, const struct group *b) {
    double most = 0, least = INFINITY, sum = 0;
    if (linkage == LINKAGE_WARD)
        return ward_between(matrix, a, b);
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < b->n; j++) {
            double distance = distance_of(matrix, a->rows[i], b->rows[j]);
            most = fmax(most, distance);
            least = fmin(least, distance);
            sum += distance;
        }
    return linkage == LINKAGE_COMPLETE ? most : linkage == LINKAGE_SINGLE ? least : sum / (double)(a->n * b->n);
}

static double least_between(const struct matrix *matrix, enum linkage linkage, const struct group *groups, size_t n) {
    double least = INFINITY;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (groups[i].n > 0 && groups[j].n > 0)
                least = fmin(least, between(matrix, linkage, &groups[i], &groups[j]));
    return least;
}

static struct group unite(struct group *a, struct group *b) {
    struct group both = { a->n + b->n, xcalloc(a->n + b->n, sizeof *both.rows) };
    memcpy(both.rows, a->rows, a->n * sizeof *both.rows);
    memcpy(both.rows + a->n, b->rows, b->n * sizeof *both.rows);
    a->n = b->n = 0;
    return both;
}

static void is_valid(const struct matrix *matrix, const struct hierarchy *hierarchy) {
    size_t rows = matrix->rows;
    struct group *groups = xcalloc(2 * rows, sizeof *groups);
    for (size_t i = 0; i < rows; i++) {
        groups[i] = (struct group){ 1, xcalloc(1, sizeof(size_t)) };
        groups[i].rows[0] = i;
    }
    for (size_t i = 0; i + 1 < rows; i++) {
        const struct merge *merge = &hierarchy->merges[i];
        assert_true(merge->a < merge->b && merge->b < rows + i);
        assert_true(groups[merge->a].n > 0 && groups[merge->b].n > 0);
        assert_true(i == 0 || merge->height >= merge[-1].height);
        double height = between(matrix, hierarchy->linkage, &groups[merge->a], &groups[merge->b]);
        double least = least_between(matrix, hierarchy->linkage, groups, rows + i);
        if (fabs(merge->height - height) > 1e-9 * (1 + height) || height > least + 1e-9 * (1 + least))
            fail_msg("%s, merge %zu: height %.17g, is %.17g apart, others %.17g", linkage_name(hierarchy->linkage), i,
                     merge->height, height, least);
        groups[rows + i] = unite(&groups[merge->a], &groups[merge->b]);
        assert_int_equal(merge->size, groups[rows + i].n);
    }
    for (size_t i = 0; i < 2 * rows; i++)
        free(groups[i].rows);
    free(groups);
}

static struct hierarchy build(const struct matrix *matrix, enum linkage linkage, unsigned threads) {
    struct hierarchy_options options = { .workers = workers_new(threads) };
    struct hierarchy hierarchy;
    struct error error = { "" };
    if (!hierarchy_build(matrix, linkage, &options, &hierarchy, &error))
        fail_msg("%s", error.text);
    workers_free(options.workers);
    return hierarchy;
}

static void build_and_check(const struct matrix *matrix) {
    for
        EACH_LINKAGE(linkage) {
            struct hierarchy hierarchy = build(matrix, linkage, 1);
            is_valid(matrix, &hierarchy);
            hierarchy_free(&hierarchy);
        }
}

static void random_rows(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct matrix matrix;
        planted(&matrix, 2 + seed * 9, 1 + seed % 5, 3, 0.4, seed);
        build_and_check(&matrix);
        matrix_free(&matrix);
    }
}

/* On a small grid nearly everything ties. */
static void ties(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct random random;
        struct matrix matrix;
        random_init(&random, seed, 0);
        matrix_init(&matrix, 20 + seed * 5, 1 + seed % 3);
        for (size_t i = 0; i < matrix.rows * matrix.columns; i++)
            matrix.values[i] = (double)random_below(&random, 5 + seed);
        build_and_check(&matrix);
        matrix_free(&matrix);
    }
}

static void equal_rows_and_few(void **state) {
    (void)state;
    struct matrix matrix;
    for (size_t rows = 1; rows <= 20; rows++) {
        matrix_init(&matrix, rows, 2);
        for (size_t i = 0; i < 2 * rows; i++)
            matrix.values[i] = 0.1;
        build_and_check(&matrix);
        matrix_free(&matrix);
    }
}

static void huge_numbers(void **state) {
    (void)state;
    struct matrix matrix;
    planted(&matrix, 40, 3, 3, 0.4, 5);
    for (size_t i = 0; i < 120; i++)
        matrix.values[i] *= 1e139;
    for
        EACH_LINKAGE(linkage) {
            struct hierarchy hierarchy = build(&matrix, linkage, 1);
            for (size_t i = 0; i < 39; i++)
                assert_true(isfinite(hierarchy.merges[i].height) && hierarchy.merges[i].height > 0);
            hierarchy_free(&hierarchy);
        }
    matrix_free(&matrix);
}

static void any_number_of_threads_gives_the_same_bits(void **state) {
    (void)state;
    struct matrix matrix;
    planted(&matrix, 700, 3, 4, 0.3, 5);
    for
        EACH_LINKAGE(linkage) {
            struct hierarchy first = build(&matrix, linkage, 1);
            for (unsigned threads = 2; threads <= 8; threads++) {
                struct hierarchy other = build(&matrix, linkage, threads);
                for (size_t i = 0; i < 699; i++) {
                    const struct merge *a = &first.merges[i], *b = &other.merges[i];
                    assert_true(a->a == b->a && a->b == b->b && a->size == b->size && a->height == b->height);
                }
                hierarchy_free(&other);
            }
            hierarchy_free(&first);
        }
    matrix_free(&matrix);
}

static void wards_heights_add_up_to_all_there_is(void **state) {
    (void)state;
    struct matrix matrix;
    struct hierarchy_cut one, all;
    double sum = 0;
    planted(&matrix, 3000, 4, 4, 0.3, 5);
    struct hierarchy hierarchy = build(&matrix, LINKAGE_WARD, 1);
    hierarchy_cut(&hierarchy, &matrix, 1, &one);
    hierarchy_cut(&hierarchy, &matrix, 3000, &all);
    for (size_t i = 0; i < 2999; i++)
        sum += hierarchy.merges[i].height * hierarchy.merges[i].height / 2;
    assert_true(fabs(sum - one.inertia) < 1e-9 * sum);
    assert_true(all.inertia == 0 && one.sizes[0] == 3000);
    hierarchy_cut_free(&one);
    hierarchy_cut_free(&all);
    hierarchy_free(&hierarchy);
    matrix_free(&matrix);
}

static void planted_clusters_are_cut_out(void **state) {
    (void)state;
    struct matrix matrix;
    uint32_t truth[900];
    planted(&matrix, 900, 3, 3, 0.01, 8);
    for (uint32_t row = 0; row < 900; row++)
        truth[row] = row % 3;
    matrix_row(&matrix, 899)[0] = 50; /* and one row far from all */
    truth[899] = 3;
    for
        EACH_LINKAGE(linkage) {
            struct hierarchy hierarchy = build(&matrix, linkage, 2);
            struct hierarchy_cut cut;
            hierarchy_cut(&hierarchy, &matrix, 4, &cut);
            assert_true(adjusted_rand(cut.labels, truth, 900, 4, 4) == 1);
            assert_true(cut.sizes[0] == 300 && cut.sizes[1] == 300 && cut.sizes[2] == 299 && cut.sizes[3] == 1);
            assert_true(cut.labels[0] == 0 && cut.labels[1] == 1 && cut.labels[2] == 2 && cut.labels[899] == 3);
            assert_true(matrix_row(&cut.centroids, 3)[0] == 50);
            double mean = 0;
            for (size_t row = 0; row < 900; row += 3)
                mean += matrix_row(&matrix, row)[1] / 300;
            assert_true(fabs(matrix_row(&cut.centroids, 0)[1] - mean) < 1e-12);
            double height = hierarchy.merges[899 - 4].height; /* the last below the cut */
            assert_int_equal(hierarchy_clusters_at(&hierarchy, height), 4);
            assert_int_equal(hierarchy_clusters_at(&hierarchy, nextafter(height, 0)), 5);
            assert_int_equal(hierarchy_clusters_at(&hierarchy, INFINITY), 1);
            assert_int_equal(hierarchy_clusters_at(&hierarchy, -1), 900);
            hierarchy_cut_free(&cut);
            hierarchy_free(&hierarchy);
        }
    matrix_free(&matrix);
}

/* Rows at 0 1, 10 12, 30: what a person would draw. */
static void the_top_of_the_tree_can_be_drawn(void **state) {
    (void)state;
    static const double places[] = { 10, 0, 12, 1, 30 };
    struct matrix matrix;
    struct dendrogram top;
    matrix_init(&matrix, 5, 1);
    memcpy(matrix.values, places, sizeof places);
    struct hierarchy hierarchy = build(&matrix, LINKAGE_SINGLE, 1);
    hierarchy_top(&hierarchy, 2, &top);
    assert_int_equal(top.n_leaves, 3); /* { 30 }, { 10, 12 }, { 0, 1 }; of the same size, the first row to the left */
    assert_true(top.leaves[0].row == 4 && top.leaves[0].size == 1 && top.leaves[0].height == 0);
    assert_true(top.leaves[1].row == 0 && top.leaves[1].size == 2 && top.leaves[1].height == 2);
    assert_true(top.leaves[2].row == 1 && top.leaves[2].size == 2 && top.leaves[2].height == 1);
    assert_true(top.merges[0].a == 1 && top.merges[0].b == 2 && top.merges[0].height == 9 && top.merges[0].size == 4);
    assert_true(top.merges[1].a == 0 && top.merges[1].b == 3 && top.merges[1].height == 18 && top.merges[1].size == 5);
    dendrogram_free(&top);
    hierarchy_top(&hierarchy, 100, &top);
    assert_int_equal(top.n_leaves, 5);
    assert_true(top.leaves[1].row == 0 && top.leaves[2].row == 2 && top.leaves[3].row == 1 && top.leaves[4].row == 3);
    assert_true(top.merges[0].a == 3 && top.merges[0].b == 4 && top.merges[3].size == 5);
    dendrogram_free(&top);
    hierarchy_top(&hierarchy, 0, &top);
    assert_true(top.n_leaves == 1 && top.leaves[0].size == 5 && top.leaves[0].height == 18);
    dendrogram_free(&top);
    hierarchy_free(&hierarchy);
    matrix_free(&matrix);
}

static void refuses(const struct matrix *matrix, enum linkage linkage, size_t memory_max, const char *why) {
    struct hierarchy_options options = { .memory_max = memory_max };
    struct hierarchy hierarchy;
    struct error error = { "" };
    assert_false(hierarchy_build(matrix, linkage, &options, &hierarchy, &error));
    assert_string_equal(error.text, why);
}

static void what_cannot_be_done_is_said(void **state) {
    (void)state;
    struct matrix matrix;
    planted(&matrix, 1000, 3, 3, 0.1, 8);
    refuses(&matrix, LINKAGE_AVERAGE, 3000000,
            "average linkage of 1000 rows needs 0.004 GB for their distances, and there are 0.003 GB: take ward or single, or "
            "fewer rows");
    interrupt_catch();
    raise(SIGINT);
    for
        EACH_LINKAGE(linkage)
    refuses(&matrix, linkage, 0, "interrupted");
    interrupt_catch();
    matrix_row(&matrix, 41)[2] = NAN;
    refuses(&matrix, LINKAGE_WARD, 0, "row 42, column 3: NaN is no number to learn from");
    matrix_free(&matrix);
}

static void linkages_have_names(void **state) {
    (void)state;
    enum linkage parsed;
    for
        EACH_LINKAGE(linkage) {
            assert_true(linkage_parse(linkage_name(linkage), &parsed));
            assert_int_equal(parsed, linkage);
        }
    assert_false(linkage_parse("centroid", &parsed));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_rows),
        cmocka_unit_test(ties),
        cmocka_unit_test(equal_rows_and_few),
        cmocka_unit_test(huge_numbers),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(wards_heights_add_up_to_all_there_is),
        cmocka_unit_test(planted_clusters_are_cut_out),
        cmocka_unit_test(the_top_of_the_tree_can_be_drawn),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(linkages_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
