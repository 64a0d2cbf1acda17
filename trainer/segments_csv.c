/* segments.csv: every customer, in the order of the input. */
#include "obek/interrupt.h"
#include "obek/printing.h"
#include "obek/progress.h"
#include "training.h"

#include <math.h>
#include <stdlib.h>

#define ROWS_BETWEEN_LOOKS 1024 /* at the clock */

static bool uses(const struct recipe_scheme *scheme, enum feature feature) {
    for (size_t f = 0; f < scheme->n_features; f++)
        if (scheme->features[f].feature == feature)
            return true;
    bool rfm = feature == FEATURE_RECENCY_DAYS || feature == FEATURE_FREQUENCY || feature == FEATURE_MONETARY;
    bool cltv = feature == FEATURE_FREQUENCY || feature == FEATURE_ACTIVE_DAYS || feature == FEATURE_TENURE_DAYS ||
                feature == FEATURE_AVG_ORDER_VALUE;
    return (scheme->type == RECIPE_RFM && rfm) || (scheme->type == RECIPE_CLTV && cltv);
}

size_t training_features(const struct training *training, enum feature *features, const char **names) {
    const struct recipe *recipe = training->recipe;
    size_t n = 0;
    for (int f = 0; f < FEATURE_COUNT; f++) {
        bool used = false;
        for (size_t s = 0; s < recipe->n_schemes; s++)
            used = used || uses(&recipe->schemes[s], (enum feature)f);
        if (used && training->customers.has[f]) {
            features[n] = (enum feature)f;
            names[n++] = feature_name((enum feature)f);
        }
    }
    for (size_t c = 0; c < recipe->input.n_columns && n < TRAINING_FEATURES_MAX; c++)
        if (recipe->input.columns[c].role == ROLE_ATTRIBUTE) {
            features[n] = FEATURE_COUNT;
            names[n++] = recipe->input.columns[c].name;
        }
    return n;
}

static void put_real(FILE *out, double value) {
    char text[32];
    fputc(',', out);
    if (isnan(value))
        return;
    size_t len = real_text(value, text);
    fwrite(text, 1, len, out);
}

/* "cltv" has the value; the band is "cltv_band". */
static void put_scheme_name(FILE *out, const struct learned *learned) {
    fprintf(out, ",%s%s", learned->recipe->name.text, learned->recipe->type == RECIPE_CLTV ? "_band" : "");
}

static void put_header(FILE *out, const struct training *training, const char *const *names, size_t n) {
    fputs("customer_id", out);
    for (size_t f = 0; f < n; f++)
        fprintf(out, ",%s", names[f]);
    for (size_t s = 0; s < training->n; s++)
        if (training->learned[s].recipe->type != RECIPE_CLTV)
            put_scheme_name(out, &training->learned[s]);
    for (size_t s = 0; s < training->n; s++) {
        for (size_t c = 0; c < training->learned[s].n_columns; c++)
            fprintf(out, ",%s", training->learned[s].columns[c].name);
        if (training->learned[s].recipe->type == RECIPE_CLTV)
            put_scheme_name(out, &training->learned[s]);
    }
    fputc('\n', out);
}

static void put_segment(FILE *out, const struct learned *learned, size_t i) {
    fprintf(out, ",%s", learned->segments[learned->segment_of[i]].id.text);
}

static void put_features(FILE *out, const struct training *training, const enum feature *features, const char *const *names,
                         size_t n, size_t i) {
    const struct customers *customers = &training->customers;
    struct ledger_summary summary = customers_summary(customers, i);
    for (size_t f = 0; f < n; f++)
        put_real(out, features[f] == FEATURE_COUNT
                          ? customers_value(customers, i, FEATURE_COUNT, names[f])
                          : feature_value(features[f], &summary, customers->as_of, customers->minor_per_major));
}

static void put_schemes(FILE *out, const struct training *training, size_t i) {
    for (size_t s = 0; s < training->n; s++)
        if (training->learned[s].recipe->type != RECIPE_CLTV)
            put_segment(out, &training->learned[s], i);
    for (size_t s = 0; s < training->n; s++) {
        for (size_t c = 0; c < training->learned[s].n_columns; c++)
            put_real(out, training->learned[s].columns[c].values[i]);
        if (training->learned[s].recipe->type == RECIPE_CLTV)
            put_segment(out, &training->learned[s], i);
    }
}

void segments_write(FILE *out, const struct training *training) {
    enum feature features[TRAINING_FEATURES_MAX + FEATURE_COUNT];
    const char *names[TRAINING_FEATURES_MAX + FEATURE_COUNT];
    size_t n = training_features(training, features, names), i;
    struct progress progress;
    put_header(out, training, names, n);
    progress_begin(&progress, "writing", training->customers.frame.n, progress_wanted());
    for (i = 0; i < training->customers.frame.n && !interrupted(); i++) {
        print_csv_data(out, customers_id(&training->customers, i));
        put_features(out, training, features, names, n, i);
        put_schemes(out, training, i);
        fputc('\n', out);
        if (i % ROWS_BETWEEN_LOOKS == 0)
            progress_at(&progress, i);
    }
    progress_end(&progress, i);
}
