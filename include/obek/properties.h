/* Java-style .properties text: comments with # or !, `key=value`, `key: value`, `key value`, backslash escapes, \uXXXX and line
   continuation. UTF-8. Hostile bytes are expected. Trailing blanks of a value are dropped (Java keeps them, by surprise). */
#ifndef OBEK_PROPERTIES_H
#define OBEK_PROPERTIES_H

#include "obek/error.h"
#include "obek/slice.h"

#include <stdio.h>

#define PROPERTIES_BYTES_MAX (1024 * 1024)
#define PROPERTIES_COUNT_MAX 10000

struct property {
    char *key, *value;
    unsigned line; /* where its logical line begins, from 1 */
};
struct properties {
    size_t n;
    struct property *items; /* in the order of the file; keys are distinct */
};

/* Parses text into *properties (to be freed whatever the answer). Errors begin with "<file>:<line>: ". */
bool properties_parse(struct properties *properties, struct slice text, const char *file, struct error *error);
/* Reads and parses a file of at most PROPERTIES_BYTES_MAX bytes. */
bool properties_read(struct properties *properties, const char *path, struct error *error);
void properties_free(struct properties *properties);
/* Writes `key = value` and a line end, escaped so that it reads back. */
void properties_write(FILE *out, const char *key, const char *value);

#endif
