#include "model_file_internal.h"

#include "obek/buffer.h"

#include <math.h>
#include <stdlib.h>

/* No raw feature exceeds this: counts and minor units are int64, days are fewer than ms. */
#define RAW_FEATURE_MAX 1e19
/* Squares and their sums stay finite and distances comparable. */
#define SCALED_MAX 1e100

static bool read_bound(const struct node *node, double absent, double *bound, struct error *error) {
    if (json_is_null(node->json)) {
        *bound = absent;
        return true;
    }
    return node_number(node, bound, error);
}

static bool read_clip(const struct node *clip, struct scaled_feature *feature, struct error *error) {
    feature->low = -INFINITY;
    feature->high = INFINITY;
    if (clip->json == NULL || json_is_null(clip->json))
        return true;
    if (!node_is_array(clip, 2, 2, error))
        return false;
    struct node low = node_item(clip, 0), high = node_item(clip, 1);
    if (!read_bound(&low, -INFINITY, &feature->low, error) || !read_bound(&high, INFINITY, &feature->high, error))
        return false;
    if (feature->low > feature->high)
        return node_error(clip, error, "the lower bound %.17g exceeds the upper one, %.17g", feature->low, feature->high);
    return true;
}

static bool read_transform(const struct node *node, enum transform *transform, struct error *error) {
    static const char *const names[] = { [TRANSFORM_NONE] = "none", [TRANSFORM_LOG1P] = "log1p", [TRANSFORM_SQRT] = "sqrt" };
    *transform = TRANSFORM_NONE;
    const char *text;
    if (node->json == NULL)
        return true;
    if (!node_text(node, &text, error))
        return false;
    for (int i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            *transform = (enum transform)i;
            return true;
        }
    return node_error(node, error, "\"%s\" is no transform (none, log1p, sqrt)", text);
}

static double transformed(enum transform transform, double x) {
    return transform == TRANSFORM_LOG1P ? log1p(x) : transform == TRANSFORM_SQRT ? sqrt(x) : x;
}

/* Raw features are never negative (attributes may be), so what reaches the transform lies between these two. */
static bool check_range(const struct node *node, const struct scaled_feature *feature, struct error *error) {
    struct node clip = node_member(node, "clip");
    double least = fmin(fmax(feature->attribute != NULL ? -RAW_FEATURE_MAX : 0, feature->low), feature->high);
    double most = fmin(fmax(RAW_FEATURE_MAX, feature->low), feature->high);
    if (feature->transform == TRANSFORM_LOG1P && !(least > -1))
        return node_error(&clip, error, "log1p needs values above -1");
    if (feature->transform == TRANSFORM_SQRT && !(least >= 0))
        return node_error(&clip, error, "sqrt needs values of at least 0");
    double z_least = (transformed(feature->transform, least) - feature->offset) * feature->factor;
    double z_most = (transformed(feature->transform, most) - feature->offset) * feature->factor;
    if (!(fabs(z_least) <= SCALED_MAX && fabs(z_most) <= SCALED_MAX))
        return node_error(node, error, "offset and factor give scaled values beyond %g", SCALED_MAX);
    return true;
}

/* Such a model may have been learned from columns that are no features of the state. */
static bool of_unservable_model(const struct node *node) {
    while (node->parent != NULL)
        node = node->parent;
    return json_is_false(json_object_get(node->json, "servable"));
}

static bool read_feature(const struct node *node, struct scaled_feature *feature, struct error *error) {
    static const char *const keys[] = { "name", "transform", "clip", "offset", "factor", NULL };
    struct node name = node_member(node, "name"), transform = node_member(node, "transform"), clip = node_member(node, "clip");
    struct node offset = node_member(node, "offset"), factor = node_member(node, "factor");
    const char *text;
    if (!node_is_object(node, keys, error) || !node_text(&name, &text, error))
        return false;
    feature->feature = feature_from_name(slice_of(text));
    if (feature->feature == FEATURE_COUNT && !of_unservable_model(node))
        return node_error(&name, error, "there is no feature \"%s\"", text);
    if (feature->feature == FEATURE_COUNT)
        feature->attribute = xstrdup(text);
    if (!read_transform(&transform, &feature->transform, error) || !read_clip(&clip, feature, error) ||
        !node_number(&offset, &feature->offset, error) || !node_number(&factor, &feature->factor, error))
        return false;
    bool may_be_infinite = feature->feature == FEATURE_RECENCY_ONLINE_DAYS || feature->feature == FEATURE_RECENCY_OFFLINE_DAYS;
    if (may_be_infinite && isinf(feature->high))
        return node_error(&clip, error, "%s is infinite without such an order: it needs an upper bound", text);
    return check_range(node, feature, error);
}

