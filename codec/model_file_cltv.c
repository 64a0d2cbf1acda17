#include "model_file_internal.h"

#include <math.h>

/* What core/bgnbd.c bears: a value is finite, its series end within milliseconds, and time takes something from it. */
#define SHAPE_MAX 1e6
#define DROPOUT_SHAPE_MAX 1e3
#define ALPHA_DAYS_MAX 1e7
#define HORIZON_RATIO_MAX 1e4 /* horizon / alpha */
#define MONTHS_MAX 120
#define MONEY_MAX 1e15

/* A number in [low, high], or (low, high] when `above`. */
struct range {
    double low, high;
    bool above;
};

static bool read_within(const struct node *node, struct range range, double *number, struct error *error) {
    if (!node_number(node, number, error))
        return false;
    bool low_enough = *number <= range.high, high_enough = range.above ? *number > range.low : *number >= range.low;
    return low_enough && high_enough
               ? true
               : node_error(node, error, "%.17g is not in %c%g, %g]", *number, range.above ? '(' : '[', range.low, range.high);
}

static bool read_member(const struct node *parent, const char *key, struct range range, double *number, struct error *error) {
    struct node node = node_member(parent, key);
    return read_within(&node, range, number, error);
}

static bool read_x(const struct node *node, enum feature *x, struct error *error) {
    const char *text;
    *x = FEATURE_REPEAT_FREQUENCY;
    if (node->json == NULL)
        return true;
    if (!node_text(node, &text, error))
        return false;
    *x = feature_from_name(slice_of(text));
    return *x == FEATURE_FREQUENCY || *x == FEATURE_REPEAT_FREQUENCY
               ? true
               : node_error(node, error, "\"%s\" is neither frequency nor repeat_frequency", text);
}

static bool check_m(const struct node *node, struct error *error) {
    const char *text;
    if (node->json == NULL)
        return true;
    if (!node_text(node, &text, error))
        return false;
    return strcmp(text, feature_name(FEATURE_AVG_ORDER_VALUE)) == 0
               ? true
               : node_error(node, error, "\"%s\" is not avg_order_value, the only mean value there is", text);
}

static bool read_cap(const struct node *caps, const char *key, bool counts, double *cap, struct error *error) {
    struct node node = node_member(caps, key);
    *cap = INFINITY;
    if (node.json == NULL || json_is_null(node.json))
        return true;
    if (!read_within(&node, (struct range){ counts ? 1 : 0, MONEY_MAX, false }, cap, error))
        return false;
    return !counts || *cap == floor(*cap) ? true : node_error(&node, error, "%.17g is no whole number of orders", *cap);
}

static bool read_caps(const struct node *caps, struct cltv *cltv, struct error *error) {
    static const char *const keys[] = { "orders_online", "orders_offline", "value_online", "value_offline", NULL };
    double *const targets[] = { &cltv->orders_online_cap, &cltv->orders_offline_cap, &cltv->value_online_cap,
                                &cltv->value_offline_cap };
    if (caps->json != NULL && !node_is_object(caps, keys, error))
        return false;
    for (int i = 0; i < 4; i++)
        if (!read_cap(caps, keys[i], i < 2, targets[i], error))
            return false;
    return true;
}

static bool read_bgnbd(const struct node *node, struct bgnbd *bgnbd, struct error *error) {
    static const char *const keys[] = { "r", "alpha", "a", "b", NULL };
    if (!node_is_object(node, keys, error) || !read_member(node, "r", (struct range){ 0, SHAPE_MAX, true }, &bgnbd->r, error) ||
        !read_member(node, "alpha", (struct range){ 0, ALPHA_DAYS_MAX, true }, &bgnbd->alpha, error) ||
        !read_member(node, "a", (struct range){ 0, DROPOUT_SHAPE_MAX, false }, &bgnbd->a, error))
        return false;
    bool drops_out = bgnbd->a >= BGNBD_NO_DROPOUT;
    return read_member(node, "b", (struct range){ drops_out ? BGNBD_NO_DROPOUT : 0, SHAPE_MAX, false }, &bgnbd->b, error);
}

