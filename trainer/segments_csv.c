/* segments.csv: every customer, in the order of the input. */
#include "obek/printing.h"
#include "training.h"

#include <math.h>
#include <stdlib.h>

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
    if (!isnan(value))
        fwrite(text, 1, real_text(value, text), out);
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

void segments_write(FILE *out, const struct training *training) {
    enum feature features[TRAINING_FEATURES_MAX + FEATURE_COUNT];
    const char *names[TRAINING_FEATURES_MAX + FEATURE_COUNT];
    size_t n = training_features(training, features, names);
    put_header(out, training, names, n);
    for (size_t i = 0; i < training->customers.frame.n; i++) {
        print_csv_data(out, customers_id(&training->customers, i));
        put_features(out, training, features, names, n, i);
        for (size_t s = 0; s < training->n; s++)
            if (training->learned[s].recipe->type != RECIPE_CLTV)
                put_segment(out, &training->learned[s], i);
        for (size_t s = 0; s < training->n; s++) {
            for (size_t c = 0; c < training->learned[s].n_columns; c++)
                put_real(out, training->learned[s].columns[c].values[i]);
            if (training->learned[s].recipe->type == RECIPE_CLTV)
                put_segment(out, &training->learned[s], i);
        }
        fputc('\n', out);
    }
}
