#include "report_parts.h"
#include "../core/kmeans.h"
#include "random.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SCALED_BINS 30
#define TOP_SEGMENTS_MAX 40 /* so that the page stays small whatever the recipe */

static const json_t *scheme_json(const struct report_rows *rows, int scheme) {
    return json_array_get(rows->schemes, (size_t)scheme);
}

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* Six digits are more than a chart shows. */
static json_t *rounded(double value) {
    char text[32];
    if (!isfinite(value))
        return json_null();
    snprintf(text, sizeof text, "%.6g", value);
    return json_real(strtod(text, NULL));
}

/* Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S. Returns how many were chosen. */
static size_t choose(size_t n, size_t *chosen) {
    struct random random;
    size_t m = 0;
    random_init(&random, 0, 0);
    for (size_t i = 0; i < n && m < REPORT_SAMPLE; i++)
        if (random_below(&random, n - i) < REPORT_SAMPLE - m)
            chosen[m++] = i;
    return m;
}

json_t *report_sample(const struct report_rows *rows) {
    size_t chosen[REPORT_SAMPLE], m = choose(rows->n, chosen);
    json_t *columns = json_object(), *segments = json_object();
    for (size_t c = 0; c < rows->n_columns; c++) {
        const struct report_column *column = &rows->columns[c];
        json_t *list = json_array();
        for (size_t i = 0; i < m; i++)
            json_array_append_new(list, column->scheme < 0 ? rounded(column->values[chosen[i]])
                                                           : json_integer(column->segments[chosen[i]]));
        if (column->scheme < 0)
            json_object_set_new(columns, column->name, list);
        else
            json_object_set_new(segments, text_of(scheme_json(rows, column->scheme), "name"), list);
    }
    return json_pack("{s:I, s:I, s:o, s:o}", "customers", (json_int_t)m, "of", (json_int_t)rows->n, "columns", columns,
                     "segments", segments);
}

/* Rows in descending order of value; earlier ones first on a tie. */
struct top {
    size_t n, rows[REPORT_TOP];
};

static void top_take(struct top *top, const double *values, size_t row) {
    size_t at = top->n;
    while (at > 0 && values[row] > values[top->rows[at - 1]])
        at--;
    if (at == REPORT_TOP || isnan(values[row]))
        return;
    if (top->n < REPORT_TOP)
        top->n++;
    memmove(&top->rows[at + 1], &top->rows[at], (top->n - at - 1) * sizeof top->rows[0]);
    top->rows[at] = row;
}

static const char *value_column(const struct report_rows *rows) {
    for (size_t s = 0; s < json_array_size(rows->schemes); s++) {
        const char *name = text_of(scheme_json(rows, (int)s), "name");
        if (strcmp(text_of(scheme_json(rows, (int)s), "type"), "cltv") == 0 && report_numbers(rows, name) != NULL)
            return name;
    }
    return NULL;
}

static json_t *top_json(const struct report_rows *rows, const struct top *top) {
    json_t *list = json_array();
    for (size_t i = 0; i < top->n; i++) {
        json_t *row = json_array();
        json_array_append_new(row, json_string(report_id(rows, top->rows[i])));
        for (size_t c = 0; c < rows->n_columns; c++)
            if (rows->columns[c].scheme < 0) {
                double value = rows->columns[c].values[top->rows[i]];
                json_array_append_new(row, isfinite(value) ? json_real(value) : json_null());
            }
        json_array_append_new(list, row);
    }
    return list;
}

json_t *report_top(const struct report_rows *rows, int scheme) {
    const char *by = value_column(rows);
    const uint8_t *segments = report_segments(rows, scheme);
    if (by == NULL || segments == NULL)
        return json_null();
    const double *values = report_numbers(rows, by);
    struct top *tops = xcalloc(SCHEME_SEGMENTS_MAX + 1, sizeof *tops);
    for (size_t i = 0; i < rows->n; i++)
        top_take(&tops[segments[i]], values, i);
    json_t *columns = json_array(), *lists = json_array();
    for (size_t c = 0; c < rows->n_columns; c++)
        if (rows->columns[c].scheme < 0)
            json_array_append_new(columns, json_string(rows->columns[c].name));
    size_t n = json_array_size(json_object_get(scheme_json(rows, scheme), "segments"));
    for (size_t g = 0; g < n && g < TOP_SEGMENTS_MAX; g++)
        json_array_append_new(lists, top_json(rows, &tops[g]));
    free(tops);
    return json_pack("{s:s, s:o, s:o}", "by", by, "columns", columns, "segments", lists);
}

