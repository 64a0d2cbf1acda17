/* Small things that tables and messages are printed with. */
#ifndef OBEK_PRINTING_H
#define OBEK_PRINTING_H

#include "obek/slice.h"

#include <stdio.h>

/* For people: control characters (a customer id may hold any) become '?', so that a terminal is not driven by
   data. */
void print_text(FILE *out, struct slice text);
/* One CSV field (RFC 4180): quoted when it must be. */
void print_csv(FILE *out, struct slice text);
/* The same of a text that came from data: one that a spreadsheet would take for a formula (it begins with = + - @, a tab or a
   carriage return) gets an apostrophe before it. */
void print_csv_data(FILE *out, struct slice text);
/* The shortest decimal number that reads back as the same double; "nan", "inf", "-inf" for what is none. out: at least 32 bytes.
   Returns the length. */
size_t real_text(double number, char *out);
/* Columns a UTF-8 text takes in a terminal, roughly: one a code point. */
size_t text_columns(const char *text);
/* Text, then blanks up to `width` columns. */
void print_padded(FILE *out, const char *text, size_t width);

#endif
