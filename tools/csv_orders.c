#include "csv_orders.h"
#include "../codec/table_reader.h"
#include "obek/buffer.h"

#include <stdlib.h>

#define NO_COLUMN SIZE_MAX

struct reader {
    const struct csv_selection *selection;
    const struct currency_table *currencies;
    int64_t now;
    struct csv_orders *orders;
    struct buffer texts;
    const struct slice *cells; /* of the row at hand */
    size_t n_columns;
    char **columns;
    size_t column_of[FIELD_COUNT], *condition_columns;
    struct error *error;
};

/* The reader of tables adds file and line. */
static bool in_column(struct reader *reader, const char *column) {
    return error_context(reader->error, "column '%s'", column);
}

static const char *cell_text(const struct reader *reader, size_t column) {
    return reader->cells[column].data;
}

static size_t find_column(const struct reader *reader, const char *name) {
    for (size_t i = 0; i < reader->n_columns; i++)
        if (strcmp(reader->columns[i], name) == 0)
            return i;
    return NO_COLUMN;
}

static bool no_column(struct reader *reader, const char *name, const char *hint) {
    struct buffer list = { 0 };
    for (size_t i = 0; i < reader->n_columns; i++)
        buffer_printf(&list, "%s%s", i > 0 ? ", " : "", reader->columns[i]);
    error_set(reader->error, "there is no column '%s'%s (columns: %.300s)", name, hint, list.data);
    buffer_free(&list);
    return false;
}

static bool find_fields(struct reader *reader) {
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum feed_field field = (enum feed_field)i;
        const char *column = reader->selection->columns[field];
        bool asked = strcmp(column, feed_field_name(field)) != 0;
        bool needed = field == FIELD_ORDER_ID || field == FIELD_CUSTOMER_ID || field == FIELD_OCCURRED_AT;
        reader->column_of[field] = find_column(reader, column);
        if (reader->column_of[field] == NO_COLUMN && (asked || needed))
            return no_column(reader, column, asked ? "" : "; --map says which one it is");
    }
    return true;
}

/* A condition names a column, or a field. */
static bool find_conditions(struct reader *reader) {
    const struct csv_selection *selection = reader->selection;
    reader->condition_columns = xcalloc(selection->n_conditions, sizeof *reader->condition_columns);
    for (size_t i = 0; i < selection->n_conditions; i++) {
        const char *name = selection->conditions[i].column;
        enum feed_field field = feed_field_from_name(slice_of(name));
        size_t column = find_column(reader, name);
        if (column == NO_COLUMN && field != FIELD_COUNT)
            column = reader->column_of[field];
        if (column == NO_COLUMN)
            return no_column(reader, name, "");
        reader->condition_columns[i] = column;
    }
    return true;
}

static bool take_header(void *context, const struct slice *cells, size_t n, struct error *error) {
    struct reader *reader = context;
    reader->columns = xcalloc(n, sizeof *reader->columns);
    for (size_t i = 0; i < n; i++) {
        if (find_column(reader, cells[i].data) != NO_COLUMN)
            return error_set(error, "two columns are called '%.100s'", cells[i].data);
        reader->columns[reader->n_columns++] = xstrdup(cells[i].data);
    }
    return find_fields(reader) && find_conditions(reader);
}

static bool holds(const struct reader *reader, size_t i) {
    const struct csv_condition *condition = &reader->selection->conditions[i];
    return (strcmp(cell_text(reader, reader->condition_columns[i]), condition->value) == 0) == condition->equal;
}

/* Of the = of one column one must hold, of the != all. */
static bool wanted(const struct reader *reader) {
    const struct csv_selection *selection = reader->selection;
    for (size_t i = 0; i < selection->n_conditions; i++) {
        bool any = holds(reader, i);
        for (size_t j = 0; j < selection->n_conditions && !any && selection->conditions[i].equal; j++)
            any = selection->conditions[j].equal && reader->condition_columns[j] == reader->condition_columns[i] &&
                  holds(reader, j);
        if (!any)
            return false;
    }
    return true;
}

