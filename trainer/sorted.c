#include "sorted.h"
#include "obek/buffer.h"

#include <math.h>
#include <stdlib.h>

#define DIGIT_BITS 11
#define DIGITS ((64 + DIGIT_BITS - 1) / DIGIT_BITS)
#define BINS (1 << DIGIT_BITS)
#define FEW 256 /* below, bins cost more than comparing */

/* A double's bits, turned so that they sort as unsigned numbers do. */
static uint64_t key_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 != 0 ? ~bits : bits | UINT64_C(1) << 63;
}

static double value_of(uint64_t key) {
    uint64_t bits = key >> 63 != 0 ? key & ~(UINT64_C(1) << 63) : ~key;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int by_key(const void *a, const void *b) {
    uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;
    return (one > two) - (one < two);
}

/* One pass by one digit; false when all have the same: nothing was moved. */
static bool pass(const uint64_t *from, uint64_t *to, size_t n, int shift) {
    size_t *starts = xcalloc(BINS, sizeof *starts);
    for (size_t i = 0; i < n; i++)
        starts[from[i] >> shift & (BINS - 1)]++;
    bool moves = starts[from[0] >> shift & (BINS - 1)] != n;
    for (size_t bin = 0, start = 0; bin < BINS; bin++) {
        size_t count = starts[bin];
        starts[bin] = start;
        start += count;
    }
    for (size_t i = 0; moves && i < n; i++)
        to[starts[from[i] >> shift & (BINS - 1)]++] = from[i];
    free(starts);
    return moves;
}

static uint64_t *radix_sort(uint64_t *keys, size_t n) {
    uint64_t *other = xmalloc(n * sizeof *other);
    for (int digit = 0; digit < DIGITS; digit++)
        if (pass(keys, other, n, digit * DIGIT_BITS)) {
            uint64_t *done = keys;
            keys = other;
            other = done;
        }
    free(other);
    return keys;
}

struct sorted sorted_of(const double *values, size_t n) {
    uint64_t *keys = xmalloc((n > 0 ? n : 1) * sizeof *keys);
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            keys[m++] = key_of(values[i]);
    if (m >= FEW)
        keys = radix_sort(keys, m);
    else
        qsort(keys, m, sizeof *keys, by_key);
    struct sorted sorted = { m, xmalloc((m > 0 ? m : 1) * sizeof(double)) };
    for (size_t i = 0; i < m; i++)
        sorted.values[i] = value_of(keys[i]);
    free(keys);
    return sorted;
}

void sorted_free(struct sorted *sorted) {
    free(sorted->values);
    *sorted = (struct sorted){ 0 };
}

double sorted_quantile(const struct sorted *sorted, double q) {
    if (sorted->n == 0)
        return NAN;
    double place = q * (double)(sorted->n - 1);
    size_t low = (size_t)place;
    double rest = place - (double)low, a = sorted->values[low];
    if (low + 1 >= sorted->n || rest == 0)
        return a;
    double b = sorted->values[low + 1];
    if (isinf(a) || isinf(b)) /* nothing lies between */
        return rest < 0.5 ? a : b;
    /* from the nearer end, as numpy does */
    return rest < 0.5 ? a + (b - a) * rest : b - (b - a) * (1 - rest);
}

size_t sorted_distinct(const struct sorted *sorted) {
    size_t distinct = sorted->n > 0;
    for (size_t i = 1; i < sorted->n; i++)
        distinct += sorted->values[i] != sorted->values[i - 1];
    return distinct;
}

static size_t bound(const struct sorted *sorted, double value, bool equal_too) {
    size_t low = 0, high = sorted->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted->values[middle] < value || (equal_too && sorted->values[middle] == value))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t sorted_below(const struct sorted *sorted, double value) {
    return bound(sorted, value, false);
}

size_t sorted_up_to(const struct sorted *sorted, double value) {
    return bound(sorted, value, true);
}

bool all_equal(const double *values, size_t n) {
    for (size_t i = 1; i < n; i++)
        if (values[i] != values[0])
            return false;
    return true;
}
