#include "csv_orders.h"
#include "obek/buffer.h"
#include "obek/utf8.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define NO_COLUMN SIZE_MAX
#define BLOCK_BYTES 65536

/* A cell of the row at hand: where it lies in reader.cells. */
struct cell {
    size_t at, len;
};

struct reader {
    const struct csv_selection *selection;
    const struct currency_table *currencies;
    int64_t now;
    struct csv_orders *orders;
    struct csv_parser parser;
    struct buffer cells, texts;
    struct cell *row;
    size_t n_row, row_capacity;
    size_t n_columns; /* 0: the header has not been read */
    char **columns;
    size_t column_of[FIELD_COUNT], *condition_columns;
    uint32_t line, row_line; /* line: of the byte at hand; row_line: where the row at hand began */
    bool failed;
    struct error *error;
};

static bool fail(struct reader *reader, const char *column) {
    const char *file = reader->orders->files[reader->orders->n_files - 1];
    reader->failed = true;
    if (column != NULL)
        return error_context(reader->error, "%s:%u: column '%s'", file, reader->row_line, column);
    return error_context(reader->error, "%s:%u", file, reader->row_line);
}

static void on_cell(void *text, size_t len, void *context) {
    struct reader *reader = context;
    if (reader->n_row == reader->row_capacity) {
        reader->row_capacity = reader->row_capacity == 0 ? 16 : reader->row_capacity * 2;
        reader->row = xrealloc(reader->row, reader->row_capacity * sizeof *reader->row);
    }
    reader->row[reader->n_row++] = (struct cell){ reader->cells.len, len };
    buffer_append(&reader->cells, text, len);
    buffer_append(&reader->cells, "", 1);
}