/* The least x must have a mean order value: p x + q > 1. */
static bool read_gamma_gamma(const struct node *node, struct cltv *cltv, struct error *error) {
    static const char *const keys[] = { "p", "q", "v", NULL };
    struct gamma_gamma *g = &cltv->gamma_gamma;
    const struct range positive = { 0, SHAPE_MAX, true };
    if (!node_is_object(node, keys, error) || !read_member(node, "p", positive, &g->p, error) ||
        !read_member(node, "q", positive, &g->q, error) ||
        !read_member(node, "v", (struct range){ 0, MONEY_MAX, true }, &g->v, error))
        return false;
    double least = cltv->x == FEATURE_FREQUENCY ? 1 : 0;
    if (g->p * least + g->q <= 1)
        return node_error(node, error, "a customer of one order would have no mean value: %s must exceed 1",
                          least > 0 ? "p + q" : "q");
    return true;
}

static bool read_horizon(const struct node *node, struct cltv *cltv, struct error *error) {
    struct node unit = node_member(node, "unit_days"), months = node_member(node, "months"), bgnbd = node_member(node, "bgnbd");
    struct node alpha = node_member(&bgnbd, "alpha");
    double n;
    cltv->unit_days = 7;
    if (unit.json != NULL && !read_within(&unit, (struct range){ 0, 366, true }, &cltv->unit_days, error))
        return false;
    if (!read_within(&months, (struct range){ 1, MONTHS_MAX, false }, &n, error) ||
        !read_member(node, "discount", (struct range){ 0, 1, false }, &cltv->discount, error))
        return false;
    if (n != floor(n))
        return node_error(&months, error, "%.17g is no whole number of months", n);
    cltv->months = (int)n;
    double alpha_days = cltv->bgnbd.alpha * cltv->unit_days;
    if (alpha_days > ALPHA_DAYS_MAX || MONTH_DAYS * n > HORIZON_RATIO_MAX * alpha_days)
        return node_error(&alpha, error, "%g units are %g days: neither above %g nor less than the horizon / %g",
                          cltv->bgnbd.alpha, alpha_days, ALPHA_DAYS_MAX, HORIZON_RATIO_MAX);
    return true;
}

static bool read_bands(const struct node *cuts, const struct node *segments, struct scheme *scheme, struct error *error) {
    static const char *const segment_keys[] = { "id", "label", NULL };
    if (!scheme_read_cuts(cuts, false, &scheme->cltv.cuts, error) || !scheme_read_segments(segments, segment_keys, scheme, error))
        return false;
    int bands = scheme->cltv.cuts.n + 1;
    return scheme->n_segments == bands
               ? true
               : node_error(segments, error, "%d cuts make %d segments, not %d", bands - 1, bands, scheme->n_segments);
}

bool scheme_read_cltv(const struct node *node, struct scheme *scheme, struct error *error) {
    static const char *const keys[] = { "name",      "type",   "x",        "m",    "caps",     "bgnbd", "gamma_gamma",
                                        "unit_days", "months", "discount", "cuts", "segments", NULL };
    struct cltv *cltv = &scheme->cltv;
    struct node x = node_member(node, "x"), m = node_member(node, "m"), caps = node_member(node, "caps");
    struct node bgnbd = node_member(node, "bgnbd"), gamma_gamma = node_member(node, "gamma_gamma");
    struct node cuts = node_member(node, "cuts"), segments = node_member(node, "segments");
    return node_is_object(node, keys, error) && read_x(&x, &cltv->x, error) && check_m(&m, error) &&
           read_caps(&caps, cltv, error) && read_bgnbd(&bgnbd, &cltv->bgnbd, error) &&
           read_gamma_gamma(&gamma_gamma, cltv, error) && read_horizon(node, cltv, error) &&
           read_bands(&cuts, &segments, scheme, error);
}
