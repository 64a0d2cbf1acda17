/* Sizes of the segments, summed over the buckets (design, section 5: obek:{b}:sizes). */
#ifndef OBEK_SIZES_H
#define OBEK_SIZES_H

#include "reading.h"

struct size_row {
    struct name scheme, segment;
    int64_t customers, value; /* minor units, of each customer at their last evaluation */
};

struct sizes {
    struct size_row *rows; /* schemes and segments in the model's order, then what is left of others, by name */
    size_t n, capacity;
};

bool sizes_read(struct sizes *sizes, struct reading *reading, struct error *error);
void sizes_free(struct sizes *sizes);
/* Customers and value of all segments of a scheme. */
struct size_row sizes_total(const struct sizes *sizes, const struct name *scheme);

#endif
