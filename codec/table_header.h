/* The names of a table's columns, without the table. */
#ifndef OBEK_TABLE_HEADER_H
#define OBEK_TABLE_HEADER_H

#include "table_reader.h"

/* take gets the first row's cells, which are borrowed until it returns; it is not called for a file without one. */
bool table_read_header(const char *path, char separator, const char *encoding,
                       void (*take)(void *context, const struct slice *cells, size_t n), void *context, struct error *error);

#endif
