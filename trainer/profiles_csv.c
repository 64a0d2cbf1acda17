/* profiles.csv: what is typical of every segment. */
#include "explore.h"
#include "obek/ledger.h"
#include "obek/printing.h"
#include "obek/progress.h"
#include "obek/utf8.h"
#include "sorted.h"
#include "training.h"

#include <math.h>
#include <stdlib.h>

#define NAME_BYTES_MAX 100 /* of a channel or category in a column's name */
#define SHARES_MAX 30      /* columns of channels, and of categories */

double *members_of(const struct learned *learned, const double *values, size_t n, int segment, size_t *count) {
    double *members = xcalloc(n + 1, sizeof *members);
    *count = 0;
    for (size_t i = 0; i < n; i++)
        if (learned->segment_of[i] == segment)
            members[(*count)++] = values[i];
    return members;
}

/* One column of the table: a number for every segment of every scheme, in the order of the rows. */
struct profile_column {
    char name[160];
    double *values;
};

struct profiles {
    const struct training *training;
    size_t n_rows;
    size_t n, capacity;
    struct profile_column *columns;
};

static struct profile_column *add(struct profiles *profiles, const char *prefix, struct slice name) {
    if (profiles->n == profiles->capacity) {
        profiles->capacity = profiles->capacity == 0 ? 32 : profiles->capacity * 2;
        profiles->columns = xrealloc(profiles->columns, profiles->capacity * sizeof *profiles->columns);
    }
    struct profile_column *column = &profiles->columns[profiles->n++];
    *column = (struct profile_column){ .values = xcalloc(profiles->n_rows + 1, sizeof(double)) };
    struct slice shown = utf8_cut(name, NAME_BYTES_MAX);
    snprintf(column->name, sizeof column->name, "%s%.*s", prefix, (int)shown.len, shown.data);
    return column;
}

static double mean_of(const struct sorted *sorted) {
    double sum = 0;
    for (size_t i = 0; i < sorted->n; i++)
        sum += sorted->values[i];
    return sorted->n > 0 ? sum / (double)sorted->n : NAN;
}

static void add_feature(struct profiles *profiles, enum feature feature, const char *name) {
    const struct training *training = profiles->training;
    size_t n = training->customers.frame.n, row = 0, m;
    double *values = customers_values(&training->customers, feature, name);
    double *means = add(profiles, "mean_", slice_of(name))->values, *medians = add(profiles, "median_", slice_of(name))->values;
    for (size_t s = 0; s < training->n; s++)
        for (int g = 0; g < training->learned[s].n_segments; g++, row++) {
            double *members = members_of(&training->learned[s], values, n, g, &m);
            struct sorted sorted = sorted_of(members, m);
            means[row] = mean_of(&sorted);
            medians[row] = sorted_quantile(&sorted, 0.5);
            sorted_free(&sorted);
            free(members);
        }
    free(values);
}

static void add_column_means(struct profiles *profiles) {
    const struct training *training = profiles->training;
    size_t row = 0, n = training->customers.frame.n;
    for (size_t s = 0; s < training->n; s++) {
        const struct learned *learned = &training->learned[s];
        for (size_t c = 0; c < learned->n_columns; c++) {
            double *means = add(profiles, "mean_", slice_of(learned->columns[c].name))->values;
            for (size_t r = 0; r < profiles->n_rows; r++)
                means[r] = NAN; /* of other schemes' segments */
            for (int g = 0; g < learned->n_segments; g++) {
                size_t m;
                double *members = members_of(learned, learned->columns[c].values, n, g, &m);
                struct sorted sorted = sorted_of(members, m);
                means[row + (size_t)g] = mean_of(&sorted);
                sorted_free(&sorted);
                free(members);
            }
        }
        row += (size_t)learned->n_segments;
    }
}

struct group_count {
    uint32_t name;
    size_t customers;
};

static int by_customers(const void *a, const void *b) {
    const struct group_count *one = a, *two = b;
    if (one->customers != two->customers)
        return one->customers > two->customers ? -1 : 1;
    return (one->name > two->name) - (one->name < two->name);
}

static void count_names(const struct profiles *profiles, const struct word_groups *groups, const uint32_t *codes,
                        struct group_count *counts) {
    for (uint32_t name = 0; name < groups->names.n; name++)
        counts[name] = (struct group_count){ .name = name };
    for (size_t i = 0; i < profiles->training->customers.frame.n; i++)
        for (const uint32_t *name = codes[i] == WORD_NONE ? NULL : groups->of[codes[i]]; name != NULL && *name != WORD_NONE;
             name++)
            counts[*name].customers++;
    qsort(counts, groups->names.n, sizeof *counts, by_customers);
}

