#include "explore.h"
#include "obek/instant.h"
#include "sorted.h"

#include <math.h>
#include <stdlib.h>

#define HISTOGRAM_BINS 20

static const double quantiles[] = { 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99 };
static const char *const quantile_names[] = { "0.01", "0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95", "0.99" };
#define QUANTILE_COUNT (sizeof quantiles / sizeof *quantiles)

static json_t *real(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *quantiles_json(const struct sorted *sorted) {
    json_t *json = json_object();
    for (size_t i = 0; i < QUANTILE_COUNT; i++)
        json_object_set_new(json, quantile_names[i], real(sorted_quantile(sorted, quantiles[i])));
    return json;
}

/* Bins of one width between the least and the greatest. A bin holds its lower edge, the last one both. */
static json_t *histogram_json(const struct sorted *sorted) {
    json_t *edges = json_array(), *counts = json_array();
    double low = sorted->values[0], high = sorted->values[sorted->n - 1];
    int bins = low < high ? HISTOGRAM_BINS : 1;
    size_t before = 0;
    for (int i = 0; i <= bins; i++) {
        double edge = i == bins ? high : low + (high - low) * i / bins;
        json_array_append_new(edges, real(edge));
        if (i == 0)
            continue;
        size_t up_to = i == bins ? sorted->n : sorted_below(sorted, edge);
        json_array_append_new(counts, json_integer((json_int_t)(up_to - before)));
        before = up_to;
    }
    return json_pack("{s:o, s:o}", "edges", edges, "counts", counts);
}

/* In the ascending order of the values, so that the order of the rows does not matter. */
static void set_moments(json_t *json, const struct sorted *sorted) {
    double n = (double)sorted->n, sum = 0, second = 0, third = 0;
    for (size_t i = 0; i < sorted->n; i++)
        sum += sorted->values[i];
    double mean = sum / n;
    for (size_t i = 0; i < sorted->n; i++) {
        double off = sorted->values[i] - mean;
        second += off * off;
        third += off * off * off;
    }
    double deviation = sqrt(second / n);
    json_object_set_new(json, "mean", real(mean));
    json_object_set_new(json, "deviation", real(deviation));
    json_object_set_new(json, "skew", deviation > 0 ? real(third / n / (deviation * deviation * deviation)) : json_null());
}

json_t *explore_numbers(const double *values, size_t n) {
    struct sorted sorted = sorted_of(values, n);
    json_t *json = json_pack("{s:I, s:I, s:I}", "count", (json_int_t)sorted.n, "missing", (json_int_t)(n - sorted.n), "distinct",
                             (json_int_t)sorted_distinct(&sorted));
    /* without an online order, say, recency_online_days is infinite: not a number to add up */
    while (sorted.n > 0 && isinf(sorted.values[sorted.n - 1]))
        sorted.n--;
    if (sorted.n > 0) {
        json_object_set_new(json, "min", real(sorted.values[0]));
        json_object_set_new(json, "max", real(sorted.values[sorted.n - 1]));
        set_moments(json, &sorted);
        json_object_set_new(json, "quantiles", quantiles_json(&sorted));
        json_object_set_new(json, "histogram", histogram_json(&sorted));
    }
    sorted_free(&sorted);
    return json;
}
