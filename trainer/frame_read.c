/* A file's rows into a frame. */
#include "../codec/table_reader.h"
#include "cell.h"
#include "frame.h"
#include "obek/interrupt.h"
#include "obek/order.h"
#include "obek/progress.h"
#include "obek/words.h"

#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

union cell {
    double number;
    uint32_t code;
    uint64_t hash;
};

struct frame_reader {
    struct frame *frame;
    const struct frame_reading *reading;
    size_t *place;    /* of each column in the file */
    bool *lenient[2]; /* of each column: about impossible values, about missing ones */
    union cell *row;  /* the row at hand */
    size_t n_file_columns;
    struct progress progress;
};

static enum column_kind kind_of(enum role role) {
    switch (role) {
    case ROLE_CUSTOMER_ID:
    case ROLE_CHANNEL:
    case ROLE_CATEGORIES:
    case ROLE_KIND:
    case ROLE_CURRENCY:
        return COLUMN_WORD;
    case ROLE_ORDER_ID:
    case ROLE_RETURN_ID:
        return COLUMN_HASH;
    case ROLE_FIRST_AT:
    case ROLE_LAST_AT:
    case ROLE_LAST_ONLINE_AT:
    case ROLE_LAST_OFFLINE_AT:
    case ROLE_OCCURRED_AT:
        return COLUMN_TIME;
    default:
        return COLUMN_NUMBER;
    }
}

static bool is_count(enum role role) {
    return role == ROLE_ORDERS || role == ROLE_ORDERS_ONLINE || role == ROLE_ORDERS_OFFLINE;
}

/* A customer may never have bought in a store; a row need not say what is usual. */
static bool may_be_missing(enum role role) {
    return role == ROLE_CHANNEL || role == ROLE_CATEGORIES || role == ROLE_LAST_ONLINE_AT || role == ROLE_LAST_OFFLINE_AT ||
           role == ROLE_KIND || role == ROLE_CURRENCY || role == ROLE_RETURN_ID;
}

static bool no_column(const char *header, const char *const *names, size_t n, struct error *error) {
    struct buffer list = { 0 };
    const char *nearest = nearest_word(header, names, n);
    for (size_t i = 0; i < n; i++)
        buffer_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    error_set(error, "there is no column '%.100s'%s%.100s%s (columns: %.200s)%s", header,
              nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "", list.data,
              n == 1 ? "; is it another \"separator\" than the recipe's format says?" : "");
    buffer_free(&list);
    return false;
}

static bool find_columns(struct frame_reader *reader, const char *const *names, size_t n, struct error *error) {
    const struct recipe_input *input = reader->reading->input;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(names[i], names[j]) == 0)
                return error_set(error, "two columns are called '%.100s'", names[i]);
    for (size_t c = 0; c < input->n_columns; c++) {
        size_t at = 0;
        while (at < n && strcmp(names[at], input->columns[c].header) != 0)
            at++;
        if (at == n)
            return no_column(input->columns[c].header, names, n, error);
        reader->place[c] = at;
    }
    reader->n_file_columns = n;
    return true;
}

static bool take_header(void *context, const struct slice *cells, size_t n, struct error *error) {
    const char **names = xcalloc(n + 1, sizeof *names);
    for (size_t i = 0; i < n; i++)
        names[i] = cells[i].data;
    bool good = find_columns(context, names, n, error);
    free(names);
    return good;
}

static bool check_number(const struct frame_reader *reader, size_t column, double number, struct error *error) {
    enum role role = reader->frame->columns[column].role;
    if (role == ROLE_ATTRIBUTE || reader->lenient[0][column])
        return true;
    if (number < 0)
        return error_set(error, "%.17g is negative", number);
    return !is_count(role) || number == floor(number) || error_set(error, "%.17g is no whole number of orders", number);
}

static bool check_word(const struct frame_reader *reader, enum role role, struct slice cell, struct error *error) {
    if (role == ROLE_CUSTOMER_ID && cell.len > ORDER_ID_LENGTH_MAX)
        return error_set(error, "%zu bytes, at most %d are allowed", cell.len, ORDER_ID_LENGTH_MAX);
    if (role == ROLE_CURRENCY && !slice_is(cell, reader->reading->currency))
        return error_set(error, "'%.30s': the recipe's currency is %s, and it has no rates", cell.data,
                         reader->reading->currency);
    return true;
}

static union cell missing_cell(enum column_kind kind) {
    union cell cell = { .hash = 0 };
    if (kind == COLUMN_WORD)
        cell.code = WORD_NONE;
    else if (kind != COLUMN_HASH)
        cell.number = NAN;
    return cell;
}

static bool take_cell(struct frame_reader *reader, size_t c, struct slice cell, struct error *error) {
    struct frame_column *column = &reader->frame->columns[c];
    const struct input_format *format = &reader->reading->input->format;
    union cell *out = &reader->row[c];
    if (cell_missing(cell, format)) {
        *out = missing_cell(column->kind);
        column->missing++;
        bool for_a_step = reader->lenient[1][c] && (column->kind == COLUMN_NUMBER || column->kind == COLUMN_TIME);
        return may_be_missing(column->role) || for_a_step || error_set(error, "missing");
    }
    switch (column->kind) {
    case COLUMN_WORD:
        if (!check_word(reader, column->role, cell, error))
            return false;
        out->code = words_add(&column->words, cell);
        return out->code != WORD_NONE || error_set(error, "more than %u distinct texts", WORD_NONE - 1);
    case COLUMN_HASH:
        out->hash = order_hash(cell);
        return true;
    case COLUMN_TIME:
        return cell_time(cell, format->dates, &out->number, error);
    case COLUMN_NUMBER:
        break;
    }
    return cell_number(cell, format->decimal, &out->number, error) && check_number(reader, c, out->number, error);
}

