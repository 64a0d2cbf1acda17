/* A model as the core uses it (design, sections 3 and 8): one or more schemes. Built by codec/model_file, which owns the
   memory; read-only afterwards. */
#ifndef OBEK_MODEL_H
#define OBEK_MODEL_H

#include "obek/bgnbd.h"
#include "obek/features.h"
#include "obek/name.h"

#define MODEL_SCHEMES_MAX 8
#define SCHEME_SEGMENTS_MAX 255
#define SCHEME_FEATURES_MAX FEATURE_COUNT
#define SCHEME_CUTS_MAX (SCHEME_SEGMENTS_MAX - 1)

enum scheme_type { SCHEME_KMEANS, SCHEME_RFM, SCHEME_CLTV };
enum transform { TRANSFORM_NONE, TRANSFORM_LOG1P, TRANSFORM_SQRT };

/* z = (transform(clip(x)) - offset) * factor */
struct scaled_feature {
    enum feature feature;
    char *attribute; /* NULL, but in a model that is not servable: a column of its input; feature is FEATURE_COUNT then */
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

/* Cut points, ascending. A value equal to one belongs below it. */
struct cuts {
    int n;
    double *at;
};

/* A grid of scores: a score is 1 + the number of cuts below the value, for recency counted from the other end. Cuts may be
   equal: the score between them is nobody's then. */
struct rfm {
    struct cuts recency, frequency, monetary; /* recency_days; frequency; monetary in major units */
    uint8_t *table; /* segment by recency score, then frequency score: (recency.n + 1) rows of (frequency.n + 1) */
};

/* Bands of the expected value over some months. The reader of the model file keeps everything within what the formulas bear
   (docs/formats.md), so that a value is always finite and falls while nothing is bought. */
struct cltv {
    enum feature x;                               /* FEATURE_FREQUENCY or FEATURE_REPEAT_FREQUENCY */
    double orders_online_cap, orders_offline_cap; /* +INFINITY when absent; else whole, at least 1 */
    double value_online_cap, value_offline_cap;   /* major units */
    struct bgnbd bgnbd;
    struct gamma_gamma gamma_gamma;
    double unit_days; /* the unit of the BG/NBD's times */
    int months;
    double discount;  /* a month, at least 0 */
    struct cuts cuts; /* positive, strictly ascending; one fewer than segments */
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
    union {
        struct kmeans kmeans; /* SCHEME_KMEANS */
        struct rfm rfm;       /* SCHEME_RFM */
        struct cltv cltv;     /* SCHEME_CLTV */
    };
};

struct model {
    char *name, *version; /* for events */
    char currency[4];     /* ISO 4217 */
    double minor_per_major;
    bool servable;
    char *not_servable_because; /* NULL when servable */
    int n_schemes;
    struct scheme schemes[MODEL_SCHEMES_MAX];
    size_t n_probes;       /* golden probes that the file was held against */
    char sha256[65];       /* of the file's bytes, hex */
    int64_t number;        /* offset of the control record that put it in force; -1 outside obek run */
    int64_t in_force_from; /* T of that record, ms; TIME_NONE: minus infinity */
};

/* What a scaled feature is called in the file. */
static inline const char *scaled_feature_name(const struct scaled_feature *feature) {
    return feature->attribute != NULL ? feature->attribute : feature_name(feature->feature);
}

/* The scheme of that name, or NULL. */
const struct scheme *model_scheme(const struct model *model, const struct name *name);
/* The first scheme of type `cltv`, whose value counts as what is expected of a customer; NULL. */
const struct scheme *model_cltv(const struct model *model);
/* Is it of columns that orders do not tell? Then only the offline commands can evaluate it. */
bool scheme_has_attributes(const struct scheme *scheme);
/* The index of the segment with that id, or -1. */
int scheme_segment(const struct scheme *scheme, const struct name *id);

#endif
