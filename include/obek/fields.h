/* The small texts that obek keeps in Redis and in commits: fields with a blank (or another mark) between them. They may come from
   anywhere, so every field is checked whole. */
#ifndef OBEK_FIELDS_H
#define OBEK_FIELDS_H

#include "obek/slice.h"

#include <stdint.h>

/* The text without the blanks around it. */
struct slice slice_trim(const char *text, size_t len);
/* Splits text into exactly n fields, none of them empty. */
bool fields_split(struct slice text, char separator, struct slice *fields, size_t n);
/* A whole decimal number, with a sign perhaps. */
bool field_int64(struct slice field, int64_t *number);
/* A whole hexadecimal number. */
bool field_hex(struct slice field, uint64_t *number);
/* A copy with NUL at the end; false when it does not fit into `size` bytes or holds NUL. */
bool field_copy(struct slice field, char *out, size_t size);
/* The next item of a list such as "a; b" or "[a, b]" from *text on; false at the end. */
bool list_item(const char **text, struct slice *item);

#endif
