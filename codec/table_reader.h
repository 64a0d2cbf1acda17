/* Tables of text: CSV (RFC 4180, with another separator perhaps) or columns apart by blanks; plain or gzip; UTF-8, with or
   without a byte order mark, or whatever iconv knows. Bytes are hostile. */
#ifndef OBEK_TABLE_READER_H
#define OBEK_TABLE_READER_H

#include "obek/error.h"
#include "obek/slice.h"

#include <stdint.h>

#define TABLE_ROW_BYTES_MAX (1024 * 1024)

struct table_format {
    char separator;       /* ' ': any number of blanks; no quotes then */
    const char *encoding; /* for iconv; NULL: UTF-8 */
    bool has_header;      /* the first row names the columns */
};

/* Cells are NUL-terminated, valid UTF-8, without NUL inside; borrowed until the call returns. The functions return false to end
   the reading; their error gets "file:line: " before it. */
struct table_visitor {
    void *context;
    /* the first row of a table with a header */
    bool (*header)(void *context, const struct slice *cells, size_t n, struct error *error);
    bool (*row)(void *context, const struct slice *cells, size_t n, uint32_t line, struct error *error);
    /* a row that is none: bytes that are no text, another number of columns than the row before. False ends the reading with that
       error. NULL: every such row does. */
    bool (*wrong_row)(void *context, uint32_t line, const char *why, struct error *error);
    /* bytes of the file read so far, now and then; NULL: not asked for */
    bool (*progress)(void *context, uint64_t bytes, struct error *error);
};

bool table_read(const char *path, const struct table_format *format, const struct table_visitor *visitor, struct error *error);

#endif