static json_t *histogram(const char *name, const double *values, size_t n) {
    int64_t counts[SCALED_BINS] = { 0 };
    double low = INFINITY, high = -INFINITY;
    json_t *edges = json_array(), *heights = json_array();
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i])) {
            low = fmin(low, values[i]);
            high = fmax(high, values[i]);
        }
    int bins = low < high ? SCALED_BINS : 1;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i]))
            continue;
        int bin = low < high ? (int)((values[i] - low) / (high - low) * bins) : 0;
        counts[bin < bins ? bin : bins - 1]++;
    }
    for (int b = 0; b <= bins; b++)
        json_array_append_new(edges, rounded(low + (high - low) * b / bins));
    for (int b = 0; b < bins; b++)
        json_array_append_new(heights, json_integer(counts[b]));
    return json_pack("{s:s, s:o, s:o}", "name", name, "edges", edges, "counts", heights);
}

static json_t *centres(const struct scheme *scheme, int f) {
    json_t *json = json_object();
    for (int g = 0; g < scheme->n_segments; g++)
        json_object_set_new(json, scheme->segments[g].id.text, rounded(kmeans_centroid(&scheme->kmeans, g)[f]));
    return json;
}

json_t *report_scaled(const struct report_rows *rows, const struct scheme *scheme) {
    if (scheme == NULL || scheme->type != SCHEME_KMEANS || rows->n == 0)
        return json_null();
    json_t *list = json_array();
    double *scaled = xcalloc(rows->n, sizeof *scaled);
    for (int f = 0; f < scheme->kmeans.n_features; f++) {
        const struct scaled_feature *feature = &scheme->kmeans.features[f];
        const double *values = report_numbers(rows, scaled_feature_name(feature));
        for (size_t i = 0; values != NULL && i < rows->n; i++)
            scaled[i] = scaled_z(feature, values[i]);
        if (values == NULL)
            continue;
        json_t *found = histogram(scaled_feature_name(feature), scaled, rows->n);
        json_object_set_new(found, "centres", centres(scheme, f));
        json_array_append_new(list, found);
    }
    free(scaled);
    return list;
}

/* Of two schemes rfm the second one's scores bear its name. */
static const double *scores_of(const struct report_rows *rows, int scheme, const char *score) {
    struct buffer name = { 0 };
    for (int s = 0; s < scheme; s++)
        if (strcmp(text_of(scheme_json(rows, s), "type"), "rfm") == 0 && name.len == 0)
            buffer_printf(&name, "%s_", text_of(scheme_json(rows, scheme), "name"));
    buffer_printf(&name, "%s_score", score);
    const double *scores = report_numbers(rows, name.data);
    buffer_free(&name);
    return scores;
}

static json_t *square(const double *cells, int n) {
    json_t *list = json_array();
    for (int r = 0; r < n; r++) {
        json_t *row = json_array();
        for (int f = 0; f < n; f++)
            json_array_append_new(row, json_real(cells[r * n + f]));
        json_array_append_new(list, row);
    }
    return list;
}

json_t *report_grid(const struct report_rows *rows, int scheme) {
    const json_t *json = scheme_json(rows, scheme);
    const double *recency = scores_of(rows, scheme, "recency"), *frequency = scores_of(rows, scheme, "frequency"),
                 *monetary = report_numbers(rows, "monetary");
    int n = (int)json_array_size(json_object_get(json, "table"));
    if (strcmp(text_of(json, "type"), "rfm") != 0 || recency == NULL || frequency == NULL || monetary == NULL || n == 0)
        return json_null();
    double *customers = xcalloc((size_t)n * (size_t)n, sizeof *customers), *value = xcalloc((size_t)n * (size_t)n, sizeof *value);
    for (size_t i = 0; i < rows->n; i++) {
        if (!(recency[i] >= 1 && recency[i] <= n && frequency[i] >= 1 && frequency[i] <= n))
            continue;
        int cell = ((int)recency[i] - 1) * n + (int)frequency[i] - 1;
        customers[cell]++;
        value[cell] += monetary[i];
    }
    json_t *grid = json_pack("{s:i, s:o, s:o}", "scores", n, "customers", square(customers, n), "value", square(value, n));
    free(customers);
    free(value);
    return grid;
}

json_t *report_crossed(const struct report_rows *rows, int scheme, int other) {
    const uint8_t *from = report_segments(rows, scheme), *to = report_segments(rows, other);
    if (from == NULL || to == NULL)
        return json_null();
    const size_t n = json_array_size(json_object_get(scheme_json(rows, scheme), "segments")),
                 m = json_array_size(json_object_get(scheme_json(rows, other), "segments"));
    int64_t *counts = xcalloc((size_t)256 * 256, sizeof *counts);
    for (size_t i = 0; i < rows->n; i++)
        counts[from[i] * 256 + to[i]]++;
    json_t *list = json_array();
    for (size_t g = 0; g < n; g++) {
        json_t *row = json_array();
        for (size_t h = 0; h < m; h++)
            json_array_append_new(row, json_integer(counts[g * 256 + h]));
        json_array_append_new(list, row);
    }
    free(counts);
    return list;
}
