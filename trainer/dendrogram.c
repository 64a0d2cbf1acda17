#include "hierarchy_cut.h"
#include "obek/buffer.h"

#include <stdlib.h>

/* A node is a row or a merge, in the hierarchy's numbering. */
struct top {
    const struct hierarchy *hierarchy;
    size_t first_merge;   /* of those that are drawn */
    uint32_t *first_rows; /* of all nodes */
    uint32_t *numbers;    /* of the nodes in the dendrogram */
};

static const struct merge *merge_of(const struct top *top, uint32_t node) {
    return &top->hierarchy->merges[node - top->hierarchy->rows];
}

static bool is_row(const struct top *top, uint32_t node) {
    return node < top->hierarchy->rows;
}

static bool is_leaf(const struct top *top, uint32_t node) {
    return node < top->hierarchy->rows + top->first_merge;
}

static uint32_t size_of(const struct top *top, uint32_t node) {
    return is_row(top, node) ? 1 : merge_of(top, node)->size;
}

static void find_first_rows(struct top *top) {
    size_t rows = top->hierarchy->rows;
    for (size_t row = 0; row < rows; row++)
        top->first_rows[row] = (uint32_t)row;
    for (size_t i = 0; i + 1 < rows; i++) {
        const struct merge *merge = &top->hierarchy->merges[i];
        uint32_t a = top->first_rows[merge->a], b = top->first_rows[merge->b];
        top->first_rows[rows + i] = a < b ? a : b;
    }
}

static bool goes_left(const struct top *top, uint32_t a, uint32_t b) {
    uint32_t size_a = size_of(top, a), size_b = size_of(top, b);
    return size_a != size_b ? size_a < size_b : top->first_rows[a] < top->first_rows[b];
}

/* From the left: a stack instead of recursion, which may be as deep as there are merges. */
static void collect_leaves(struct top *top, struct dendrogram *dendrogram) {
    uint32_t *stack = xcalloc(dendrogram->n_leaves + 1, sizeof *stack), found = 0;
    size_t n = 0;
    stack[n++] = (uint32_t)(2 * top->hierarchy->rows - 2);
    while (n > 0) {
        uint32_t node = stack[--n];
        if (is_leaf(top, node)) {
            double height = is_row(top, node) ? 0 : merge_of(top, node)->height;
            dendrogram->leaves[found] = (struct leaf){ size_of(top, node), top->first_rows[node], height };
            top->numbers[node] = found++;
            continue;
        }
        uint32_t a = merge_of(top, node)->a, b = merge_of(top, node)->b;
        bool a_left = goes_left(top, a, b);
        stack[n++] = a_left ? b : a;
        stack[n++] = a_left ? a : b;
    }
    free(stack);
}

static void collect_merges(struct top *top, struct dendrogram *dendrogram) {
    for (size_t i = 0; i + 1 < dendrogram->n_leaves; i++) {
        const struct merge *merge = &top->hierarchy->merges[top->first_merge + i];
        uint32_t a = top->numbers[merge->a], b = top->numbers[merge->b];
        dendrogram->merges[i] = (struct merge){ a < b ? a : b, a < b ? b : a, merge->size, merge->height };
        top->numbers[top->hierarchy->rows + top->first_merge + i] = (uint32_t)(dendrogram->n_leaves + i);
    }
}

void hierarchy_top(const struct hierarchy *hierarchy, size_t p, struct dendrogram *dendrogram) {
    size_t merges = hierarchy->rows - 1;
    p = p < merges ? p : merges;
    struct top top = { hierarchy, merges - p, .numbers = NULL };
    top.first_rows = xcalloc(2 * hierarchy->rows, sizeof *top.first_rows);
    top.numbers = xcalloc(2 * hierarchy->rows, sizeof *top.numbers);
    dendrogram->n_leaves = p + 1;
    dendrogram->leaves = xcalloc(p + 1, sizeof *dendrogram->leaves);
    dendrogram->merges = xcalloc(p + 1, sizeof *dendrogram->merges);
    find_first_rows(&top);
    collect_leaves(&top, dendrogram);
    collect_merges(&top, dendrogram);
    free(top.numbers);
    free(top.first_rows);
}

void dendrogram_free(struct dendrogram *dendrogram) {
    free(dendrogram->leaves);
    free(dendrogram->merges);
    *dendrogram = (struct dendrogram){ 0 };
}
