#include "hierarchy_internal.h"
#include "obek/buffer.h"
#include "obek/interrupt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = { "ward", "complete", "average", "single" };

const char *linkage_name(enum linkage linkage) {
    return names[linkage];
}

bool linkage_parse(const char *name, enum linkage *linkage) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            *linkage = (enum linkage)i;
            return true;
        }
    return false;
}

void joining_add(struct joining *joining, uint32_t a, uint32_t b, double height) {
    joining->joins[joining->n++] = (struct join){ a, b, height };
    uint64_t left = joining->matrix->rows - joining->n, all = joining->matrix->rows;
    progress_at(&joining->progress, all * all - left * left);
}

/* By height; joins of the same height, and those that rounding put a hair below what they join, as they were found. */
static int lower_first(const void *a, const void *b) {
    const struct join *x = *(const struct join *const *)a, *y = *(const struct join *const *)b;
    if (x->height != y->height)
        return x->height < y->height ? -1 : 1;
    return (x > y) - (x < y);
}

/* Trees of rows (Tarjan 1975): the number of the cluster that a row is in by now. */
static uint32_t find(uint32_t *parents, uint32_t i) {
    while (parents[i] != i) {
        parents[i] = parents[parents[i]];
        i = parents[i];
    }
    return i;
}

/* Joins say which rows come together, so any order of equal ones gives a tree; its clusters are numbered as they come to be. */
static void number_clusters(const struct joining *joining, struct hierarchy *hierarchy) {
    size_t rows = hierarchy->rows, n = joining->n;
    const struct join **sorted = xcalloc(n, sizeof *sorted);
    uint32_t *parents = xcalloc(rows + n, sizeof *parents);
    for (uint32_t i = 0; i < rows + n; i++)
        parents[i] = i;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &joining->joins[i];
    qsort(sorted, n, sizeof *sorted, lower_first);
    for (size_t i = 0; i < n; i++) {
        uint32_t a = find(parents, sorted[i]->a), b = find(parents, sorted[i]->b), size = 0;
        size += a < rows ? 1 : hierarchy->merges[a - rows].size;
        size += b < rows ? 1 : hierarchy->merges[b - rows].size;
        hierarchy->merges[i] = (struct merge){ a < b ? a : b, a < b ? b : a, size, sorted[i]->height };
        parents[a] = parents[b] = (uint32_t)(rows + i);
    }
    free(parents);
    free(sorted);
}

static bool join_all(struct joining *joining, enum linkage linkage, struct error *error) {
    uint64_t rows = joining->matrix->rows;
    progress_begin(&joining->progress, names[linkage], rows * rows, joining->options->progress);
    bool good = true;
    if (linkage == LINKAGE_WARD)
        join_by_ward(joining);
    else if (linkage == LINKAGE_SINGLE)
        join_nearest_rows(joining);
    else
        good = join_by_distances(joining, linkage, error);
    if (good)
        progress_end(&joining->progress, rows * rows - (rows - joining->n) * (rows - joining->n));
    return good && interrupt_check(error);
}

bool hierarchy_build(const struct matrix *matrix, enum linkage linkage, const struct hierarchy_options *options,
                     struct hierarchy *hierarchy, struct error *error) {
    struct joining joining = { .matrix = matrix, .options = options };
    if (!matrix_check(matrix, error))
        return false;
    *hierarchy = (struct hierarchy){ .linkage = linkage, .rows = matrix->rows };
    joining.joins = xcalloc(matrix->rows, sizeof *joining.joins);
    hierarchy->merges = xcalloc(matrix->rows, sizeof *hierarchy->merges);
    bool good = join_all(&joining, linkage, error);
    if (good)
        number_clusters(&joining, hierarchy);
    else
        hierarchy_free(hierarchy);
    free(joining.joins);
    return good;
}

void hierarchy_free(struct hierarchy *hierarchy) {
    free(hierarchy->merges);
    *hierarchy = (struct hierarchy){ 0 };
}
