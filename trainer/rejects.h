/* Lines of the input that are wrong (recipe, on_error): the first ends the work, or all are counted, the first ten shown, and
   all written to rejected.csv. */
#ifndef OBEK_TRAINER_REJECTS_H
#define OBEK_TRAINER_REJECTS_H

#include "obek/error.h"
#include "obek/slice.h"

#include <stdint.h>
#include <stdio.h>

#define REJECTS_SHOWN 10

struct reject {
    uint32_t line;
    char text[300]; /* "column 'x': reason" */
};

struct rejects {
    bool skip;        /* false: the first one is an error */
    const char *path; /* of the input, for messages */
    FILE *out;        /* rejected.csv, its header written; NULL: nowhere */
    uint64_t n;
    struct reject first[REJECTS_SHOWN];
};

void rejects_head(FILE *out);
/* False: stop, with "column 'x': reason" (the reader of tables puts "path:line: " before it). column NULL: the line as a whole.
   value: the cell; NULL: none. */
bool rejects_add(struct rejects *rejects, uint32_t line, const char *column, const char *value, const char *reason,
                 struct error *error);
/* The same once the file has been read: the error has path and line. */
bool rejects_add_later(struct rejects *rejects, uint32_t line, const char *column, const char *reason, struct error *error);
/* "3 lines were skipped:" and the first ten. Nothing when there is none. */
void rejects_tell(const struct rejects *rejects, FILE *out);

#endif
