#include "model_matrix.h"
#include "obek/buffer.h"

#include <stdlib.h>

static void add_matrix(struct matrices *matrices, const struct scheme *from, const struct scheme *to) {
    struct matrix *matrix = &matrices->items[matrices->n++];
    *matrix = (struct matrix){ .from = from, .to = to };
    matrix->cells = xcalloc((size_t)matrix_rows(matrix) * (size_t)matrix_columns(matrix), sizeof *matrix->cells);
}

void matrices_init(struct matrices *matrices, const struct model *from, const struct model *to) {
    *matrices = (struct matrices){ .from = from, .to = to };
    for (int i = 0; i < to->n_schemes; i++)
        add_matrix(matrices, model_scheme(from, &to->schemes[i].name), &to->schemes[i]);
    for (int i = 0; i < from->n_schemes; i++)
        if (model_scheme(to, &from->schemes[i].name) == NULL)
            add_matrix(matrices, &from->schemes[i], NULL);
}

void matrices_free(struct matrices *matrices) {
    for (int i = 0; i < matrices->n; i++)
        free(matrices->items[i].cells);
    matrices->n = 0;
}

const struct name *matrix_name(const struct matrix *matrix) {
    return matrix->to != NULL ? &matrix->to->name : &matrix->from->name;
}

static int lines(const struct scheme *scheme) {
    return 1 + (scheme == NULL ? 0 : scheme->n_segments);
}

int matrix_rows(const struct matrix *matrix) {
    return lines(matrix->from);
}

int matrix_columns(const struct matrix *matrix) {
    return lines(matrix->to);
}

static const char *line_text(const struct scheme *scheme, int line) {
    return line + 1 == lines(scheme) ? NULL : scheme->segments[line].id.text;
}

const char *matrix_from(const struct matrix *matrix, int row) {
    return line_text(matrix->from, row);
}

const char *matrix_to(const struct matrix *matrix, int column) {
    return line_text(matrix->to, column);
}

static struct matrix_cell *cell_at(const struct matrix *matrix, int row, int column) {
    return &matrix->cells[(size_t)row * (size_t)matrix_columns(matrix) + (size_t)column];
}

const struct matrix_cell *matrix_cell(const struct matrix *matrix, int row, int column) {
    return cell_at(matrix, row, column);
}

int64_t matrix_moved(const struct matrix *matrix) {
    int64_t moved = 0;
    for (int row = 0; row < matrix_rows(matrix); row++)
        for (int column = 0; column < matrix_columns(matrix); column++) {
            const char *from = matrix_from(matrix, row), *to = matrix_to(matrix, column);
            bool same = from == NULL || to == NULL ? from == to : strcmp(from, to) == 0;
            moved += same ? 0 : cell_at(matrix, row, column)->customers;
        }
    return moved;
}

/* The row or column of a customer. */
static int line_of(const struct scheme *scheme, const struct customer *customer) {
    for (int i = 0; scheme != NULL && i < customer->n_schemes; i++) {
        int segment =
            name_equal(&customer->schemes[i].scheme, &scheme->name) ? scheme_segment(scheme, &customer->schemes[i].segment) : -1;
        if (segment >= 0)
            return segment;
    }
    return lines(scheme) - 1;
}

void matrices_add(struct matrices *matrices, const struct customer *before, const struct customer *after) {
    struct ledger_summary summary = ledger_summarise(&after->ledger);
    if (summary_orders(&summary) == 0) {
        matrices->without_orders++;
        return;
    }
    matrices->customers++;
    for (int i = 0; i < matrices->n; i++) {
        struct matrix *matrix = &matrices->items[i];
        struct matrix_cell *cell = cell_at(matrix, line_of(matrix->from, before), line_of(matrix->to, after));
        cell->customers++;
        if (__builtin_add_overflow(cell->value, summary_value(&summary), &cell->value))
            cell->value = INT64_MAX; /* more money than there is */
    }
}
