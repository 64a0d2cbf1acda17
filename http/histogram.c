#include "histogram.h"

#include <float.h>
#include <math.h>

#define LEAST_SHARE 0.01

/* Puts a bin behind the others, or to the last one while that holds too little. */
static void add_bin(struct histogram *histogram, double from, double share) {
    if (histogram->n > 0 && histogram->share[histogram->n - 1] < LEAST_SHARE) {
        histogram->share[histogram->n - 1] += share;
        return;
    }
    histogram->from[histogram->n] = histogram->n == 0 ? -INFINITY : from;
    histogram->share[histogram->n++] = share;
}

/* What is left over at the end belongs to its neighbour. */
static void close_bins(struct histogram *histogram) {
    if (histogram->n < 2 || histogram->share[histogram->n - 1] >= LEAST_SHARE)
        return;
    histogram->n--;
    histogram->share[histogram->n - 1] += histogram->share[histogram->n];
}

static bool read_quantiles(struct histogram *histogram, const json_t *quantiles) {
    static const struct {
        const char *name;
        double share; /* up to the next one */
    } bins[] = { { "0.01", 0.04 }, { "0.05", 0.05 }, { "0.1", 0.15 },  { "0.25", 0.25 }, { "0.5", 0.25 },
                 { "0.75", 0.15 }, { "0.9", 0.05 },  { "0.95", 0.04 }, { "0.99", 0.01 } };
    double before = -INFINITY;
    add_bin(histogram, before, 0.01);
    for (size_t i = 0; i < sizeof bins / sizeof bins[0]; i++) {
        const json_t *at = json_object_get(quantiles, bins[i].name);
        if (!json_is_number(at) || !(json_number_value(at) > before))
            return false;
        before = json_number_value(at);
        add_bin(histogram, before, bins[i].share);
    }
    return true;
}

static double sum_of(const json_t *counts) {
    double sum = 0;
    for (size_t i = 0; i < json_array_size(counts); i++)
        sum += fmax(0, json_number_value(json_array_get(counts, i)));
    return sum;
}

static bool read_counts(struct histogram *histogram, const json_t *json) {
    const json_t *edges = json_object_get(json, "edges"), *counts = json_object_get(json, "counts");
    size_t n = json_array_size(counts);
    double sum = sum_of(counts), before = -INFINITY;
    if (n >= HISTOGRAM_BINS_MAX || json_array_size(edges) != n + 1 || !(sum > 0))
        return false;
    for (size_t i = 0; i < n; i++) {
        double from = json_number_value(json_array_get(edges, i));
        if (!json_is_number(json_array_get(edges, i)) || !(from > before))
            return false;
        add_bin(histogram, from, fmax(0, json_number_value(json_array_get(counts, i))) / sum);
        before = from;
    }
    close_bins(histogram);
    return true;
}

/* Without an online order, say, recency_online_days is infinite; the histogram is of the others. */
static void add_infinite(struct histogram *histogram, double count, double finite) {
    if (!(count > finite))
        return;
    for (int i = 0; i < histogram->n; i++)
        histogram->share[i] *= finite / count;
    histogram->from[histogram->n] = DBL_MAX;
    histogram->share[histogram->n++] = (count - finite) / count;
}

bool histogram_read(struct histogram *histogram, const json_t *feature) {
    const json_t *json = json_object_get(feature, "histogram");
    double finite = sum_of(json_object_get(json, "counts"));
    bool repeat = json_number_value(json_object_get(feature, "distinct")) < finite / 2;
    *histogram = (struct histogram){ 0 };
    if (repeat || !read_quantiles(histogram, json_object_get(feature, "quantiles"))) {
        *histogram = (struct histogram){ 0 };
        if (!read_counts(histogram, json))
            return false;
    }
    add_infinite(histogram, json_number_value(json_object_get(feature, "count")), finite);
    return histogram->n > 1;
}

int histogram_bin(const struct histogram *histogram, double value) {
    if (isnan(value))
        return -1;
    int bin = histogram->n - 1;
    while (bin > 0 && value < histogram->from[bin])
        bin--;
    return bin;
}

double histogram_psi(const struct histogram *histogram, const uint32_t *counts) {
    double total = 0, psi = 0;
    for (int i = 0; i < histogram->n; i++)
        total += counts[i];
    if (total <= 0)
        return NAN;
    for (int i = 0; i < histogram->n; i++) {
        double now = (counts[i] == 0 ? 0.5 : counts[i]) / total, then = histogram->share[i];
        psi += (now - then) * log(now / then);
    }
    return psi;
}
