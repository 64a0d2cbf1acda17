/* Lines of a frame: a heading and rows, cut to the size of the terminal. */
#ifndef OBEK_TOP_TABLE_H
#define OBEK_TOP_TABLE_H

#include "top_frame.h"

struct table {
    char *heading;
    bool hidden; /* there is no room for it */
    size_t n, shown, capacity;
    char **rows;
};

void table_heading(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_row(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_free(struct table *table);
/* Shows fewer rows of the longest tables, then fewer tables, until all of them, with headings and the blank lines between, take
   at most `rows` lines. */
void tables_fit(struct table *tables, size_t n, size_t rows);
void table_write(struct buffer *out, const struct table *table, const struct frame_size *size);
/* A line, cut at size->columns; style: an escape sequence such as "\033[1m", used where size->color. Control characters become
 * '?'. */
void line_write(struct buffer *out, const char *text, const char *style, const struct frame_size *size);

#endif