static const char *cell_text(const struct reader *reader, size_t column) {
    return reader->cells.data + reader->row[column].at;
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
    return fail(reader, NULL);
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

static bool take_header(struct reader *reader) {
    reader->columns = xcalloc(reader->n_row, sizeof *reader->columns);
    for (size_t i = 0; i < reader->n_row; i++) {
        const char *name = cell_text(reader, i);
        if (find_column(reader, name) != NO_COLUMN) {
            error_set(reader->error, "two columns are called '%.100s'", name);
            return fail(reader, NULL);
        }
        reader->columns[reader->n_columns++] = xstrdup(name);
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
        if (column == NO_COLUMN || reader->row[column].len == 0)
            continue;
        struct slice text = { cell_text(reader, column), reader->row[column].len };
        if (!utf8_valid(text) || memchr(text.data, '\0', text.len) != NULL) {
            error_set(reader->error, "not UTF-8 text");
            return fail(reader, reader->columns[column]);
        }
        row->at[field] = (uint16_t)reader->texts.len;
        buffer_append(&reader->texts, text.data, text.len + 1);
        if (reader->texts.len > ORDER_ROW_BYTES_MAX) {
            error_set(reader->error, "the row has more than %d bytes", ORDER_ROW_BYTES_MAX);
            return fail(reader, reader->columns[column]);
        }
    }
    return true;
}

static bool take_row(struct reader *reader) {
    struct csv_orders *orders = reader->orders;
    struct order_row row = { .file = (uint16_t)(orders->n_files - 1), .line = reader->row_line };
    enum feed_field field;
    if (reader->n_row != reader->n_columns) {
        error_set(reader->error, "%zu columns where the header has %zu", reader->n_row, reader->n_columns);
        return fail(reader, NULL);
    }
    if (!wanted(reader))
        return true;
    if (!copy_texts(reader, &row))
        return false;
    row.texts = reader->texts.data;
    if (!order_row_check(&row, reader->currencies, reader->now, &field, reader->error))
        return fail(reader, reader->selection->columns[field]);
    if (orders->n == orders->capacity) {
        orders->capacity = orders->capacity == 0 ? 1024 : orders->capacity * 2;
        orders->rows = xrealloc(orders->rows, orders->capacity * sizeof *orders->rows);
    }
    row.texts = xmalloc(reader->texts.len);
    memcpy(row.texts, reader->texts.data, reader->texts.len);
    orders->rows[orders->n++] = row;
    return true;
}

static void on_row(int end, void *context) {
    struct reader *reader = context;
    (void)end;
    if (!reader->failed)
        (void)(reader->n_columns == 0 ? take_header(reader) : take_row(reader)); /* reader->failed tells */
    buffer_clear(&reader->cells);
    reader->n_row = 0;
    reader->row_line = reader->line + 1;
}

static bool parse(struct reader *reader, const char *data, size_t len) {
    if (csv_parse(&reader->parser, data, len, on_cell, on_row, reader) != len && !reader->failed) {
        error_set(reader->error, "%s", csv_strerror(csv_error(&reader->parser)));
        fail(reader, NULL);
    }
    if (!reader->failed && reader->cells.len > 16 * ORDER_ROW_BYTES_MAX) {
        error_set(reader->error, "a row without an end (is a quote left open?)");
        fail(reader, NULL);
    }
    return !reader->failed;
}

static bool is_blank(const char *line, size_t len) {
    while (len > 0 && strchr(" \t\r\n", *line) != NULL && *line != '\0') {
        line++;
        len--;
    }
    return len == 0;
}

/* Line by line, so that rows know where they began; libcsv passes over blank lines between them. */
static bool parse_block(struct reader *reader, const char *data, size_t len) {
    while (len > 0) {
        const char *end = memchr(data, '\n', len);
        size_t part = end == NULL ? len : (size_t)(end - data) + 1;
        if (end != NULL && reader->row_line == reader->line && is_blank(data, part))
            reader->row_line++;
        if (!parse(reader, data, part))
            return false;
        reader->line += end != NULL;
        data += part;
        len -= part;
    }
    return true;
}

static bool read_all(struct reader *reader, gzFile in, const char *path) {
    char block[BLOCK_BYTES];
    int got, status;
    bool first = true;
    while ((got = gzread(in, block, sizeof block)) > 0) {
        size_t mark = first && got >= 3 && memcmp(block, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        first = false;
        if (!parse_block(reader, block + mark, (size_t)got - mark))
            return false;
    }
    const char *reason = gzerror(in, &status);
    if (got < 0 || (status != Z_OK && status != Z_STREAM_END))
        return error_set(reader->error, "cannot read %s: %s", path, status == Z_ERRNO ? strerror(errno) : reason);
    if (csv_fini(&reader->parser, on_cell, on_row, reader) != 0 && !reader->failed) {
        error_set(reader->error, "%s", csv_strerror(csv_error(&reader->parser)));
        fail(reader, NULL);
    }
    if (!reader->failed && reader->n_columns == 0)
        return error_set(reader->error, "%s is empty: its first line must name the columns", path);
    return !reader->failed;
}

static void reader_free(struct reader *reader) {
    csv_free(&reader->parser);
    buffer_free(&reader->cells);
    buffer_free(&reader->texts);
    for (size_t i = 0; i < reader->n_columns; i++)
        free(reader->columns[i]);
    free(reader->columns);
    free(reader->row);
    free(reader->condition_columns);
}

bool csv_orders_read(struct csv_orders *orders, const char *path, const struct csv_selection *selection,
                     const struct currency_table *currencies, int64_t now, struct error *error) {
    if (orders->n_files == UINT16_MAX)
        return error_set(error, "more than %d files", UINT16_MAX);
    gzFile in = gzopen(path, "rb"); /* reads plain files too */
    if (in == NULL)
        return error_set(error, "cannot open %s: %s", path, strerror(errno));
    orders->files = xrealloc(orders->files, (orders->n_files + 1) * sizeof *orders->files);
    orders->files[orders->n_files++] = xstrdup(path);
    struct reader reader = { .selection = selection, .currencies = currencies, .now = now, .orders = orders, .error = error };
    reader.line = reader.row_line = 1;
    bool good = csv_init(&reader.parser, CSV_STRICT | CSV_STRICT_FINI) == 0 && read_all(&reader, in, path);
    reader_free(&reader);
    gzclose_r(in);
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