static void fill_shares(struct profiles *profiles, const struct word_groups *groups, const uint32_t *codes, uint32_t wanted,
                        double *shares) {
    const struct training *training = profiles->training;
    size_t row = 0;
    for (size_t s = 0; s < training->n; s++) {
        const struct learned *learned = &training->learned[s];
        size_t *sizes = xcalloc((size_t)learned->n_segments, sizeof *sizes);
        for (size_t i = 0; i < training->customers.frame.n; i++) {
            sizes[learned->segment_of[i]]++;
            for (const uint32_t *name = codes[i] == WORD_NONE ? NULL : groups->of[codes[i]]; name != NULL && *name != WORD_NONE;
                 name++)
                shares[row + learned->segment_of[i]] += *name == wanted;
        }
        for (int g = 0; g < learned->n_segments; g++)
            shares[row + (size_t)g] = sizes[g] > 0 ? shares[row + (size_t)g] / (double)sizes[g] : NAN;
        row += (size_t)learned->n_segments;
        free(sizes);
    }
}

/* The share of a segment's customers by channel, by category: the most frequent ones. */
static void add_shares(struct profiles *profiles, enum role role, const char *prefix) {
    struct word_groups groups;
    const struct customers *customers = &profiles->training->customers;
    if (!word_groups_init(&groups, customers, role))
        return;
    const uint32_t *codes = frame_role(&customers->frame, role)->codes;
    struct group_count *counts = xcalloc(groups.names.n + (size_t)1, sizeof *counts);
    count_names(profiles, &groups, codes, counts);
    for (uint32_t i = 0; i < groups.names.n && i < SHARES_MAX && counts[i].customers > 0; i++) {
        struct profile_column *column = add(profiles, prefix, words_text(&groups.names, counts[i].name));
        fill_shares(profiles, &groups, codes, counts[i].name, column->values);
    }
    free(counts);
    word_groups_free(&groups);
}

static void add_sizes(struct profiles *profiles) {
    const struct training *training = profiles->training;
    const struct customers *customers = &training->customers;
    bool has_value = customers->has[FEATURE_MONETARY];
    size_t row = 0;
    double *sizes = add(profiles, "customers", slice_of(""))->values,
           *shares = add(profiles, "share_customers", slice_of(""))->values;
    double *values = add(profiles, "value", slice_of(""))->values,
           *value_shares = add(profiles, "share_value", slice_of(""))->values;
    for (size_t s = 0; s < training->n; s++) {
        const struct learned *learned = &training->learned[s];
        int64_t *minor = xcalloc((size_t)learned->n_segments, sizeof *minor), all = 0;
        for (size_t i = 0; i < customers->frame.n; i++) {
            struct ledger_summary summary = customers_summary(customers, i);
            minor[learned->segment_of[i]] += summary_value(&summary);
            all += summary_value(&summary);
            sizes[row + learned->segment_of[i]]++;
        }
        for (int g = 0; g < learned->n_segments; g++) {
            size_t at = row + (size_t)g;
            shares[at] = sizes[at] / (double)customers->frame.n;
            values[at] = has_value ? (double)minor[g] / customers->minor_per_major : NAN;
            value_shares[at] = has_value && all > 0 ? (double)minor[g] / (double)all : NAN;
        }
        row += (size_t)learned->n_segments;
        free(minor);
    }
}

static void print_profiles(FILE *out, const struct profiles *profiles) {
    const struct training *training = profiles->training;
    size_t row = 0;
    char text[32];
    fputs("scheme,segment", out);
    for (size_t c = 0; c < profiles->n; c++) {
        fputc(',', out);
        print_csv(out, slice_of(profiles->columns[c].name)); /* never begins like a formula: there is a prefix */
    }
    fputc('\n', out);
    for (size_t s = 0; s < training->n; s++)
        for (int g = 0; g < training->learned[s].n_segments; g++, row++) {
            fprintf(out, "%s,%s", training->learned[s].recipe->name.text, training->learned[s].segments[g].id.text);
            for (size_t c = 0; c < profiles->n; c++) {
                double value = profiles->columns[c].values[row];
                fprintf(out, ",%.*s", isnan(value) ? 0 : (int)real_text(value, text), text);
            }
            fputc('\n', out);
        }
}

static void fill(struct profiles *profiles) {
    enum feature features[TRAINING_FEATURES_MAX + FEATURE_COUNT];
    const char *names[TRAINING_FEATURES_MAX + FEATURE_COUNT];
    size_t n = training_features(profiles->training, features, names);
    for (size_t s = 0; s < profiles->training->n; s++)
        profiles->n_rows += (size_t)profiles->training->learned[s].n_segments;
    struct progress progress;
    progress_begin(&progress, "profiles", n, progress_wanted());
    add_sizes(profiles);
    for (size_t f = 0; f < n; f++) {
        add_feature(profiles, features[f], names[f]);
        progress_at(&progress, f);
    }
    progress_end(&progress, n);
    add_column_means(profiles);
    add_shares(profiles, ROLE_CHANNEL, "channel_");
    add_shares(profiles, ROLE_CATEGORIES, "category_");
}

static void profiles_free(struct profiles *profiles) {
    for (size_t c = 0; c < profiles->n; c++)
        free(profiles->columns[c].values);
    free(profiles->columns);
}

void profiles_write(FILE *out, const struct training *training) {
    struct profiles profiles = { .training = training };
    fill(&profiles);
    print_profiles(out, &profiles);
    profiles_free(&profiles);
}
