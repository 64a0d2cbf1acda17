#include "top_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BOLD "\033[1m"
#define FAINT "\033[2m"

static char *print(const char *format, va_list arguments) {
    char *text;
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    return text;
}

void table_heading(struct table *table, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    free(table->heading);
    table->heading = print(format, arguments);
    va_end(arguments);
}

void table_row(struct table *table, const char *format, ...) {
    va_list arguments;
    if (table->n == table->capacity) {
        table->capacity = table->capacity == 0 ? 16 : 2 * table->capacity;
        table->rows = xrealloc(table->rows, table->capacity * sizeof *table->rows);
    }
    va_start(arguments, format);
    table->rows[table->n++] = print(format, arguments);
    va_end(arguments);
    table->shown = table->n;
}

void table_free(struct table *table) {
    for (size_t i = 0; i < table->n; i++)
        free(table->rows[i]);
    free(table->rows);
    free(table->heading);
    *table = (struct table){ 0 };
}

/* A blank line, the heading, the rows, and how many more there are. */
static size_t lines_of(const struct table *table) {
    return table->n == 0 || table->hidden ? 0 : 2 + table->shown + (table->shown < table->n);
}

void tables_fit(struct table *tables, size_t n, size_t rows) {
    for (;;) {
        size_t lines = 0, longest = 0;
        for (size_t i = 0; i < n; i++) {
            lines += lines_of(&tables[i]);
            if (tables[i].shown > tables[longest].shown)
                longest = i;
        }
        if (lines <= rows || n == 0)
            return;
        if (tables[longest].shown > 0)
            tables[longest].shown--;
        else
            tables[--n].hidden = true;
    }
}

/* Bytes of the code point that begins here; never past the end. */
static size_t code_point(const char *at) {
    size_t len = 1;
    while (((unsigned char)at[len] & 0xc0) == 0x80)
        len++;
    return len;
}

void line_write(struct buffer *out, const char *text, const char *style, const struct frame_size *size) {
    bool styled = style != NULL && size->color;
    if (styled)
        buffer_append_text(out, style);
    for (size_t column = 0; *text != '\0' && (size->columns == 0 || column < size->columns); column++) {
        size_t len = code_point(text);
        bool control = (unsigned char)*text < 0x20 || *text == 0x7f;
        buffer_append(out, control ? "?" : text, control ? 1 : len);
        text += len;
    }
    if (styled)
        buffer_append_text(out, "\033[0m");
    buffer_append_text(out, "\n");
}

void table_write(struct buffer *out, const struct table *table, const struct frame_size *size) {
    char more[64];
    if (table->n == 0 || table->hidden)
        return;
    line_write(out, "", NULL, size);
    line_write(out, table->heading, BOLD, size);
    for (size_t i = 0; i < table->shown; i++)
        line_write(out, table->rows[i], NULL, size);
    snprintf(more, sizeof more, "  and %zu more", table->n - table->shown);
    if (table->shown < table->n)
        line_write(out, more, FAINT, size);
}
