/* How a number is spread over the customers, drawn so that a few extremes do not leave all others in one bar. */
#include "report_parts.h"
#include "sorted.h"

#include <math.h>

#define BINS 20
#define MOST 0.99    /* of the customers are spread over the bars ... */
#define TAIL_MIN 1.5 /* ... where the greatest number is so many times as far from the least */

/* Values up to `high` in equal steps; those above are in the last bar. */
static void count(const struct sorted *sorted, double low, double high, int64_t *counts) {
    for (size_t i = 0; i < sorted->n; i++) {
        double bin = low < high ? (sorted->values[i] - low) / (high - low) * BINS : 0;
        counts[(int)fmin(bin, BINS - 1)]++;
    }
}

static json_t *spread_json(const struct sorted *sorted) {
    double low = sorted->values[0], greatest = sorted->values[sorted->n - 1], high = sorted_quantile(sorted, MOST);
    int64_t counts[BINS] = { 0 };
    bool tail = high > low && greatest - low > TAIL_MIN * (high - low);
    if (!tail)
        high = greatest;
    count(sorted, low, high, counts);
    json_t *edges = json_array(), *heights = json_array();
    int bins = low < high ? BINS : 1;
    for (int b = 0; b <= bins; b++)
        json_array_append_new(edges, json_real(b < bins ? low + (high - low) * b / bins : high));
    for (int b = 0; b < bins; b++)
        json_array_append_new(heights, json_integer(counts[b]));
    return json_pack("{s:o, s:o, s:o}", "edges", edges, "counts", heights, "greatest", tail ? json_real(greatest) : json_null());
}

json_t *report_spread(const struct report_rows *rows) {
    json_t *json = json_object();
    for (size_t c = 0; c < rows->n_columns; c++) {
        if (rows->columns[c].scheme >= 0)
            continue;
        struct sorted sorted = sorted_of(rows->columns[c].values, rows->n);
        while (sorted.n > 0 && isinf(sorted.values[sorted.n - 1])) /* no such order, so none lately */
            sorted.n--;
        if (sorted.n > 0)
            json_object_set_new(json, rows->columns[c].name, spread_json(&sorted));
        sorted_free(&sorted);
    }
    return json;
}
