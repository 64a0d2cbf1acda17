#include "explore.h"
#include "obek/fields.h"
#include "obek/instant.h"
#include "obek/ledger.h"
#include "obek/progress.h"
#include "sorted.h"

#include <math.h>
#include <stdlib.h>

#define TOP_WORDS 20

struct counted {
    uint32_t word;
    size_t count;
};

static int by_count(const void *a, const void *b) {
    const struct counted *one = a, *two = b;
    if (one->count != two->count)
        return one->count > two->count ? -1 : 1;
    return (one->word > two->word) - (one->word < two->word);
}

static json_t *top_words(const struct frame_column *column, size_t n, size_t *distinct, size_t *missing) {
    struct counted *counts = xcalloc(column->words.n + (size_t)1, sizeof *counts);
    for (uint32_t w = 0; w < column->words.n; w++)
        counts[w].word = w;
    *missing = 0;
    for (size_t i = 0; i < n; i++)
        if (column->codes[i] == WORD_NONE)
            ++*missing;
        else
            counts[column->codes[i]].count++;
    qsort(counts, column->words.n, sizeof *counts, by_count);
    json_t *top = json_array();
    *distinct = 0;
    for (uint32_t w = 0; w < column->words.n && counts[w].count > 0; w++) {
        struct slice text = words_text(&column->words, counts[w].word);
        if (w < TOP_WORDS)
            json_array_append_new(top,
                                  json_pack("{s:s%, s:I}", "value", text.data, text.len, "count", (json_int_t)counts[w].count));
        ++*distinct;
    }
    free(counts);
    return top;
}

static json_t *explore_texts(const struct frame_column *column, size_t n) {
    size_t distinct, missing;
    bool id = column->role == ROLE_CUSTOMER_ID;
    json_t *top = id ? NULL : top_words(column, n, &distinct, &missing);
    if (id)
        return json_pack("{s:I, s:i, s:I}", "count", (json_int_t)n, "missing", 0, "distinct", (json_int_t)column->words.n);
    return json_pack("{s:I, s:I, s:I, s:o}", "count", (json_int_t)(n - missing), "missing", (json_int_t)missing, "distinct",
                     (json_int_t)distinct, "top", top);
}

/* Instants read better as text than as milliseconds. */
static json_t *explore_times(const struct frame_column *column, size_t n) {
    static const struct {
        const char *name;
        double q;
    } points[] = { { "min", 0 }, { "median", 0.5 }, { "max", 1 } };
    struct sorted sorted = sorted_of(column->numbers, n);
    json_t *json = json_pack("{s:I, s:I, s:I}", "count", (json_int_t)sorted.n, "missing", (json_int_t)(n - sorted.n), "distinct",
                             (json_int_t)sorted_distinct(&sorted));
    for (int i = 0; i < 3 && sorted.n > 0; i++) {
        char text[32];
        instant_text((int64_t)sorted_quantile(&sorted, points[i].q), text);
        json_object_set_new(json, points[i].name, json_string(text));
    }
    sorted_free(&sorted);
    return json;
}

static json_t *explore_column(const struct frame_column *column, size_t n) {
    switch (column->kind) {
    case COLUMN_NUMBER:
        return explore_numbers(column->numbers, n);
    case COLUMN_TIME:
        return explore_times(column, n);
    case COLUMN_WORD:
        return explore_texts(column, n);
    case COLUMN_HASH:
        break;
    }
    return json_pack("{s:I}", "count", (json_int_t)n);
}

json_t *explore_frame(const struct frame *frame, const struct recipe *recipe) {
    static const char *const kinds[] = {
        [COLUMN_NUMBER] = "number", [COLUMN_TIME] = "time", [COLUMN_WORD] = "text", [COLUMN_HASH] = "text"
    };
    json_t *columns = json_array();
    struct progress progress;
    progress_begin(&progress, "exploring columns", frame->n_columns, progress_wanted());
    for (size_t c = 0; c < frame->n_columns; c++) {
        progress_at(&progress, c);
        const struct frame_column *column = &frame->columns[c];
        json_t *json = json_pack("{s:s, s:s, s:s}", "name", column->name, "header", recipe->input.columns[c].header, "kind",
                                 kinds[column->kind]);
        json_t *found = explore_column(column, frame->n);
        json_object_update(json, found);
        json_decref(found);
        json_array_append_new(columns, json);
    }
    progress_end(&progress, frame->n_columns);
    return columns;
}

