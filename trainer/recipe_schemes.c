/* What is to be learned. */
#include "recipe_internal.h"

#include "obek/buffer.h"
#include "obek/words.h"

#include <math.h>
#include <stdlib.h>

#define STARTS_MAX 10000
#define HORIZONS_MAX 8

static const char *const transforms[] = { [TRANSFORM_NONE] = "none", [TRANSFORM_LOG1P] = "log1p", [TRANSFORM_SQRT] = "sqrt" };
static const char *const scalers[] = {
    [SCALER_NONE] = "none", [SCALER_MINMAX] = "minmax", [SCALER_STANDARD] = "standard", [SCALER_ROBUST] = "robust"
};

static bool read_clip(const struct node *clip, struct recipe_feature *feature, struct error *error) {
    double *const bounds[] = { &feature->low, &feature->high };
    feature->low = -INFINITY;
    feature->high = INFINITY;
    if (clip->json == NULL)
        return true;
    if (!node_is_array(clip, 2, 2, error))
        return false;
    for (size_t i = 0; i < 2; i++) {
        struct node item = node_item(clip, i);
        if (!json_is_null(item.json) && !node_number(&item, bounds[i], error))
            return false;
    }
    return feature->low <= feature->high || node_error(clip, error, "the lower bound exceeds the upper one");
}

static bool is_attribute(const struct recipe *recipe, const char *name) {
    for (size_t i = 0; i < recipe->input.n_columns; i++)
        if (recipe->input.columns[i].role == ROLE_ATTRIBUTE && strcmp(recipe->input.columns[i].name, name) == 0)
            return true;
    return false;
}

static bool unknown_feature(const struct node *node, const struct recipe *recipe, const char *text, struct error *error) {
    const char *names[FEATURE_COUNT + 256];
    size_t n = 0;
    for (int i = 0; i < FEATURE_COUNT; i++)
        names[n++] = feature_name((enum feature)i);
    for (size_t i = 0; i < recipe->input.n_columns && n < sizeof names / sizeof *names; i++)
        if (recipe->input.columns[i].role == ROLE_ATTRIBUTE)
            names[n++] = recipe->input.columns[i].name;
    const char *nearest = nearest_word(text, names, n);
    if (nearest != NULL)
        return node_error(node, error, "there is no feature or attribute \"%s\" (did you mean \"%s\"?)", text, nearest);
    return node_error(node, error, "there is no feature or attribute \"%s\"", text);
}

static bool read_feature(const struct node *node, const struct recipe *recipe, struct recipe_feature defaults,
                         struct recipe_feature *feature, struct error *error) {
    static const char *const keys[] = { "name", "transform", "scale", "clip", NULL };
    struct node name = node_member(node, "name"), clip = node_member(node, "clip");
    const char *text;
    int transform = (int)defaults.transform, scaler = (int)defaults.scaler;
    bool plain = json_is_string(node->json);
    if (!plain && !node_is_object(node, keys, error))
        return false;
    if (!node_text(plain ? node : &name, &text, error) || !member_word(node, "transform", transforms, 3, &transform, error) ||
        !member_word(node, "scale", scalers, 4, &scaler, error) || !read_clip(&clip, feature, error))
        return false;
    feature->feature = feature_from_name(slice_of(text));
    if (feature->feature == FEATURE_COUNT && !is_attribute(recipe, text))
        return unknown_feature(plain ? node : &name, recipe, text, error);
    feature->name = xstrdup(text);
    feature->transform = (enum transform)transform;
    feature->scaler = (enum scaler)scaler;
    return true;
}

