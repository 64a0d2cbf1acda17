#include "kmeans.h"
#include "must.h"
#include "share.h"

void kmeans_scale(const struct kmeans *kmeans, const struct ledger_summary *summary, double minor_per_major, int64_t now,
                  double z[SCHEME_FEATURES_MAX]) {
    for (int i = 0; i < kmeans->n_features; i++) {
        const struct scaled_feature *f = &kmeans->features[i];
        z[i] = scaled_z(f, feature_value(f->feature, summary, now, minor_per_major));
    }
}

void kmeans_squares(const struct scheme *scheme, const double *z, double squares[SCHEME_SEGMENTS_MAX]) {
    for (int j = 0; j < scheme->n_segments; j++)
        squares[j] = kmeans_square(&scheme->kmeans, j, z);
}

int kmeans_choose(const struct scheme *scheme, const double *squares, int present) {
    int chosen = present;
    for (int j = 0; j < scheme->n_segments; j++) {
        if (j == present || (present >= 0 && !kmeans_beyond(scheme, squares, present, j)))
            continue;
        if (chosen == present || squares[j] < squares[chosen])
            chosen = j;
    }
    return chosen;
}

static int nearest_other(const struct scheme *scheme, const double *squares, int segment) {
    int nearest = -1;
    for (int j = 0; j < scheme->n_segments; j++)
        if (j != segment && (nearest < 0 || squares[j] < squares[nearest]))
            nearest = j;
    return nearest;
}

struct scheme_answer kmeans_evaluate(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major,
                                     int present, int64_t now) {
    double z[SCHEME_FEATURES_MAX], squares[SCHEME_SEGMENTS_MAX];
    MUST(scheme->n_segments >= 1 && scheme->n_segments <= SCHEME_SEGMENTS_MAX && present < scheme->n_segments);
    kmeans_scale(&scheme->kmeans, summary, minor_per_major, now, z);
    kmeans_squares(scheme, z, squares);
    struct scheme_answer answer = { .segment = kmeans_choose(scheme, squares, present), .margin = 1 };
    int r = answer.runner_up = nearest_other(scheme, squares, answer.segment);
    if (r >= 0)
        answer.margin = clamp_to_unit((squares[r] - squares[answer.segment]) / kmeans_distance(scheme, answer.segment, r));
    return answer;
}

int kmeans_values(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int64_t now,
                  struct scheme_value values[SCHEME_VALUES_MAX]) {
    const struct kmeans *kmeans = &scheme->kmeans;
    for (int i = 0; i < kmeans->n_features; i++) {
        const struct scaled_feature *f = &kmeans->features[i];
        values[i].name = feature_name(f->feature);
        values[i].value = scaled_clip(f, feature_value(f->feature, summary, now, minor_per_major));
    }
    return kmeans->n_features;
}
