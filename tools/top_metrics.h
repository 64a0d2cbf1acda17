/* Samples of Prometheus' text format, as /metrics of obek writes it. */
#ifndef OBEK_TOP_METRICS_H
#define OBEK_TOP_METRICS_H

#include "obek/arena.h"
#include "obek/error.h"

#define SAMPLE_LABELS_MAX 4

struct sample {
    struct slice name;
    size_t n_labels;
    struct slice labels[SAMPLE_LABELS_MAX], texts[SAMPLE_LABELS_MAX];
    double value;
};

struct samples {
    size_t n, capacity;
    struct sample *items;
    struct arena memory; /* what they point into */
};

/* Reads the samples; comments and more labels than SAMPLE_LABELS_MAX are passed over. False: a line is none of that format. */
bool samples_read(struct samples *samples, struct slice text, struct error *error);
void samples_free(struct samples *samples);

/* The text of a sample's label; length 0: it has none. */
struct slice sample_label(const struct sample *sample, const char *label);
/* The next sample of that name behind `after` (NULL: the first); NULL: no other. */
const struct sample *samples_next(const struct samples *samples, const char *name, const struct sample *after);
/* The sum over all samples of that name, or those with label = text (label NULL: all). */
double samples_sum(const struct samples *samples, const char *name, const char *label, struct slice text);

#endif
