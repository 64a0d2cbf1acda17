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
    for (int i = slots->n - 1; i >= 0; i--) {
        const struct slot *slot = &slots->slots[i];
        double x = days_between(slot->origin, at), level = scaled_transform(slot->transform, x);
        point->transformed[i] = level;
        if (slot->last) {
            point->level[i] = level;
            point->slope[i] = slope(slot->transform, x);
        } else {
            point->level[i] = level - point->transformed[i + 1];
            point->slope[i] = slope_lost(slot->transform, x, days_between(slot[1].origin, slot->origin));
        }
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

static double inverse(enum transform transform, double level) {
    if (transform == TRANSFORM_NONE)
        return level;
    return transform == TRANSFORM_LOG1P ? expm1(level) : level * level;
}

/* The slot that pulls f up most on [lo, hi]. */
static int strongest(const struct course *course, const struct point *lo, const struct point *hi) {
    int most = 0;
    double pull = -INFINITY;
    for (int i = 0; i < course->slots->n; i++) {
        double p = course->weights[i] * (hi->level[i] - lo->level[i]);
        if (p > pull)
            pull = p, most = i;
    }
    return most;
}

/* About where a rising f reaches 0 in (lo, hi]: false position (Illinois) in the strongest slot's transformed time, in which
   f is a straight line when nothing else moves. */
static double guess(const struct course *course, const struct point *lo, const struct point *hi) {
    int s = strongest(course, lo, hi);
    const struct slot *slot = &course->slots->slots[s];
    double a = lo->transformed[s], b = hi->transformed[s], fa = value_at(course, lo), fb = value_at(course, hi);
    double left = (double)lo->at, right = (double)hi->at, t = right;
    struct point p;
    int side = 0; /* the last guess was too late (1) or too early (-1) */
    for (int i = 0; i < 24 && fa < 0 && fb > 0 && right - left > 1; i++) {
        double v = b - fb * (b - a) / (fb - fa), before = t;
        t = ceil((double)slot->origin + inverse(slot->transform, v) * (double)MS_PER_DAY);
        t = t <= left ? left + 1 : t >= right ? right - 1 : t;
        if (course->slots->n == 1 || fabs(t - before) <= 1)
            return t;
        point_set(&p, course->slots, (int64_t)t);
        double f = value_at(course, &p);
        if (f > 0) {
            fa = side > 0 ? fa / 2 : fa;
            b = p.transformed[s], right = t, fb = f, side = 1;
        } else {
            fb = side < 0 ? fb / 2 : fb;
            a = p.transformed[s], left = t, fa = f, side = -1;
        }
    }
    return right;
}

static int64_t first_rising(const struct course *course, const struct point *lo, const struct point *hi) {
    if (!course->above.holds(course->above.context, hi->at))
        return TIME_NEVER;
    return first_instant(course->above, lo->at, hi->at, guess(course, lo, hi));
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
