/* Rows of customers: each is evaluated as of an entry. */
#include "../core/kmeans.h"
#include "assigning.h"

static bool needs(const struct customers *customers, const enum feature *features, size_t n, struct error *error) {
    for (size_t f = 0; f < n; f++)
        if (!customers_have(customers, features[f], feature_name(features[f]), error))
            return false;
    return true;
}

static bool kmeans_can(const struct customers *customers, const struct scheme *scheme, struct error *error) {
    for (int f = 0; f < scheme->kmeans.n_features; f++) {
        const struct scaled_feature *feature = &scheme->kmeans.features[f];
        if (!customers_have(customers, feature->feature, scaled_feature_name(feature), error))
            return false;
    }
    return true;
}

static bool cltv_can(const struct customers *customers, const struct cltv *cltv, struct error *error) {
    static const enum feature always[] = { FEATURE_FREQUENCY, FEATURE_ACTIVE_DAYS, FEATURE_TENURE_DAYS, FEATURE_AVG_ORDER_VALUE };
    static const enum feature split[] = { FEATURE_ORDERS_ONLINE, FEATURE_VALUE_ONLINE };
    bool capped = isfinite(cltv->orders_online_cap) || isfinite(cltv->orders_offline_cap) || isfinite(cltv->value_online_cap) ||
                  isfinite(cltv->value_offline_cap);
    return needs(customers, always, 4, error) && (!capped || needs(customers, split, 2, error));
}

static bool can(const struct customers *customers, const struct scheme *scheme, struct error *error) {
    static const enum feature rfm[] = { FEATURE_RECENCY_DAYS, FEATURE_FREQUENCY, FEATURE_MONETARY };
    switch (scheme->type) {
    case SCHEME_KMEANS:
        return kmeans_can(customers, scheme, error);
    case SCHEME_RFM:
        return needs(customers, rfm, 3, error);
    case SCHEME_CLTV:
        break;
    }
    return cltv_can(customers, &scheme->cltv, error);
}

static bool skip_schemes(struct assigning *assigning, const struct customers *customers, struct error *error) {
    int left = 0;
    for (int s = 0; s < assigning->model->n_schemes; s++) {
        const struct scheme *scheme = &assigning->model->schemes[s];
        struct error why;
        if (!can(customers, scheme, &why))
            assign_skip(assigning, s, why.text);
        else
            left++;
        if (scheme->type == SCHEME_KMEANS && scheme->kmeans.hysteresis > 0 && !assigning->skipped[s])
            fprintf(
                stderr,
                "obek assign: warning: scheme %s has a hysteresis of %g, and rows of customers do not say where they were before:"
                " each is taken as an entry; rows of orders give what obek run gives\n",
                scheme->name.text, scheme->kmeans.hysteresis);
    }
    return left > 0 || error_set(error, "%s: its columns suffice for no scheme of the model", assigning->options->input);
}

static int by_attributes(const struct customers *customers, const struct scheme *scheme, size_t i) {
    double z[SCHEME_FEATURES_MAX], squares[SCHEME_SEGMENTS_MAX];
    for (int f = 0; f < scheme->kmeans.n_features; f++) {
        const struct scaled_feature *feature = &scheme->kmeans.features[f];
        z[f] = scaled_z(feature, customers_value(customers, i, feature->feature, feature->attribute));
    }
    kmeans_squares(scheme, z, squares);
    return kmeans_choose(scheme, squares, -1);
}

static int answer(const struct assigning *assigning, const struct customers *customers, int s, size_t i,
                  const struct ledger_summary *summary) {
    const struct scheme *scheme = &assigning->model->schemes[s];
    if (assigning->skipped[s])
        return -1;
    if (scheme_has_attributes(scheme))
        return by_attributes(customers, scheme, i);
    return scheme_evaluate(scheme, summary, assigning->model->minor_per_major, -1, assigning->options->as_of).segment;
}

bool assign_customers(struct assigning *assigning, struct error *error) {
    struct customers customers;
    int segments[MODEL_SCHEMES_MAX];
    if (!customers_read(&customers, assigning->recipe, assigning->options->input, assigning->options->as_of, &assigning->rejects,
                        error))
        return false;
    bool good = skip_schemes(assigning, &customers, error);
    if (good)
        assign_header(assigning);
    struct progress progress;
    assign_progress(assigning, &progress, customers.frame.n);
    for (size_t i = 0; good && i < customers.frame.n; i++) {
        struct ledger_summary summary = customers_summary(&customers, i);
        for (int s = 0; s < assigning->model->n_schemes; s++)
            segments[s] = answer(assigning, &customers, s, i, &summary);
        assign_row(assigning, customers_id(&customers, i), &summary, segments);
        good = assign_look(&progress, i, error);
    }
    progress_end(&progress, customers.frame.n);
    customers_free(&customers);
    return good;
}
