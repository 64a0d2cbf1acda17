#include "obek/explain.h"
#include "cltv.h"
#include "cuts.h"
#include "kmeans.h"
#include "must.h"

#include <math.h>

/* z -> the raw value that is scaled to it; a feature with factor 0 tells nothing of it. */
static double unscaled(const struct scaled_feature *f, double z) {
    double transformed = z / f->factor + f->offset;
    switch (f->transform) {
    case TRANSFORM_NONE:
        return transformed;
    case TRANSFORM_LOG1P:
        return expm1(transformed);
    case TRANSFORM_SQRT:
        return transformed * fabs(transformed); /* of a centroid that no value reaches: beyond 0 */
    }
    __builtin_trap();
}

static void explain_parts(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int64_t now,
                          const double *z, int runner_up, int segment, struct kmeans_explanation *out) {
    const struct kmeans *kmeans = &scheme->kmeans;
    const double *here = kmeans_centroid(kmeans, segment), *there = kmeans_centroid(kmeans, runner_up);
    out->n = kmeans->n_features;
    for (int i = 0; i < out->n; i++) {
        const struct scaled_feature *f = &kmeans->features[i];
        out->features[i] = (struct feature_part){
            .feature = f->feature,
            .value = scaled_clip(f, feature_value(f->feature, summary, now, minor_per_major)),
            .typical_here = unscaled(f, here[i]),
            .typical_there = unscaled(f, there[i]),
            .advantage = (z[i] - there[i]) * (z[i] - there[i]) - (z[i] - here[i]) * (z[i] - here[i]),
        };
    }
}

static void explain_kmeans(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int64_t now,
                           const struct scheme_answer *answer, struct kmeans_explanation *out) {
    double z[SCHEME_FEATURES_MAX];
    kmeans_scale(&scheme->kmeans, summary, minor_per_major, now, z);
    int segment = answer->segment, r = answer->runner_up;
    *out = (struct kmeans_explanation){
        .square = kmeans_square(&scheme->kmeans, segment, z), .runner_up_square = NAN, .advantage = NAN, .leaves_below = NAN
    };
    if (r < 0)
        return;
    out->runner_up_square = kmeans_square(&scheme->kmeans, r, z);
    out->advantage = out->runner_up_square - out->square;
    out->leaves_below = -2 * scheme->kmeans.hysteresis * kmeans_distance(scheme, segment, r);
    explain_parts(scheme, summary, minor_per_major, now, z, r, segment, out);
}

static void band_of(const struct cuts *cuts, double value, double *above, double *up_to) {
    int n = cuts_below(cuts, value);
    *above = n > 0 ? cuts->at[n - 1] : -INFINITY;
    *up_to = n < cuts->n ? cuts->at[n] : INFINITY;
}

/* Design, section 3, "RFM": recency is counted from the other end. */
static struct band_explanation explain_score(const struct cuts *cuts, enum feature feature, double value) {
    struct band_explanation band = { .feature = feature, .value = value, .scores = cuts->n + 1 };
    int below = cuts_below(cuts, value);
    band.score = 1 + (feature == FEATURE_RECENCY_DAYS ? cuts->n - below : below);
    band_of(cuts, value, &band.above, &band.up_to);
    return band;
}

static void explain_rfm(const struct rfm *rfm, const struct ledger_summary *summary, double minor_per_major, int64_t now,
                        struct rfm_explanation *out) {
    const struct cuts *const cuts[] = { &rfm->recency, &rfm->frequency, &rfm->monetary };
    static const enum feature features[] = { FEATURE_RECENCY_DAYS, FEATURE_FREQUENCY, FEATURE_MONETARY };
    struct band_explanation *const bands[] = { &out->recency, &out->frequency, &out->monetary };
    for (int i = 0; i < 3; i++)
        *bands[i] = explain_score(cuts[i], features[i], feature_value(features[i], summary, now, minor_per_major));
}

static void explain_cltv(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int64_t now,
                         struct cltv_explanation *out) {
    struct scheme_value values[SCHEME_VALUES_MAX];
    struct buyer buyer = buyer_of(&scheme->cltv, summary, minor_per_major);
    int n = cltv_values(scheme, summary, minor_per_major, now, values);
    MUST(n == 7);
    *out = (struct cltv_explanation){ .cltv = values[4].value,
                                      .p_alive = values[5].value,
                                      .purchases = values[6].value,
                                      .order_value = buyer.order_value,
                                      .purchases_so_far = buyer.x,
                                      .avg_order_value = buyer.m };
    band_of(&scheme->cltv.cuts, out->cltv, &out->above, &out->up_to);
    out->to_lower = out->cltv - out->above;
    out->to_upper = out->up_to - out->cltv;
}

void scheme_explain(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int present,
                    int64_t now, struct scheme_explanation *out) {
    MUST(summary_orders(summary) > 0);
    out->type = scheme->type;
    out->answer = scheme_evaluate(scheme, summary, minor_per_major, present, now);
    out->due = scheme_due(scheme, summary, minor_per_major, out->answer.segment, now);
    switch (scheme->type) {
    case SCHEME_KMEANS:
        explain_kmeans(scheme, summary, minor_per_major, now, &out->answer, &out->kmeans);
        return;
    case SCHEME_RFM:
        explain_rfm(&scheme->rfm, summary, minor_per_major, now, &out->rfm);
        return;
    case SCHEME_CLTV:
        explain_cltv(scheme, summary, minor_per_major, now, &out->cltv);
        return;
    }
    __builtin_trap();
}

static int64_t mean_value(const struct ledger_summary *summary) {
    int64_t orders = summary_orders(summary), value = summary_value(summary);
    return value / orders + (2 * (value % orders) >= orders);
}

/* Is something known of an order with this hash, be it that it is waited for? */
static bool is_known(const struct ledger *ledger, uint64_t hash) {
    for (int i = 0; i < ledger->n_orders; i++)
        if (ledger->orders[i].id_hash == hash)
            return true;
    for (int i = 0; i < ledger->n_waiting; i++)
        if (ledger->waiting[i].id_hash == hash)
            return true;
    return false;
}

bool explain_usual_order(const struct ledger *ledger, int64_t now, struct order *order) {
    struct ledger_summary s = ledger_summarise(ledger);
    if (summary_orders(&s) == 0)
        return false;
    bool offline =
        s.offline.orders != s.online.orders ? s.offline.orders > s.online.orders : s.offline.last_at > s.online.last_at;
    *order = (struct order){ .kind = KIND_ORDER, .occurred_at = now, .amount = mean_value(&s), .offline = offline };
    order->customer_id = order->order_id = slice_of("one more order");
    order->order_hash = order_hash(order->order_id);
    while (is_known(ledger, order->order_hash))
        order->order_hash++;
    return true;
}