static bool read_features(const struct node *node, const struct recipe *recipe, struct recipe_scheme *scheme,
                          struct error *error) {
    struct node features = node_member(node, "features");
    int transform = TRANSFORM_NONE, scaler = SCALER_NONE;
    if (!member_word(node, "transform", transforms, 3, &transform, error) ||
        !member_word(node, "scale", scalers, 4, &scaler, error) || !node_is_array(&features, 1, SCHEME_FEATURES_MAX, error))
        return false;
    struct recipe_feature defaults = { .transform = (enum transform)transform, .scaler = (enum scaler)scaler };
    for (size_t i = 0; i < json_array_size(features.json); i++) {
        struct node item = node_item(&features, i);
        scheme->n_features = i + 1;
        if (!read_feature(&item, recipe, defaults, &scheme->features[i], error))
            return false;
        for (size_t j = 0; j < i; j++)
            if (strcmp(scheme->features[j].name, scheme->features[i].name) == 0)
                return node_error(&item, error, "the feature \"%s\" is named twice", scheme->features[i].name);
    }
    return true;
}

/* A number, or {"from": 2, "to": 20}. */
static bool read_k(const struct node *node, struct recipe_scheme *scheme, struct error *error) {
    static const char *const keys[] = { "from", "to", NULL };
    struct node k = node_member(node, "k");
    int *from = &scheme->kmeans.k_from, *to = &scheme->kmeans.k_to;
    if (!json_is_object(k.json)) {
        if (k.json == NULL)
            return node_error(&k, error, "missing (a number, or an object with \"from\" and \"to\", for the elbow)");
        if (!member_whole(node, "k", 1, SCHEME_SEGMENTS_MAX, from, error))
            return false;
        *to = *from;
        return true;
    }
    if (!node_is_object(&k, keys, error) || !member_whole(&k, "from", 1, SCHEME_SEGMENTS_MAX, from, error) ||
        !member_whole(&k, "to", 1, SCHEME_SEGMENTS_MAX, to, error))
        return false;
    return (*from >= 1 && *to >= *from + 2) || node_error(&k, error, "an elbow needs at least three numbers \"from\" .. \"to\"");
}

static bool read_kmeans(const struct node *node, const struct recipe *recipe, struct recipe_scheme *scheme, struct error *error) {
    static const char *const keys[] = { "name",   "type",       "features",       "transform", "scale", "k",
                                        "starts", "hysteresis", "silhouette_max", "segments",  NULL };
    scheme->kmeans.starts = 10;
    return node_is_object(node, keys, error) && read_features(node, recipe, scheme, error) && read_k(node, scheme, error) &&
           member_whole(node, "starts", 1, STARTS_MAX, &scheme->kmeans.starts, error) &&
           member_whole(node, "silhouette_max", 2, 10000000, &scheme->kmeans.silhouette_max, error) &&
           member_number(node, "hysteresis", 0, 0.499999, &scheme->hysteresis, error);
}

static bool read_cut(const struct node *node, struct recipe_scheme *scheme, struct error *error) {
    static const char *const keys[] = { "k", "height", NULL };
    struct node cut = node_member(node, "cut"), k = node_member(&cut, "k"), height = node_member(&cut, "height");
    if (!node_is_object(&cut, keys, error))
        return false;
    if ((k.json == NULL) == (height.json == NULL))
        return node_error(&cut, error, "either \"k\" or \"height\" is needed");
    return member_whole(&cut, "k", 1, SCHEME_SEGMENTS_MAX, &scheme->hierarchical.k, error) &&
           member_number(&cut, "height", 0, 1e150, &scheme->hierarchical.height, error);
}

static bool read_hierarchical(const struct node *node, const struct recipe *recipe, struct recipe_scheme *scheme,
                              struct error *error) {
    static const char *const linkages[] = { "ward", "complete", "average", "single" };
    static const char *const keys[] = { "name", "type",       "features",   "transform", "scale", "linkage",
                                        "cut",  "dendrogram", "hysteresis", "segments",  NULL };
    int linkage = LINKAGE_WARD;
    scheme->hierarchical.dendrogram = 30;
    if (!node_is_object(node, keys, error) || !read_features(node, recipe, scheme, error) ||
        !member_word(node, "linkage", linkages, 4, &linkage, error) || !read_cut(node, scheme, error))
        return false;
    scheme->hierarchical.linkage = (enum linkage)linkage;
    return member_whole(node, "dendrogram", 0, 10000, &scheme->hierarchical.dendrogram, error) &&
           member_number(node, "hysteresis", 0, 0.499999, &scheme->hysteresis, error);
}

