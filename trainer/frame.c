#include "frame.h"

#include <stdlib.h>

static size_t cell_size(enum column_kind kind) {
    return kind == COLUMN_WORD ? sizeof(uint32_t) : sizeof(double);
}

static char *cells_of(struct frame_column *column) {
    return column->kind == COLUMN_WORD ? (char *)column->codes : (char *)column->numbers;
}

static void set_cells(struct frame_column *column, void *cells) {
    if (column->kind == COLUMN_WORD)
        column->codes = cells;
    else
        column->numbers = cells;
}

struct frame_column *frame_column(const struct frame *frame, const char *name) {
    for (size_t i = 0; i < frame->n_columns; i++)
        if (strcmp(frame->columns[i].name, name) == 0)
            return &frame->columns[i];
    return NULL;
}

struct frame_column *frame_role(const struct frame *frame, enum role role) {
    for (size_t i = 0; i < frame->n_columns; i++)
        if (frame->columns[i].role == role)
            return &frame->columns[i];
    return NULL;
}

struct frame_column *frame_add(struct frame *frame, const char *name, enum role role, enum column_kind kind) {
    frame->columns = xrealloc(frame->columns, (frame->n_columns + 1) * sizeof *frame->columns);
    struct frame_column *column = &frame->columns[frame->n_columns++];
    *column = (struct frame_column){ .name = xstrdup(name), .role = role, .kind = kind };
    size_t rows = frame->capacity > 0 ? frame->capacity : 1;
    set_cells(column, xcalloc(rows, cell_size(kind)));
    if (kind == COLUMN_WORD)
        memset(column->codes, 0xff, rows * sizeof *column->codes); /* WORD_NONE */
    return column;
}

void frame_keep(struct frame *frame, const bool *keep) {
    size_t n = 0;
    for (size_t i = 0; i < frame->n; i++) {
        if (!keep[i])
            continue;
        for (size_t c = 0; c < frame->n_columns && n < i; c++) {
            size_t size = cell_size(frame->columns[c].kind);
            char *cells = cells_of(&frame->columns[c]);
            memcpy(cells + n * size, cells + i * size, size);
        }
        frame->lines[n++] = frame->lines[i];
    }
    frame->n = n;
}

static void column_free(struct frame_column *column) {
    free(column->name);
    free(cells_of(column));
    words_free(&column->words);
}

void frame_drop(struct frame *frame, enum role role) {
    struct frame_column *column = frame_role(frame, role);
    if (column == NULL)
        return;
    column_free(column);
    size_t at = (size_t)(column - frame->columns);
    memmove(column, column + 1, (--frame->n_columns - at) * sizeof *column);
}

void frame_free(struct frame *frame) {
    for (size_t i = 0; i < frame->n_columns; i++)
        column_free(&frame->columns[i]);
    free(frame->columns);
    free(frame->lines);
    *frame = (struct frame){ 0 };
}
