#include "clustering.h"

#include <stdlib.h>

bool clustering_take(struct learned *learned, const uint32_t *labels, size_t n, size_t k, struct error *error) {
    if (k > SCHEME_SEGMENTS_MAX)
        return error_set(error, "%zu segments, at most %d are possible: cut higher", k, SCHEME_SEGMENTS_MAX);
    learned->n_segments = (int)k;
    learned->segment_of = xcalloc(n + 1, 1);
    for (size_t i = 0; i < n; i++)
        learned->segment_of[i] = (uint8_t)labels[i];
    return true;
}

static json_t *row_json(const double *row, size_t n) {
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, json_real(row[i]));
    return array;
}

void clustering_scheme(struct learned *learned, const struct scaling *scaling, const struct matrix *centroids) {
    json_t *segments = json_array();
    for (int s = 0; s < learned->n_segments; s++) {
        json_t *segment = learned_segment_json(&learned->segments[s]);
        json_object_set_new(segment, "centroid", row_json(matrix_row(centroids, (size_t)s), centroids->columns));
        json_array_append_new(segments, segment);
    }
    learned->scheme = json_pack("{s:s, s:s, s:f, s:o, s:o}", "name", learned->recipe->name.text, "type", "kmeans", "hysteresis",
                                learned->recipe->hysteresis, "features", scaling_json(scaling), "segments", segments);
}

json_t *clustering_segments(const struct learned *learned, const struct scaling *scaling, const struct matrix *centroids,
                            const size_t *sizes) {
    json_t *segments = json_array();
    for (int s = 0; s < learned->n_segments; s++) {
        json_t *segment = learned_segment_json(&learned->segments[s]), *raw = json_object();
        for (int f = 0; f < scaling->n; f++) {
            double z = matrix_row(centroids, (size_t)s)[f];
            json_object_set_new(raw, scaled_feature_name(&scaling->features[f]),
                                real_json(scaling_raw(&scaling->features[f], z)));
        }
        json_object_set_new(segment, "customers", json_integer((json_int_t)sizes[s]));
        json_object_set_new(segment, "centroid", raw);
        json_array_append_new(segments, segment);
    }
    return segments;
}
