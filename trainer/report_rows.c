#include "report_rows.h"
#include "../codec/table_reader.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static bool is(const json_t *scheme, const char *key, struct slice text) {
    const char *value = json_string_value(json_object_get(scheme, key));
    return value != NULL && slice_equal(slice_of(value), text);
}

/* A scheme's column bears its name; that of a cltv its name and "_band", because the name is the value's. */
static int scheme_of(const json_t *schemes, struct slice name) {
    for (size_t s = 0; s < json_array_size(schemes); s++) {
        const json_t *scheme = json_array_get(schemes, s);
        bool bands = is(scheme, "type", slice_of("cltv"));
        struct slice own = name;
        if (bands && own.len > 5 && memcmp(own.data + own.len - 5, "_band", 5) == 0)
            own.len -= 5;
        else if (bands)
            continue;
        if (is(scheme, "name", own))
            return (int)s;
    }
    return -1;
}

int report_segment_index(const json_t *scheme, const char *id) {
    const json_t *segments = json_object_get(scheme, "segments");
    for (size_t g = 0; g < json_array_size(segments) && g < SCHEME_SEGMENTS_MAX; g++)
        if (is(json_array_get(segments, g), "id", slice_of(id)))
            return (int)g;
    return -1;
}

static bool take_header(void *context, const struct slice *cells, size_t n, struct error *error) {
    struct report_rows *rows = context;
    if (n < 2 || !slice_equal(cells[0], slice_of("customer_id")))
        return error_set(error, "not written by obek train: the first column is not customer_id");
    rows->n_columns = n - 1;
    rows->columns = xcalloc(rows->n_columns, sizeof *rows->columns);
    for (size_t c = 0; c < rows->n_columns; c++)
        rows->columns[c] = (struct report_column){ .name = xstrndup(cells[c + 1].data, cells[c + 1].len),
                                                   .scheme = scheme_of(rows->schemes, cells[c + 1]) };
    return true;
}

static void grow(struct report_rows *rows) {
    rows->capacity = rows->capacity == 0 ? 1024 : rows->capacity * 2;
    rows->id_at = xrealloc(rows->id_at, rows->capacity * sizeof *rows->id_at);
    for (size_t c = 0; c < rows->n_columns; c++) {
        struct report_column *column = &rows->columns[c];
        if (column->scheme < 0)
            column->values = xrealloc(column->values, rows->capacity * sizeof *column->values);
        else
            column->segments = xrealloc(column->segments, rows->capacity);
    }
}

static bool take_cell(const struct report_rows *rows, struct report_column *column, struct slice cell, struct error *error) {
    char *end;
    if (column->scheme >= 0) {
        int g = report_segment_index(json_array_get(rows->schemes, (size_t)column->scheme), cell.data);
        if (g < 0)
            return error_set(error, "column %s: a segment that metrics.json does not have", column->name);
        column->segments[rows->n] = (uint8_t)g;
        return true;
    }
    double value = strtod(cell.data, &end); /* empty cells are no number */
    if (end != cell.data + cell.len)
        return error_set(error, "column %s: not a number", column->name);
    column->values[rows->n] = cell.len > 0 ? value : NAN;
    return true;
}

static bool take_row(void *context, const struct slice *cells, size_t n, uint32_t line, struct error *error) {
    struct report_rows *rows = context;
    (void)line;
    if (n != rows->n_columns + 1)
        return error_set(error, "another number of columns than the header");
    if (rows->n == rows->capacity)
        grow(rows);
    rows->id_at[rows->n] = rows->ids.len;
    buffer_append(&rows->ids, cells[0].data, cells[0].len);
    buffer_append(&rows->ids, "", 1);
    for (size_t c = 0; c < rows->n_columns; c++)
        if (!take_cell(rows, &rows->columns[c], cells[c + 1], error))
            return false;
    rows->n++;
    return true;
}

bool report_rows_read(struct report_rows *rows, const char *path, const json_t *schemes, struct error *error) {
    const struct table_format format = { .separator = ',', .has_header = true };
    const struct table_visitor visitor = { .context = rows, .header = take_header, .row = take_row };
    *rows = (struct report_rows){ .schemes = schemes };
    return table_read(path, &format, &visitor, error);
}

void report_rows_free(struct report_rows *rows) {
    for (size_t c = 0; c < rows->n_columns; c++) {
        free(rows->columns[c].name);
        free(rows->columns[c].values);
        free(rows->columns[c].segments);
    }
    free(rows->columns);
    free(rows->id_at);
    buffer_free(&rows->ids);
    *rows = (struct report_rows){ 0 };
}

const char *report_id(const struct report_rows *rows, size_t row) {
    return rows->ids.data + rows->id_at[row];
}

const double *report_numbers(const struct report_rows *rows, const char *name) {
    for (size_t c = 0; c < rows->n_columns; c++)
        if (rows->columns[c].scheme < 0 && strcmp(rows->columns[c].name, name) == 0)
            return rows->columns[c].values;
    return NULL;
}

const uint8_t *report_segments(const struct report_rows *rows, int scheme) {
    for (size_t c = 0; c < rows->n_columns; c++)
        if (rows->columns[c].scheme == scheme)
            return rows->columns[c].segments;
    return NULL;
}
