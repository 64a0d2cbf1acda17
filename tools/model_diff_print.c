#include "model_diff.h"
#include "obek/instant.h"
#include "obek/money.h"
#include "obek/printing.h"

#include <inttypes.h>
#include <jansson.h>

#define SEGMENT_COLUMNS 22

static const char *value_text(const struct matrices *matrices, int64_t minor, char *out) {
    money_text(minor, currency_decimals(slice_of(matrices->to->currency)), out);
    return out;
}

static void print_cell(const struct matrices *matrices, const struct matrix *matrix, int row, int column) {
    const struct matrix_cell *cell = matrix_cell(matrix, row, column);
    const char *from = matrix_from(matrix, row), *to = matrix_to(matrix, column);
    char value[32];
    printf("  ");
    print_padded(stdout, from == NULL ? "-" : from, SEGMENT_COLUMNS);
    printf(" ");
    print_padded(stdout, to == NULL ? "-" : to, SEGMENT_COLUMNS);
    printf(" %12" PRId64 " %20s\n", cell->customers, value_text(matrices, cell->value, value));
}

static void print_matrix(const struct matrices *matrices, const struct matrix *matrix) {
    int64_t moved = matrix_moved(matrix);
    printf("%s: %" PRId64 " of %" PRId64 " customers would move\n  ", matrix_name(matrix)->text, moved, matrices->customers);
    print_padded(stdout, "FROM", SEGMENT_COLUMNS);
    printf(" ");
    print_padded(stdout, "TO", SEGMENT_COLUMNS);
    printf(" %12s %20s\n", "CUSTOMERS", "VALUE");
    for (int row = 0; row < matrix_rows(matrix); row++)
        for (int column = 0; column < matrix_columns(matrix); column++)
            if (matrix_cell(matrix, row, column)->customers > 0)
                print_cell(matrices, matrix, row, column);
}

static void print_table(const struct matrices *matrices, int64_t as_of) {
    char at[32] = "each customer's last evaluation";
    if (as_of != TIME_NONE)
        instant_text(as_of, at);
    printf("from %s, version %s, to %s, version %s, at %s; values in %s\n", matrices->from->name, matrices->from->version,
           matrices->to->name, matrices->to->version, at, matrices->to->currency);
    for (int i = 0; i < matrices->n; i++)
        print_matrix(matrices, &matrices->items[i]);
}

static json_t *model_json(const struct model *model) {
    return json_pack("{s:s, s:s, s:s}", "name", model->name, "version", model->version, "sha256", model->sha256);
}

static json_t *matrix_json(const struct matrices *matrices, const struct matrix *matrix) {
    json_t *cells = json_array();
    char value[32];
    for (int row = 0; row < matrix_rows(matrix); row++)
        for (int column = 0; column < matrix_columns(matrix); column++) {
            const struct matrix_cell *cell = matrix_cell(matrix, row, column);
            if (cell->customers > 0)
                json_array_append_new(cells,
                                      json_pack("{s:s?, s:s?, s:I, s:s}", "from_segment", matrix_from(matrix, row), "to_segment",
                                                matrix_to(matrix, column), "customers", (json_int_t)cell->customers, "value",
                                                value_text(matrices, cell->value, value)));
        }
    return json_pack("{s:s, s:I, s:o}", "scheme", matrix_name(matrix)->text, "moved", (json_int_t)matrix_moved(matrix), "cells",
                     cells);
}

static void print_json(const struct matrices *matrices, int64_t as_of) {
    char at[32];
    json_t *schemes = json_array();
    for (int i = 0; i < matrices->n; i++)
        json_array_append_new(schemes, matrix_json(matrices, &matrices->items[i]));
    instant_text(as_of == TIME_NONE ? 0 : as_of, at);
    json_t *answer =
        json_pack("{s:o, s:o, s:s?, s:s, s:I, s:I, s:o}", "from", model_json(matrices->from), "to", model_json(matrices->to),
                  "as_of", as_of == TIME_NONE ? NULL : at, "currency", matrices->to->currency, "customers",
                  (json_int_t)matrices->customers, "without_orders", (json_int_t)matrices->without_orders, "schemes", schemes);
    json_dumpf(answer, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(answer);
}

void model_diff_print(const struct matrices *matrices, int64_t as_of, bool as_json) {
    (as_json ? print_json : print_table)(matrices, as_of);
}
