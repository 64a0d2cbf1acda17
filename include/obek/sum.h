/* Sums for people, by which nothing is decided: one that has no room in 64 bits stays at their end. */
#ifndef OBEK_SUM_H
#define OBEK_SUM_H

#include <stdint.h>

static inline int64_t sum_clamped(int64_t a, int64_t b) {
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? (b > 0 ? INT64_MAX : INT64_MIN) : sum;
}

#endif
