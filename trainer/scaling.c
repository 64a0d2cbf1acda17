#include "scaling.h"
#include "../core/kmeans.h"
#include "sorted.h"

#include <stdlib.h>

static void moments(const double *values, size_t n, double *mean, double *deviation) {
    double sum = 0, square = 0;
    *mean = values[0];
    *deviation = 0;
    if (all_equal(values, n)) /* else rounding would make a spread of nothing */
        return;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    *mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        square += (values[i] - *mean) * (values[i] - *mean);
    *deviation = sqrt(square / (double)n);
}

/* A column without any spread stays where it is: dividing by 0 would make nothing of it. */
static double factor_of(double spread) {
    return spread > 0 && isfinite(1 / spread) ? 1 / spread : 1;
}

/* Population deviation and linearly interpolated quartiles, as scikit-learn's scalers. */
static void fit_scaler(struct scaled_feature *feature, enum scaler scaler, const double *transformed, size_t n) {
    struct sorted sorted = { 0 };
    double mean, deviation;
    feature->offset = 0;
    feature->factor = 1;
    switch (scaler) {
    case SCALER_NONE:
        break;
    case SCALER_STANDARD:
        moments(transformed, n, &mean, &deviation);
        feature->offset = mean;
        feature->factor = factor_of(deviation);
        break;
    case SCALER_MINMAX:
        sorted = sorted_of(transformed, n);
        feature->offset = sorted.values[0];
        feature->factor = factor_of(sorted.values[n - 1] - sorted.values[0]);
        break;
    case SCALER_ROBUST:
        sorted = sorted_of(transformed, n);
        feature->offset = sorted_quantile(&sorted, 0.5);
        feature->factor = factor_of(sorted_quantile(&sorted, 0.75) - sorted_quantile(&sorted, 0.25));
        break;
    }
    sorted_free(&sorted);
}

/* The column that a feature is, if it is one. */
static const char *column_of(enum feature feature) {
    switch (feature) {
    case FEATURE_ORDERS_ONLINE:
    case FEATURE_ORDERS_OFFLINE:
    case FEATURE_VALUE_ONLINE:
    case FEATURE_VALUE_OFFLINE:
        return feature_name(feature);
    default:
        return NULL;
    }
}

/* Values capped for learning must be capped online, too: by the feature's clip where it is that column itself. */
static void follow_caps(struct scaled_feature *feature, const struct customers *customers, struct learned *learned) {
    const struct cleaning *cleaning = &customers->cleaning;
    const char *column = feature->attribute == NULL ? column_of(feature->feature) : feature->attribute;
    const struct cap *cap = column != NULL ? cleaning_cap(cleaning, column) : NULL;
    if (cap != NULL) {
        feature->low = fmax(feature->low, cap->low);
        feature->high = fmin(feature->high, cap->high);
    } else if (cleaning->n_caps > 0 && column == NULL) {
        learned_not_served(learned, "%s was learned from capped columns, which a state does not have",
                           scaled_feature_name(feature));
    }
}

static void follow_state(struct scaled_feature *feature, const struct learning *learning, struct learned *learned) {
    bool infinite = feature->feature == FEATURE_RECENCY_ONLINE_DAYS || feature->feature == FEATURE_RECENCY_OFFLINE_DAYS;
    if (feature->attribute != NULL) {
        if (feature->transform != TRANSFORM_NONE) /* features of the state are never negative, columns may be */
            feature->low = fmax(feature->low, 0);
        learned->attributes = true;
        learned_not_served(learned, "%s is a column of the input and no feature of the state", feature->attribute);
    }
    if (infinite && isinf(feature->high))
        learned_not_served(learned, "%s is infinite without such an order: it needs an upper clip", scaled_feature_name(feature));
    follow_caps(feature, learning->customers, learned);
}

static bool fill_column(struct matrix *matrix, size_t column, const struct scaled_feature *feature, const double *transformed,
                        struct error *error) {
    for (size_t i = 0; i < matrix->rows; i++) {
        double z = (transformed[i] - feature->offset) * feature->factor;
        if (!isfinite(z))
            return error_set(error, "%s is not a finite number for every customer: give it a clip, or clean the column",
                             scaled_feature_name(feature));
        matrix_row(matrix, i)[column] = z;
    }
    return true;
}

static bool fit_feature(struct scaled_feature *feature, const struct recipe_feature *recipe, const struct learning *learning,
                        struct learned *learned, struct matrix *matrix, size_t column, struct error *error) {
    const struct customers *customers = learning->customers;
    *feature = (struct scaled_feature){ .feature = recipe->feature,
                                        .attribute = recipe->feature == FEATURE_COUNT ? recipe->name : NULL,
                                        .transform = recipe->transform,
                                        .low = recipe->low,
                                        .high = recipe->high };
    if (!customers_have(customers, recipe->feature, recipe->name, error))
        return false;
    follow_state(feature, learning, learned);
    double *values = customers_values(customers, recipe->feature, recipe->name);
    for (size_t i = 0; i < customers->frame.n; i++)
        values[i] = scaled_transform(feature->transform, scaled_clip(feature, values[i]));
    fit_scaler(feature, recipe->scaler, values, customers->frame.n);
    bool good = fill_column(matrix, column, feature, values, error);
    free(values);
    return good;
}

bool scaling_fit(struct scaling *scaling, const struct learning *learning, struct learned *learned, struct matrix *matrix,
                 struct error *error) {
    const struct recipe_scheme *recipe = learned->recipe;
    matrix_init(matrix, learning->customers->frame.n, recipe->n_features);
    scaling->n = (int)recipe->n_features;
    bool good = true;
    for (size_t f = 0; good && f < recipe->n_features; f++)
        good = fit_feature(&scaling->features[f], &recipe->features[f], learning, learned, matrix, f, error);
    if (!good)
        matrix_free(matrix);
    return good;
}

static json_t *bound_json(double bound) {
    return isfinite(bound) ? json_real(bound) : json_null();
}

json_t *scaling_json(const struct scaling *scaling) {
    static const char *const transforms[] = { [TRANSFORM_NONE] = "none", [TRANSFORM_LOG1P] = "log1p", [TRANSFORM_SQRT] = "sqrt" };
    json_t *features = json_array();
    for (int f = 0; f < scaling->n; f++) {
        const struct scaled_feature *feature = &scaling->features[f];
        json_array_append_new(features,
                              json_pack("{s:s, s:s, s:[o, o], s:f, s:f}", "name", scaled_feature_name(feature), "transform",
                                        transforms[feature->transform], "clip", bound_json(feature->low),
                                        bound_json(feature->high), "offset", feature->offset, "factor", feature->factor));
    }
    return features;
}

double scaling_raw(const struct scaled_feature *feature, double z) {
    double transformed = z / feature->factor + feature->offset;
    return feature->transform == TRANSFORM_LOG1P  ? expm1(transformed)
           : feature->transform == TRANSFORM_SQRT ? transformed * transformed
                                                  : transformed;
}
