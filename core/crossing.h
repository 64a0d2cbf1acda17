/* The first crossing of a sum of moving terms (design, section 4): f(t) = f(lo) + sum over slots of W_s (B_s(t) - B_s(lo)).

   A slot is one (transform g, origin t_s) that is inside its clip on the whole piece; x_s is t - t_s in days. Within a
   transform the slots are in order of falling origin, x_1 < x_2 < ..., and the sum is rewritten (Abel) over the basis
   B_s = g(x_s) - g(x_s+1), the last one B_n = g(x_n), with the running sums of the weights. As g is concave and g' is
   convex for all three transforms, every B_s rises and its slope falls: so f and f' are bounded on an interval from its
   ends, and terms that nearly cancel (recency and tenure with opposite weights) do so before they are bounded. */
#ifndef CORE_CROSSING_H
#define CORE_CROSSING_H

#include "first_instant.h"
#include "obek/model.h"

struct slot {
    enum transform transform;
    int64_t origin; /* ms */
    bool last;      /* of its transform */
};

struct slots {
    int n;
    struct slot slots[SCHEME_FEATURES_MAX];
};

/* The basis at an instant. */
struct point {
    int64_t at;                              /* ms */
    double transformed[SCHEME_FEATURES_MAX]; /* g(x_s) */
    double level[SCHEME_FEATURES_MAX];       /* B_s */
    double slope[SCHEME_FEATURES_MAX];       /* B_s', per day; +infinity for sqrt at 0 */
};

/* f of one candidate on one piece. */
struct course {
    const struct slots *slots;
    const struct point *start;           /* the piece's first instant: f is not above 0 there */
    double value;                        /* f there */
    double weights[SCHEME_FEATURES_MAX]; /* W_s */
    double tolerance;                    /* what rounding can make of f */
    struct condition above;              /* the exact answer: what the scheme's evaluation says */
};

/* Adds (transform, origin) where it belongs; a known one once only. */
void slots_add(struct slots *slots, enum transform transform, int64_t origin);
/* Marks the last slot of each transform; after the last slots_add. */
void slots_close(struct slots *slots);
int slots_find(const struct slots *slots, enum transform transform, int64_t origin);
/* The weights of the slots become running sums within each transform. */
void slots_accumulate(const struct slots *slots, double *weights);
void point_set(struct point *point, const struct slots *slots, int64_t at);
/* The first integer ms in (start, end] that is above, or TIME_NEVER. */
int64_t course_first_above(const struct course *course, const struct point *end);

#endif