/* The features that the columns give, then the attributes; at most `max`. */
static size_t known_features(const struct customers *customers, const char **names, enum feature *features, size_t max) {
    size_t n = 0;
    for (int f = 0; f < FEATURE_COUNT && n < max; f++)
        if (customers->has[f]) {
            features[n] = (enum feature)f;
            names[n++] = feature_name((enum feature)f);
        }
    for (size_t c = 0; c < customers->frame.n_columns && n < max; c++)
        if (customers->frame.columns[c].role == ROLE_ATTRIBUTE) {
            features[n] = FEATURE_COUNT;
            names[n++] = customers->frame.columns[c].name;
        }
    return n;
}

#define EXPLORED_MAX 64

json_t *explore_features(const struct customers *customers) {
    const char *names[EXPLORED_MAX];
    enum feature features[EXPLORED_MAX];
    size_t n = known_features(customers, names, features, EXPLORED_MAX);
    json_t *json = json_object();
    struct progress progress;
    progress_begin(&progress, "exploring features", n, progress_wanted());
    for (size_t f = 0; f < n; f++) {
        progress_at(&progress, f);
        double *values = customers_values(customers, features[f], names[f]);
        json_object_set_new(json, names[f], explore_numbers(values, customers->frame.n));
        free(values);
    }
    progress_end(&progress, n);
    return json;
}

/* Less their mean, over their length: a correlation is then a scalar product. A constant becomes all zero. */
static void standardise(double *values, size_t n) {
    double sum = 0, square = 0;
    bool spread = !all_equal(values, n);
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    for (size_t i = 0; i < n; i++) {
        values[i] -= sum / (double)n;
        square += values[i] * values[i];
    }
    double length = sqrt(square);
    for (size_t i = 0; i < n; i++)
        values[i] = spread && length > 0 && isfinite(length) ? values[i] / length : 0;
}

/* Mean ranks of equal values: Spearman's correlation is Pearson's of these. */
static void rank(double *values, size_t n) {
    struct sorted sorted = sorted_of(values, n);
    for (size_t i = 0; i < n; i++)
        values[i] = isnan(values[i]) ? (double)n / 2
                                     : ((double)sorted_below(&sorted, values[i]) + (double)sorted_up_to(&sorted, values[i])) / 2;
    sorted_free(&sorted);
}

static double product(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum > 1 ? 1 : sum < -1 ? -1 : sum;
}

static json_t *correlate(double *const *columns, size_t k, size_t n) {
    json_t *rows = json_array();
    for (size_t i = 0; i < k; i++) {
        json_t *row = json_array();
        for (size_t j = 0; j < k; j++)
            json_array_append_new(row, json_real(i == j ? 1 : product(columns[i], columns[j], n)));
        json_array_append_new(rows, row);
    }
    return rows;
}

#define CORRELATED_ROWS_MAX ((size_t)200000)

/* Of at most so many customers, evenly spread over the file: more do not change a correlation that can be read. */
static double *spread(const struct customers *customers, enum feature feature, const char *name, size_t *n) {
    size_t step = (customers->frame.n + CORRELATED_ROWS_MAX - 1) / CORRELATED_ROWS_MAX;
    *n = (customers->frame.n + step - 1) / step;
    double *values = xcalloc(*n + 1, sizeof *values);
    for (size_t i = 0; i < *n; i++) {
        double value = customers_value(customers, i * step, feature, name);
        values[i] = isfinite(value) ? value : 0;
    }
    return values;
}

json_t *explore_correlations(const struct customers *customers) {
    const char *names[EXPLORED_MAX];
    enum feature features[EXPLORED_MAX];
    double *columns[EXPLORED_MAX] = { 0 };
    size_t k = known_features(customers, names, features, EXPLORED_MAX), n = 0;
    json_t *labels = json_array();
    for (size_t f = 0; f < k; f++) {
        columns[f] = spread(customers, features[f], names[f], &n);
        json_array_append_new(labels, json_string(names[f]));
    }
    for (size_t f = 0; f < k; f++)
        standardise(columns[f], n);
    json_t *pearson = correlate(columns, k, n);
    for (size_t f = 0; f < k; f++) {
        rank(columns[f], n);
        standardise(columns[f], n);
    }
    json_t *spearman = correlate(columns, k, n);
    for (size_t f = 0; f < k; f++)
        free(columns[f]);
    return json_pack("{s:o, s:I, s:o, s:o}", "names", labels, "customers", (json_int_t)n, "pearson", pearson, "spearman",
                     spearman);
}
