/* segments.csv read back: a column of numbers, or of segments, at a time. */
#ifndef OBEK_TRAINER_REPORT_ROWS_H
#define OBEK_TRAINER_REPORT_ROWS_H

#include "obek/buffer.h"
#include "obek/error.h"
#include "obek/model.h"

#include <jansson.h>

#define REPORT_NOBODY UINT8_MAX /* SCHEME_SEGMENTS_MAX segments are 0 to 254 */

struct report_column {
    char *name;
    int scheme;     /* of metrics.json, whose segments these are; -1: numbers */
    double *values; /* NAN: an empty cell */
    uint8_t *segments;
};

struct report_rows {
    const json_t *schemes; /* of metrics.json; borrowed */
    size_t n, capacity;
    size_t n_columns;
    struct report_column *columns;
    struct buffer ids; /* one after the other, each with a NUL */
    size_t *id_at;
};

bool report_rows_read(struct report_rows *rows, const char *path, const json_t *schemes, struct error *error);
void report_rows_free(struct report_rows *rows);

const char *report_id(const struct report_rows *rows, size_t row);
/* The numbers of a column, or NULL. */
const double *report_numbers(const struct report_rows *rows, const char *name);
/* The segments of a scheme of metrics.json, or NULL. */
const uint8_t *report_segments(const struct report_rows *rows, int scheme);
/* The index of a segment of that id among the scheme's, or -1. */
int report_segment_index(const json_t *scheme, const char *id);

#endif