static bool copy_texts(struct reader *reader, struct order_row *row) {
    buffer_clear(&reader->texts);
    for (int field = 0; field < FIELD_COUNT; field++) {
        size_t column = reader->column_of[field];
        row->at[field] = ROW_FIELD_NONE;
        if (column == NO_COLUMN || reader->cells[column].len == 0)
            continue;
        row->at[field] = (uint16_t)reader->texts.len;
        buffer_append(&reader->texts, reader->cells[column].data, reader->cells[column].len + 1);
        if (reader->texts.len > ORDER_ROW_BYTES_MAX) {
            error_set(reader->error, "the row has more than %d bytes", ORDER_ROW_BYTES_MAX);
            return in_column(reader, reader->columns[column]);
        }
    }
    return true;
}

static bool take_row(void *context, const struct slice *cells, size_t n, uint32_t line, struct error *error) {
    struct reader *reader = context;
    struct csv_orders *orders = reader->orders;
    struct order_row row = { .file = (uint16_t)(orders->n_files - 1), .line = line };
    enum feed_field field;
    (void)n; /* as many as the header has */
    reader->cells = cells;
    if (!wanted(reader))
        return true;
    if (!copy_texts(reader, &row))
        return false;
    row.texts = reader->texts.data;
    if (!order_row_check(&row, reader->currencies, reader->now, &field, error))
        return in_column(reader, reader->selection->columns[field]);
    if (orders->n == orders->capacity) {
        orders->capacity = orders->capacity == 0 ? 1024 : orders->capacity * 2;
        orders->rows = xrealloc(orders->rows, orders->capacity * sizeof *orders->rows);
    }
    row.texts = xmalloc(reader->texts.len);
    memcpy(row.texts, reader->texts.data, reader->texts.len);
    orders->rows[orders->n++] = row;
    return true;
}

static void reader_free(struct reader *reader) {
    buffer_free(&reader->texts);
    for (size_t i = 0; i < reader->n_columns; i++)
        free(reader->columns[i]);
    free(reader->columns);
    free(reader->condition_columns);
}

bool csv_orders_read(struct csv_orders *orders, const char *path, const struct csv_selection *selection,
                     const struct currency_table *currencies, int64_t now, struct error *error) {
    if (orders->n_files == UINT16_MAX)
        return error_set(error, "more than %d files", UINT16_MAX);
    orders->files = xrealloc(orders->files, (orders->n_files + 1) * sizeof *orders->files);
    orders->files[orders->n_files++] = xstrdup(path);
    struct reader reader = { .selection = selection, .currencies = currencies, .now = now, .orders = orders, .error = error };
    const struct table_format format = { .separator = ',', .has_header = true };
    const struct table_visitor visitor = { .context = &reader, .header = take_header, .row = take_row };
    bool good = table_read(path, &format, &visitor, error);
    reader_free(&reader);
    return good;
}

/* Stable: rows of one instant keep file and line. */
static int by_time(const void *a, const void *b) {
    const struct order_row *one = a, *two = b;
    if (one->occurred_at != two->occurred_at)
        return one->occurred_at < two->occurred_at ? -1 : 1;
    if (one->file != two->file)
        return one->file < two->file ? -1 : 1;
    return (one->line > two->line) - (one->line < two->line);
}

void csv_orders_sort(struct csv_orders *orders) {
    if (orders->n > 1)
        qsort(orders->rows, orders->n, sizeof *orders->rows, by_time);
}

void csv_orders_free(struct csv_orders *orders) {
    for (size_t i = 0; i < orders->n; i++)
        free(orders->rows[i].texts);
    free(orders->rows);
    for (size_t i = 0; i < orders->n_files; i++)
        free(orders->files[i]);
    free(orders->files);
    *orders = (struct csv_orders){ 0 };
}
