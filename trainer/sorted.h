/* Numbers in ascending order, and what can be read off them. */
#ifndef OBEK_TRAINER_SORTED_H
#define OBEK_TRAINER_SORTED_H

#include <stdbool.h>
#include <stddef.h>

struct sorted {
    size_t n;
    double *values; /* owned */
};

/* A sorted copy of the values that are not NAN. By radix: linear in n. */
struct sorted sorted_of(const double *values, size_t n);
void sorted_free(struct sorted *sorted);
/* Linearly interpolated (type 7 of Hyndman and Fan 1996, as numpy and pandas do); q in [0, 1]; NAN of nothing. */
double sorted_quantile(const struct sorted *sorted, double q);
size_t sorted_distinct(const struct sorted *sorted);
/* How many are less than `value`, or at most `value`. */
size_t sorted_below(const struct sorted *sorted, double value);
size_t sorted_up_to(const struct sorted *sorted, double value);

/* Of a column that has no spread; sums of it would, by rounding. */
bool all_equal(const double *values, size_t n);

#endif