static int segment_of(const struct recipe_scheme *scheme, const struct name *id) {
    for (size_t i = 0; i < scheme->n_segments; i++)
        if (name_equal(&scheme->segments[i].id, id))
            return (int)i;
    return -1;
}

static bool read_cell(const struct node *cell, const struct recipe_scheme *scheme, uint8_t *segment, struct error *error) {
    struct name id;
    if (!node_name(cell, &id, error))
        return false;
    int found = segment_of(scheme, &id);
    *segment = (uint8_t)found;
    return found >= 0 || node_error(cell, error, "there is no segment \"%s\" in \"segments\"", id.text);
}

static bool read_table(const struct node *node, struct recipe_scheme *scheme, struct error *error) {
    struct node table = node_member(node, "table"), segments = node_member(node, "segments");
    size_t n = (size_t)scheme->rfm.scores;
    if (table.json == NULL && segments.json == NULL && n == 5)
        return true; /* the usual ten */
    if (segments.json == NULL)
        return node_error(&segments, error, "missing: the usual ten are for five scores and a table of them");
    if (!node_is_array(&table, n, n, error))
        return false;
    scheme->rfm.table = xcalloc(n * n, 1);
    for (size_t r = 0; r < n; r++) {
        struct node row = node_item(&table, r);
        if (!node_is_array(&row, n, n, error))
            return false;
        for (size_t f = 0; f < n; f++) {
            struct node cell = node_item(&row, f);
            if (!read_cell(&cell, scheme, &scheme->rfm.table[r * n + f], error))
                return false;
        }
    }
    return true;
}

static bool read_rfm(const struct node *node, const struct recipe *recipe, struct recipe_scheme *scheme, struct error *error) {
    static const char *const keys[] = { "name", "type", "mode", "scores", "segments", "table", NULL };
    static const char *const modes[] = { "frozen", "rank" };
    int mode = 0;
    (void)recipe;
    scheme->rfm.scores = 5;
    if (!node_is_object(node, keys, error) || !member_word(node, "mode", modes, 2, &mode, error) ||
        !member_whole(node, "scores", 2, RFM_SCORES_MAX, &scheme->rfm.scores, error))
        return false;
    scheme->rfm.rank = mode == 1;
    return true;
}

static bool read_horizons(const struct node *node, struct recipe_scheme *scheme, struct error *error) {
    struct node horizons = node_member(node, "horizons");
    if (horizons.json == NULL)
        return true;
    if (!node_is_array(&horizons, 0, HORIZONS_MAX, error))
        return false;
    for (size_t i = 0; i < json_array_size(horizons.json); i++) {
        struct node item = node_item(&horizons, i);
        double *horizon = &scheme->cltv.horizons[i];
        if (!node_number(&item, horizon, error))
            return false;
        if (!(*horizon > 0 && *horizon <= 10000))
            return node_error(&item, error, "%g is not in (0, 10000]", *horizon);
        scheme->cltv.n_horizons = i + 1;
    }
    return true;
}

static bool read_penalty(const struct node *node, struct recipe_scheme *scheme, struct error *error) {
    static const char *const keys[] = { "process", "gamma_gamma", NULL };
    struct node penalty = node_member(node, "penalty");
    if (penalty.json == NULL)
        return true;
    return node_is_object(&penalty, keys, error) && member_number(&penalty, "process", 0, 1e6, &scheme->cltv.penalty, error) &&
           member_number(&penalty, "gamma_gamma", 0, 1e6, &scheme->cltv.gamma_penalty, error);
}

static bool check_needs_orders(const struct node *node, const struct recipe *recipe, const struct recipe_scheme *scheme,
                               struct error *error) {
    if (recipe->input.rows == ROWS_ORDERS || (!scheme->cltv.merge_days && !scheme->cltv.repeat_mean))
        return true;
    struct node wrong = node_member(node, scheme->cltv.merge_days ? "same_day" : "mean");
    return node_error(&wrong, error, "rows of customers do not tell one order from the next: that needs rows of orders");
}