static void grow(struct frame *frame) {
    frame->capacity = frame->capacity == 0 ? 1024 : frame->capacity + frame->capacity / 2;
    frame->lines = xrealloc(frame->lines, frame->capacity * sizeof *frame->lines);
    for (size_t c = 0; c < frame->n_columns; c++) {
        struct frame_column *column = &frame->columns[c];
        if (column->kind == COLUMN_WORD)
            column->codes = xrealloc(column->codes, frame->capacity * sizeof *column->codes);
        else
            column->numbers = xrealloc(column->numbers, frame->capacity * sizeof *column->numbers);
    }
}

static void append_row(struct frame_reader *reader, uint32_t line) {
    struct frame *frame = reader->frame;
    if (frame->n == frame->capacity)
        grow(frame);
    for (size_t c = 0; c < frame->n_columns; c++) {
        struct frame_column *column = &frame->columns[c];
        if (column->kind == COLUMN_WORD)
            column->codes[frame->n] = reader->row[c].code;
        else if (column->kind == COLUMN_HASH)
            column->hashes[frame->n] = reader->row[c].hash;
        else
            column->numbers[frame->n] = reader->row[c].number;
    }
    frame->lines[frame->n++] = line;
}

static bool take_row(void *context, const struct slice *cells, size_t n, uint32_t line, struct error *error) {
    struct frame_reader *reader = context;
    (void)n; /* as many as the header has */
    for (size_t c = 0; c < reader->frame->n_columns; c++) {
        struct slice cell = cells[reader->place[c]];
        struct error why;
        if (!take_cell(reader, c, cell, &why))
            return rejects_add(reader->reading->rejects, line, reader->reading->input->columns[c].header, cell.data, why.text,
                               error);
    }
    append_row(reader, line);
    return true;
}

static bool take_first_row(void *context, const struct slice *cells, size_t n, uint32_t line, struct error *error) {
    struct frame_reader *reader = context;
    if (n != reader->n_file_columns)
        return error_set(error, "%zu columns, the recipe's \"header\" has %zu", n, reader->n_file_columns);
    return take_row(context, cells, n, line, error);
}

static bool take_wrong_row(void *context, uint32_t line, const char *why, struct error *error) {
    struct frame_reader *reader = context;
    return rejects_add(reader->reading->rejects, line, NULL, NULL, why, error);
}

static bool on_progress(void *context, uint64_t bytes, struct error *error) {
    struct frame_reader *reader = context;
    progress_at(&reader->progress, bytes);
    return interrupt_check(error);
}

static void begin(struct frame_reader *reader, const char *path) {
    const struct recipe_input *input = reader->reading->input;
    struct stat status;
    for (size_t c = 0; c < input->n_columns; c++)
        frame_add(reader->frame, input->columns[c].name, input->columns[c].role, kind_of(input->columns[c].role));
    reader->place = xcalloc(input->n_columns, sizeof *reader->place);
    reader->row = xcalloc(input->n_columns, sizeof *reader->row);
    for (int missing = 0; missing < 2; missing++) {
        reader->lenient[missing] = xcalloc(input->n_columns, sizeof(bool));
        for (size_t c = 0; c < input->n_columns && reader->reading->lenient != NULL; c++)
            reader->lenient[missing][c] =
                reader->reading->lenient(reader->reading->context, input->columns[c].name, missing == 1);
    }
    uint64_t size = stat(path, &status) == 0 && status.st_size > 0 ? (uint64_t)status.st_size : 1;
    progress_begin(&reader->progress, "reading", size, progress_wanted());
}

static void end(struct frame_reader *reader) {
    progress_end(&reader->progress, reader->progress.total);
    free(reader->place);
    free(reader->row);
    free(reader->lenient[0]);
    free(reader->lenient[1]);
}

bool frame_read(struct frame *frame, const char *path, const struct frame_reading *reading, struct error *error) {
    const struct input_format *format = &reading->input->format;
    bool named = format->n_header == 0;
    struct frame_reader reader = { .frame = frame, .reading = reading };
    const struct table_format table = { .separator = format->separator, .encoding = format->encoding, .has_header = named };
    const struct table_visitor visitor = { .context = &reader,
                                           .header = take_header,
                                           .row = named ? take_row : take_first_row,
                                           .wrong_row = take_wrong_row,
                                           .progress = on_progress };
    *frame = (struct frame){ 0 };
    begin(&reader, path);
    bool good = (named || find_columns(&reader, (const char *const *)format->header, format->n_header, error)) &&
                table_read(path, &table, &visitor, error);
    end(&reader);
    if (good && frame->n == 0)
        good = error_set(error, "%s: %s", path, reading->rejects->n > 0 ? "no line is right" : "there is no row");
    if (!good)
        frame_free(frame);
    return good;
}