static bool read_features(const struct node *node, struct kmeans *kmeans, struct error *error) {
    if (!node_is_array(node, 1, SCHEME_FEATURES_MAX, error))
        return false;
    kmeans->n_features = (int)json_array_size(node->json);
    for (int i = 0; i < kmeans->n_features; i++) {
        struct node item = node_item(node, (size_t)i);
        if (!read_feature(&item, &kmeans->features[i], error))
            return false;
        for (int j = 0; j < i; j++)
            if (strcmp(scaled_feature_name(&kmeans->features[j]), scaled_feature_name(&kmeans->features[i])) == 0)
                return node_error(&item, error, "the feature \"%s\" is named twice", scaled_feature_name(&kmeans->features[i]));
    }
    return true;
}

static bool read_centroid(const struct node *segment, int n_features, double *centroid, struct error *error) {
    struct node node = node_member(segment, "centroid");
    if (!node_is_array(&node, (size_t)n_features, (size_t)n_features, error))
        return false;
    for (int i = 0; i < n_features; i++) {
        struct node item = node_item(&node, (size_t)i);
        if (!node_number(&item, &centroid[i], error))
            return false;
        if (fabs(centroid[i]) > SCALED_MAX)
            return node_error(&item, error, "%g lies beyond %g", centroid[i], SCALED_MAX);
    }
    return true;
}

static bool read_centroids(const struct node *segments, struct scheme *scheme, struct error *error) {
    size_t n = (size_t)scheme->n_segments, width = (size_t)scheme->kmeans.n_features;
    scheme->kmeans.centroids = xcalloc(n * width, sizeof(double));
    for (size_t i = 0; i < n; i++) {
        struct node segment = node_item(segments, i);
        if (!read_centroid(&segment, (int)width, scheme->kmeans.centroids + i * width, error))
            return false;
    }
    return true;
}

static double squared_distance(const double *a, const double *b, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

/* Design, section 3, "Nearest centroid": D_ij^2; equal centroids are refused. */
static bool fill_distances(const struct node *segments, struct scheme *scheme, struct error *error) {
    struct kmeans *kmeans = &scheme->kmeans;
    size_t n = (size_t)scheme->n_segments, width = (size_t)kmeans->n_features;
    kmeans->distances = xcalloc(n * n, sizeof(double));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double distance = squared_distance(kmeans->centroids + i * width, kmeans->centroids + j * width, kmeans->n_features);
            struct node segment = node_item(segments, i), centroid = node_member(&segment, "centroid");
            if (!(distance > 0))
                return node_error(&centroid, error, "equals the centroid of \"%s\"", scheme->segments[j].id.text);
            kmeans->distances[i * n + j] = kmeans->distances[j * n + i] = distance;
        }
    return true;
}

bool scheme_read_kmeans(const struct node *node, struct scheme *scheme, struct error *error) {
    static const char *const keys[] = { "name", "type", "hysteresis", "features", "segments", NULL };
    static const char *const segment_keys[] = { "id", "label", "centroid", NULL };
    struct node hysteresis = node_member(node, "hysteresis"), features = node_member(node, "features");
    struct node segments = node_member(node, "segments");
    if (!node_is_object(node, keys, error))
        return false;
    if (hysteresis.json != NULL && !node_number(&hysteresis, &scheme->kmeans.hysteresis, error))
        return false;
    if (!(scheme->kmeans.hysteresis >= 0 && scheme->kmeans.hysteresis < 0.5))
        return node_error(&hysteresis, error, "%g is not in [0, 0.5)", scheme->kmeans.hysteresis);
    return read_features(&features, &scheme->kmeans, error) && scheme_read_segments(&segments, segment_keys, scheme, error) &&
           read_centroids(&segments, scheme, error) && fill_distances(&segments, scheme, error);
}
