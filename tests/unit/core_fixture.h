/* What the tests of the core share: a small random generator, orders, and models built by hand. */
#ifndef CORE_FIXTURE_H
#define CORE_FIXTURE_H

#include "obek/buffer.h"
#include "obek/customer.h"
#include "obek/state_record.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DAY MS_PER_DAY
#define EPOCH INT64_C(1600000000000)

static inline uint64_t random_next(uint64_t *state) { /* splitmix64 */
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline int64_t random_below(uint64_t *state, int64_t n) {
    return (int64_t)(random_next(state) % (uint64_t)n);
}

static inline double random_unit(uint64_t *state) {
    return (double)(random_next(state) >> 11) * 0x1p-53;
}

/* cmocka's own compares floats */
#define assert_near(a, b, epsilon) assert_true(fabs((double)(a) - (double)(b)) <= (epsilon))

static inline struct name name_of(const char *text) {
    struct name name = { 0 };
    assert_true(name_set(&name, slice_of(text)));
    return name;
}

static inline struct order make_record(enum order_kind kind, const char *id, int64_t at, int64_t amount) {
    struct order order = { .kind = kind, .order_id = slice_of(id), .occurred_at = at, .amount = amount };
    order.customer_id = slice_of("c");
    order.order_hash = order_hash(order.order_id);
    return order;
}

static inline struct order make_order(const char *id, int64_t at, int64_t amount) {
    return make_record(KIND_ORDER, id, at, amount);
}

static inline struct order make_cancellation(const char *id, int64_t at) {
    return make_record(KIND_CANCELLATION, id, at, 0);
}

/* amount < 0: all of it */
static inline struct order make_return(const char *id, const char *return_id, int64_t at, int64_t amount) {
    struct order order = make_record(KIND_RETURN, id, at, amount < 0 ? 0 : amount);
    order.whole = amount < 0;
    order.return_hash = order_hash(slice_of(return_id));
    return order;
}

/* A k-means scheme of k segments s0, s1, ... over one-dimensional or wider centroids (row by row). */
static inline void kmeans_set(struct scheme *scheme, const char *name, int k, int n_features,
                              const struct scaled_feature *features, const double *centroids, double hysteresis) {
    *scheme = (struct scheme){ .name = name_of(name), .type = SCHEME_KMEANS, .n_segments = k };
    scheme->segments = calloc((size_t)k, sizeof *scheme->segments);
    scheme->kmeans.hysteresis = hysteresis;
    scheme->kmeans.n_features = n_features;
    memcpy(scheme->kmeans.features, features, (size_t)n_features * sizeof *features);
    scheme->kmeans.centroids = calloc((size_t)(k * n_features), sizeof(double));
    memcpy(scheme->kmeans.centroids, centroids, (size_t)(k * n_features) * sizeof(double));
    scheme->kmeans.distances = calloc((size_t)(k * k), sizeof(double));
    for (int i = 0; i < k; i++) {
        char id[16];
        snprintf(id, sizeof id, "s%d", i);
        scheme->segments[i].id = name_of(id);
        for (int j = 0; j < k; j++)
            for (int f = 0; f < n_features; f++) {
                double d = centroids[i * n_features + f] - centroids[j * n_features + f];
                scheme->kmeans.distances[i * k + j] += d * d;
            }
    }
}

static inline struct cuts cuts_of(int n, const double *at) {
    struct cuts cuts = { n, calloc((size_t)n + 1, sizeof(double)) };
    for (int i = 0; i < n; i++)
        cuts.at[i] = at[i];
    return cuts;
}

static inline void segments_set(struct scheme *scheme, const char *name, int n, const char *const *ids) {
    scheme->name = name_of(name);
    scheme->n_segments = n;
    scheme->segments = calloc((size_t)n, sizeof *scheme->segments);
    for (int i = 0; i < n; i++)
        scheme->segments[i].id = name_of(ids[i]);
}

/* A grid of recency alone; rows: the segment by recency score, worst first, n_cuts + 1 of them. */
static inline void rfm_set(struct scheme *scheme, const char *name, int n_cuts, const double *days, const uint8_t *rows, int n,
                           const char *const *ids) {
    *scheme = (struct scheme){ .type = SCHEME_RFM };
    segments_set(scheme, name, n, ids);
    scheme->rfm = (struct rfm){ cuts_of(n_cuts, days), cuts_of(0, days), cuts_of(0, days), calloc((size_t)n_cuts + 1, 1) };
    memcpy(scheme->rfm.table, rows, (size_t)n_cuts + 1);
}

/* Half a year in months, without caps. */
static inline void cltv_set(struct scheme *scheme, const char *name, struct bgnbd bgnbd, struct gamma_gamma gamma_gamma,
                            int n_cuts, const double *cuts, const char *const *ids) {
    *scheme = (struct scheme){ .type = SCHEME_CLTV };
    segments_set(scheme, name, n_cuts + 1, ids);
    scheme->cltv = (struct cltv){ .x = FEATURE_REPEAT_FREQUENCY,
                                  .orders_online_cap = INFINITY,
                                  .orders_offline_cap = INFINITY,
                                  .value_online_cap = INFINITY,
                                  .value_offline_cap = INFINITY,
                                  .bgnbd = bgnbd,
                                  .gamma_gamma = gamma_gamma,
                                  .unit_days = 7,
                                  .months = 6,
                                  .discount = 0.01,
                                  .cuts = cuts_of(n_cuts, cuts) };
}

static inline void scheme_clear(struct scheme *scheme) {
    free(scheme->segments);
    if (scheme->type == SCHEME_KMEANS) {
        free(scheme->kmeans.centroids);
        free(scheme->kmeans.distances);
    } else if (scheme->type == SCHEME_RFM) {
        free(scheme->rfm.recency.at);
        free(scheme->rfm.frequency.at);
        free(scheme->rfm.monetary.at);
        free(scheme->rfm.table);
    } else {
        free(scheme->cltv.cuts.at);
    }
}

static inline struct scaled_feature plain_feature(enum feature feature) {
    return (struct scaled_feature){ .feature = feature, .low = -INFINITY, .high = INFINITY, .factor = 1 };
}

static inline struct model make_model(int64_t number, int64_t in_force_from) {
    return (struct model){ .minor_per_major = 100, .number = number, .in_force_from = in_force_from };
}

static inline void model_clear(struct model *model) {
    for (int i = 0; i < model->n_schemes; i++)
        scheme_clear(&model->schemes[i]);
}

#endif
