#include "first_instant.h"

static bool holds(struct condition condition, int64_t at) {
    return condition.holds(condition.context, at);
}

/* Gallop from the guess, then bisect. */
int64_t first_instant(struct condition condition, int64_t lo, int64_t hi, double about) {
    int64_t at = !(about > (double)lo) ? lo + 1 : !(about < (double)hi) ? hi : (int64_t)about;
    if (at == hi || holds(condition, at)) {
        hi = at;
        for (int64_t step = 1; hi - lo > step; step *= 4) {
            if (!holds(condition, hi - step)) {
                lo = hi - step;
                break;
            }
            hi -= step;
        }
    } else {
        lo = at;
        for (int64_t step = 1; hi - lo > step; step *= 4) {
            if (holds(condition, lo + step)) {
                hi = lo + step;
                break;
            }
            lo += step;
        }
    }
    while (hi - lo > 1) {
        int64_t middle = lo + (hi - lo) / 2;
        *(holds(condition, middle) ? &hi : &lo) = middle;
    }
    return hi;
}
