/* What is learned of customers by one scheme of a recipe. */
#ifndef OBEK_TRAINER_LEARN_H
#define OBEK_TRAINER_LEARN_H

#include "customers.h"
#include "fit_warnings.h"
#include "workers.h"

/* A segment as it will be called. */
struct learned_segment {
    struct name id;
    char *label_en, *label_tr; /* owned */
};

/* A column of segments.csv beside the scheme's own: a number for every customer. */
struct learned_column {
    char *name;
    double *values; /* owned */
};

struct learned {
    const struct recipe_scheme *recipe;
    char *why_not_served; /* NULL: the model has the scheme; else the reason */
    bool attributes;      /* not served, but only because its features are columns of the input: the model has it still */
    int n_segments;
    struct learned_segment *segments;
    uint8_t *segment_of; /* of every customer */
    size_t n_columns;
    struct learned_column *columns;
    json_t *scheme;              /* for model.json */
    json_t *metrics;             /* for metrics.json */
    struct buffer elbow, merges; /* the rows of elbow.csv and merges.csv; empty: no such file */
};

struct learning {
    const struct customers *customers;
    const struct recipe *recipe;
    struct workers *workers;
    uint64_t seed;
    bool progress;
};

/* Each fills the learned, which comes in as zero but for its recipe, and is to be freed whatever the answer. */
bool learn_kmeans(const struct learning *learning, struct learned *learned, struct error *error);
bool learn_hierarchical(const struct learning *learning, struct learned *learned, struct error *error);
bool learn_rfm(const struct learning *learning, struct learned *learned, struct error *error);
bool learn_cltv(const struct learning *learning, struct learned *learned, struct error *error);
bool learn_scheme(const struct learning *learning, struct learned *learned, struct error *error);
void learned_free(struct learned *learned);

/* Adds a column; takes the values. */
void learned_add(struct learned *learned, double *values, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "not served because": the first reason stays. */
void learned_not_served(struct learned *learned, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds to metrics.warnings: {code, text, advice}; and tells it on stderr. */
void learned_warn(struct learned *learned, const char *code, const char *text, const char *advice);
/* What a fit has to say; those of one code once. */
void learned_warn_fit(struct learned *learned, const struct fit_warnings *warnings);
/* The segments that the recipe gives, in its order. */
void learned_take_segments(struct learned *learned);
/* [{"id", "label"}] as the model file has them. */
json_t *learned_segments_json(const struct learned *learned);
json_t *learned_segment_json(const struct learned_segment *segment);
/* Finite, or null. */
json_t *real_json(double value);

#endif
