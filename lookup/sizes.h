/* Sizes of the segments, summed over the buckets (design, section 5: obek:{b}:sizes). */
#ifndef OBEK_SIZES_H
#define OBEK_SIZES_H

#include "reading.h"

#include <jansson.h>

struct size_row {
    struct name scheme, segment;
    int64_t customers, value; /* minor units, of each customer at their last evaluation */
    int64_t evaluated;        /* of the customers: with the model in force, where that says what is to be expected (`cltv`) */
    int64_t expected;         /* of those: CLTV in minor units, of each as of then */
};

struct sizes {
    struct size_row *rows; /* schemes and segments in the model's order, then what is left of others, by name */
    size_t n, capacity;
    const struct scheme *cltv; /* the model's that says what is expected; NULL: there is none */
};

bool sizes_read(struct sizes *sizes, struct reading *reading, struct error *error);
void sizes_free(struct sizes *sizes);
/* All segments of a scheme. */
struct size_row sizes_total(const struct sizes *sizes, const struct name *scheme);
/* Is the row the first of its scheme? One scheme's rows are not always beside each other: those of a former model come last. */
bool sizes_is_first(const struct sizes *sizes, size_t i);
/* 0 of nothing. */
double sizes_share(int64_t part, int64_t whole);

/* As `obek segments -o json` and /api/v1/segments tell them (docs/formats.md). Owned by the caller; NULL when campaign.catalogue
   cannot be read. */
json_t *sizes_json(const struct reading *reading, const struct sizes *sizes, struct error *error);

#endif