static bool read_cltv(const struct node *node, const struct recipe *recipe, struct recipe_scheme *scheme, struct error *error) {
    static const char *const keys[] = { "name",   "type",      "process",     "x",          "same_day",
                                        "mean",   "unit_days", "round_units", "round_mean", "penalty",
                                        "months", "discount",  "horizons",    "segments",   NULL };
    static const char *const processes[] = { "bgnbd", "mbgnbd", "pareto_nbd" }; /* as enum purchase_model_type */
    static const char *const counts[] = { "repeat_frequency", "frequency" }, *const days[] = { "apart", "merged" };
    static const char *const means[] = { "all", "repeat" };
    int process = 0, count = 0, day = 0, mean = 0;
    scheme->cltv.unit_days = 7;
    scheme->cltv.months = 6;
    scheme->cltv.discount = 0.01;
    if (!node_is_object(node, keys, error) || !member_word(node, "process", processes, 3, &process, error) ||
        !member_word(node, "x", counts, 2, &count, error) || !member_word(node, "same_day", days, 2, &day, error) ||
        !member_word(node, "mean", means, 2, &mean, error))
        return false;
    scheme->cltv.process = (enum purchase_model_type)process;
    scheme->cltv.all_orders = count == 1;
    scheme->cltv.merge_days = day == 1;
    scheme->cltv.repeat_mean = mean == 1;
    return check_needs_orders(node, recipe, scheme, error) &&
           member_number(node, "unit_days", 0.001, 366, &scheme->cltv.unit_days, error) &&
           member_number(node, "round_units", 0, 10, &scheme->cltv.round_units, error) &&
           member_number(node, "round_mean", 0, 1000, &scheme->cltv.round_money, error) && read_penalty(node, scheme, error) &&
           member_whole(node, "months", 1, 120, &scheme->cltv.months, error) &&
           member_number(node, "discount", 0, 1, &scheme->cltv.discount, error) && read_horizons(node, scheme, error);
}

static const struct scheme_kind {
    const char *name;
    bool (*read)(const struct node *node, const struct recipe *recipe, struct recipe_scheme *scheme, struct error *error);
} kinds[] = {
    [RECIPE_KMEANS] = { "kmeans", read_kmeans },
    [RECIPE_HIERARCHICAL] = { "hierarchical", read_hierarchical },
    [RECIPE_RFM] = { "rfm", read_rfm },
    [RECIPE_CLTV] = { "cltv", read_cltv },
};

static bool read_scheme(const struct node *node, const struct recipe *recipe, struct recipe_scheme *scheme, struct error *error) {
    static const char *const names[] = { "kmeans", "hierarchical", "rfm", "cltv" };
    struct node name = node_member(node, "name"), type = node_member(node, "type"), segments = node_member(node, "segments");
    int kind;
    if (!node_is_object(node, NULL, error) || !node_name(&name, &scheme->name, error) ||
        !node_word(&type, names, 4, &kind, error))
        return false;
    for (const struct recipe_scheme *other = recipe->schemes; other < scheme; other++)
        if (name_equal(&other->name, &scheme->name))
            return node_error(&name, error, "there are two schemes \"%s\"", scheme->name.text);
    scheme->type = (enum recipe_type)kind;
    if (!kinds[kind].read(node, recipe, scheme, error) || !recipe_read_segments(&segments, recipe, scheme, error))
        return false;
    if (scheme->type == RECIPE_CLTV && scheme->n_segments < 2)
        return node_error(&segments, error, "at least two bands are needed, worst first");
    return scheme->type != RECIPE_RFM || read_table(node, scheme, error);
}

bool recipe_read_schemes(const struct node *node, struct recipe *recipe, struct error *error) {
    if (!node_is_array(node, 1, MODEL_SCHEMES_MAX, error))
        return false;
    for (size_t i = 0; i < json_array_size(node->json); i++) {
        struct node item = node_item(node, i);
        recipe->n_schemes = i + 1;
        if (!read_scheme(&item, recipe, &recipe->schemes[i], error))
            return false;
    }
    return true;
}
