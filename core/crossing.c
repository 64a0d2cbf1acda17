#include "crossing.h"
#include "kmeans.h"

#include <math.h>

static bool slot_before(const struct slot *slot, enum transform transform, int64_t origin) {
    return slot->transform != transform ? slot->transform < transform : slot->origin > origin;
}

void slots_add(struct slots *slots, enum transform transform, int64_t origin) {
    int at = 0;
    while (at < slots->n && slot_before(&slots->slots[at], transform, origin))
        at++;
    if (at < slots->n && slots->slots[at].transform == transform && slots->slots[at].origin == origin)
        return;
    for (int i = slots->n++; i > at; i--)
        slots->slots[i] = slots->slots[i - 1];
    slots->slots[at] = (struct slot){ transform, origin, false };
}

void slots_close(struct slots *slots) {
    for (int i = 0; i < slots->n; i++)
        slots->slots[i].last = i + 1 == slots->n || slots->slots[i + 1].transform != slots->slots[i].transform;
}

int slots_find(const struct slots *slots, enum transform transform, int64_t origin) {
    int at = 0;
    while (slots->slots[at].transform != transform || slots->slots[at].origin != origin)
        at++;
    return at;
}

void slots_accumulate(const struct slots *slots, double *weights) {
    for (int i = 1; i < slots->n; i++)
        if (!slots->slots[i - 1].last)
            weights[i] += weights[i - 1];
}

static double days(int64_t from, int64_t to) {
    return ((double)to - (double)from) / (double)MS_PER_DAY;
}

/* g'(x) */
static double slope(enum transform transform, double x) {
    if (transform == TRANSFORM_NONE)
        return 1;
    return transform == TRANSFORM_LOG1P ? 1 / (1 + x) : 1 / (2 * sqrt(x));
}

/* g'(x) - g'(x + gap), without cancellation */
static double slope_lost(enum transform transform, double x, double gap) {
    if (transform == TRANSFORM_NONE)
        return 0;
    double y = x + gap;
    if (transform == TRANSFORM_LOG1P)
        return gap / ((1 + x) * (1 + y));
    return gap / (2 * sqrt(x) * sqrt(y) * (sqrt(x) + sqrt(y)));
}

void point_set(struct point *point, const struct slots *slots, int64_t at) {
    point->at = at;
    double behind = 0;
    for (int i = slots->n - 1; i >= 0; i--) {
        const struct slot *slot = &slots->slots[i];
        double x = days(slot->origin, at), level = scaled_transform(slot->transform, x);
        if (slot->last) {
            point->level[i] = level;
            point->slope[i] = slope(slot->transform, x);
        } else {
            point->level[i] = level - behind;
            point->slope[i] = slope_lost(slot->transform, x, days(slot[1].origin, slot->origin));
        }
        behind = level;
    }
}

static double value_at(const struct course *course, const struct point *point) {
    double value = course->value;
    for (int i = 0; i < course->slots->n; i++)
        value += course->weights[i] * (point->level[i] - course->start->level[i]);
    return value;
}

/* An upper bound of f on [lo, hi]. */
static double bound_above(const struct course *course, const struct point *lo, const struct point *hi) {
    double value = value_at(course, lo);
    for (int i = 0; i < course->slots->n; i++)
        if (course->weights[i] > 0)
            value += course->weights[i] * (hi->level[i] - lo->level[i]);
    return value;
}

/* Bounds of f' on [lo, hi]: every slope falls. */
static void bound_slope(const struct course *course, const struct point *lo, const struct point *hi, double *least,
                        double *most) {
    *least = *most = 0;
    for (int i = 0; i < course->slots->n; i++) {
        double w = course->weights[i];
        if (w == 0)
            continue;
        *most += w * (w > 0 ? lo : hi)->slope[i];
        *least += w * (w > 0 ? hi : lo)->slope[i];
    }
}

/* A guess at the root of a rising f: false position (Illinois) on the bounds' own formula. */
static double guess(const struct course *course, const struct point *lo, const struct point *hi) {
    double a = (double)lo->at, b = (double)hi->at, fa = value_at(course, lo), fb = value_at(course, hi);
    struct point p;
    for (int i = 0; i < 16 && fa < 0 && fb > 0 && b - a > 1; i++) {
        double t = floor(b - fb * (b - a) / (fb - fa));
        t = t <= a ? a + 1 : t >= b ? b - 1 : t;
        point_set(&p, course->slots, (int64_t)t);
        double f = value_at(course, &p);
        if (f > 0) {
            b = t, fb = f, fa /= 2;
        } else {
            a = t, fa = f, fb /= 2;
        }
    }
    return b;
}

/* One moving slot: solve in transformed space, then invert g. */
static double guess_single(const struct course *course, int slot) {
    const struct slot *s = &course->slots->slots[slot];
    double level = course->start->level[slot] - course->value / course->weights[slot];
    double x = s->transform == TRANSFORM_NONE ? level : s->transform == TRANSFORM_LOG1P ? expm1(level) : level * level;
    return ceil((double)s->origin + x * (double)MS_PER_DAY);
}

static bool above(const struct course *course, int64_t at) {
    return course->above(course->context, at);
}

/* The first instant above in (lo, hi], given that lo is not, hi is, and it changes once: gallop from the guess, then bisect. */
static int64_t narrow(const struct course *course, int64_t lo, int64_t hi, double about) {
    int64_t at = about <= (double)lo ? lo + 1 : about >= (double)hi ? hi : (int64_t)about;
    if (above(course, at)) {
        hi = at;
        for (int64_t step = 1; hi - lo > step; step *= 4) {
            if (!above(course, hi - step)) {
                lo = hi - step;
                break;
            }
            hi -= step;
        }
    } else {
        lo = at;
        for (int64_t step = 1; hi - lo > step; step *= 4) {
            if (above(course, lo + step)) {
                hi = lo + step;
                break;
            }
            lo += step;
        }
    }
    while (hi - lo > 1) {
        int64_t middle = lo + (hi - lo) / 2;
        *(above(course, middle) ? &hi : &lo) = middle;
    }
    return hi;
}

static int only_slot(const struct course *course) {
    int only = -1;
    for (int i = 0; i < course->slots->n; i++)
        if (course->weights[i] != 0 && course->slots->slots[i].last) {
            if (only >= 0)
                return -1;
            only = i;
        } else if (course->weights[i] != 0) {
            return -1;
        }
    return only;
}

static int64_t first_rising(const struct course *course, const struct point *lo, const struct point *hi) {
    if (!above(course, hi->at))
        return TIME_NEVER;
    int only = only_slot(course);
    return narrow(course, lo->at, hi->at, only >= 0 ? guess_single(course, only) : guess(course, lo, hi));
}

static int64_t first_above(const struct course *course, const struct point *lo, const struct point *hi) {
    if (bound_above(course, lo, hi) < -course->tolerance)
        return TIME_NEVER;
    double least, most;
    bound_slope(course, lo, hi, &least, &most);
    if (most <= 0)
        return TIME_NEVER;
    if (least >= 0 || hi->at - lo->at <= 1)
        return first_rising(course, lo, hi);
    struct point middle;
    point_set(&middle, course->slots, lo->at + (hi->at - lo->at) / 2);
    int64_t at = first_above(course, lo, &middle);
    return at != TIME_NEVER ? at : first_above(course, &middle, hi);
}

int64_t course_first_above(const struct course *course, const struct point *end) {
    return first_above(course, course->start, end);
}
