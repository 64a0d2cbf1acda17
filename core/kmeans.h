/* Nearest centroid (design, section 3): what scheme.c and due.c share. */
#ifndef CORE_KMEANS_H
#define CORE_KMEANS_H

#include "obek/due.h"

#include <math.h>

static inline double scaled_clip(const struct scaled_feature *f, double raw) {
    return raw < f->low ? f->low : raw > f->high ? f->high : raw;
}

static inline double scaled_transform(enum transform transform, double raw) {
    return transform == TRANSFORM_LOG1P ? log1p(raw) : transform == TRANSFORM_SQRT ? sqrt(raw) : raw;
}

/* z = (transform(clip(x)) - offset) * factor */
static inline double scaled_z(const struct scaled_feature *f, double raw) {
    return (scaled_transform(f->transform, scaled_clip(f, raw)) - f->offset) * f->factor;
}

static inline const double *kmeans_centroid(const struct kmeans *kmeans, int segment) {
    return kmeans->centroids + (size_t)segment * (size_t)kmeans->n_features;
}

static inline double kmeans_distance(const struct scheme *scheme, int i, int j) {
    return scheme->kmeans.distances[(size_t)i * (size_t)scheme->n_segments + (size_t)j];
}

/* Squared distance to one centroid, summed in the order of the features. */
static inline double kmeans_square(const struct kmeans *kmeans, int segment, const double *z) {
    const double *c = kmeans_centroid(kmeans, segment);
    double sum = 0;
    for (int f = 0; f < kmeans->n_features; f++)
        sum += (z[f] - c[f]) * (z[f] - c[f]);
    return sum;
}

/* Past the bisector of present and other by the hysteresis? */
static inline bool kmeans_beyond(const struct scheme *scheme, const double *squares, int present, int other) {
    return squares[present] - squares[other] > 2 * scheme->kmeans.hysteresis * kmeans_distance(scheme, present, other);
}

void kmeans_scale(const struct kmeans *kmeans, const struct ledger_summary *summary, double minor_per_major, int64_t now,
                  double z[SCHEME_FEATURES_MAX]);
void kmeans_squares(const struct scheme *scheme, const double *z, double squares[SCHEME_SEGMENTS_MAX]);
/* The segment by these squared distances; present -1: entry. */
int kmeans_choose(const struct scheme *scheme, const double *squares, int present);

struct scheme_answer kmeans_evaluate(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major,
                                     int present, int64_t now);
int kmeans_values(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int64_t now,
                  struct scheme_value values[SCHEME_VALUES_MAX]);
/* The first instant in (after, until] at which kmeans_evaluate leaves `present`, or TIME_NEVER. */
struct due kmeans_due(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int present,
                      int64_t after, int64_t until);

#endif
