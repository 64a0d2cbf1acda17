/* Small things the tools print with. */
#ifndef OBEK_PRINTING_H
#define OBEK_PRINTING_H

#include "obek/slice.h"

#include <stdio.h>

/* For people: control characters (a customer id may hold any) become '?', so that a terminal is not driven by
   data. */
void print_text(FILE *out, struct slice text);
/* One CSV field (RFC 4180): quoted when it must be. */
void print_csv(FILE *out, struct slice text);
/* Columns a UTF-8 text takes in a terminal, roughly: one a code point. */
size_t text_columns(const char *text);
/* Text, then blanks up to `width` columns. */
void print_padded(FILE *out, const char *text, size_t width);

#endif
