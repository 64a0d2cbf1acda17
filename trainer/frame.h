/* A table in memory, column by column: what the recipe asked for of the rows of a file. */
#ifndef OBEK_TRAINER_FRAME_H
#define OBEK_TRAINER_FRAME_H

#include "recipe.h"
#include "rejects.h"
#include "words.h"

enum column_kind {
    COLUMN_NUMBER, /* NAN: missing. Money in major units */
    COLUMN_TIME,   /* ms UTC, as a double (exact); NAN: missing */
    COLUMN_WORD,   /* a text; WORD_NONE: missing */
    COLUMN_HASH,   /* order_hash of a text */
};

struct frame_column {
    char *name; /* of the role or attribute */
    enum role role;
    enum column_kind kind;
    union {
        double *numbers;  /* COLUMN_NUMBER, COLUMN_TIME */
        uint32_t *codes;  /* COLUMN_WORD */
        uint64_t *hashes; /* COLUMN_HASH */
    };
    struct words words; /* COLUMN_WORD */
    size_t missing;     /* cells that were, when the file was read */
};

struct frame {
    size_t n, capacity; /* rows */
    size_t n_columns;
    struct frame_column *columns;
    uint32_t *lines; /* of the file, from 1 */
};

/* Reads a file as the input says. `lenient` tells of a column whether missing or impossible values are dealt with later; NULL:
   never. Wrong lines go to `rejects`, or end the reading with file, line, column and reason. */
struct frame_reading {
    const struct recipe_input *input;
    const char *currency; /* of amounts; ISO 4217 */
    bool (*lenient)(const void *context, const char *column, bool missing);
    const void *context;
    struct rejects *rejects;
};
bool frame_read(struct frame *frame, const char *path, const struct frame_reading *reading, struct error *error);
void frame_free(struct frame *frame);

/* NULL: there is none. */
struct frame_column *frame_column(const struct frame *frame, const char *name);
struct frame_column *frame_role(const struct frame *frame, enum role role);
/* Adds a column of zeros (or WORD_NONE). Columns may move. */
struct frame_column *frame_add(struct frame *frame, const char *name, enum role role, enum column_kind kind);
/* Keeps the rows with keep[i], in their order. */
void frame_keep(struct frame *frame, const bool *keep);
/* Frees and removes a column. */
void frame_drop(struct frame *frame, enum role role);

#endif
