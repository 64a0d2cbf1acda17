/* A model as the core uses it (design, sections 3 and 8): one or more schemes. Built by codec/model_file, which owns the
   memory; read-only afterwards. */
#ifndef OBEK_MODEL_H
#define OBEK_MODEL_H

#include "obek/features.h"
#include "obek/name.h"

#define MODEL_SCHEMES_MAX 8
#define SCHEME_SEGMENTS_MAX 255
#define SCHEME_FEATURES_MAX FEATURE_COUNT

enum scheme_type { SCHEME_KMEANS, SCHEME_RFM, SCHEME_CLTV };
enum transform { TRANSFORM_NONE, TRANSFORM_LOG1P, TRANSFORM_SQRT };

/* z = (transform(clip(x)) - offset) * factor */
struct scaled_feature {
    enum feature feature;
    enum transform transform;
    double low, high; /* clip bounds in raw units; -INFINITY, +INFINITY when absent */
    double offset, factor;
};

struct kmeans {
    double hysteresis; /* in [0, 0.5) */
    int n_features;
    struct scaled_feature features[SCHEME_FEATURES_MAX];
    double *centroids; /* n_segments rows of n_features; rows are distinct */
    double *distances; /* n_segments x n_segments squared distances D_ij^2 */
};

struct segment {
    struct name id;
    char *label_en, *label_tr; /* NULL when the model gives none */
};

struct scheme {
    struct name name;
    enum scheme_type type;
    int n_segments;
    struct segment *segments;
    struct kmeans kmeans; /* SCHEME_KMEANS; rfm and cltv come beside it */
};

struct model {
    char *name, *version; /* for events */
    char currency[4];     /* ISO 4217 */
    double minor_per_major;
    int n_schemes;
    struct scheme schemes[MODEL_SCHEMES_MAX];
    size_t n_probes;       /* golden probes that the file was held against */
    char sha256[65];       /* of the file's bytes, hex */
    int64_t number;        /* offset of the control record that put it in force; -1 outside obek run */
    int64_t in_force_from; /* T of that record, ms; TIME_NONE: minus infinity */
};

/* The scheme of that name, or NULL. */
const struct scheme *model_scheme(const struct model *model, const struct name *name);
/* The index of the segment with that id, or -1. */
int scheme_segment(const struct scheme *scheme, const struct name *id);

#endif
