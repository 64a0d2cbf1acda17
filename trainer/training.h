/* All that one run of `obek train` has learned, and what it writes. */
#ifndef OBEK_TRAINER_TRAINING_H
#define OBEK_TRAINER_TRAINING_H

#include "learn.h"
#include "obek/file.h"

struct training {
    const struct recipe *recipe;
    const char *input; /* the file's name, without its folder */
    struct customers customers;
    struct rejects rejects;
    uint64_t seed;
    size_t n;
    struct learned learned[MODEL_SCHEMES_MAX];
    char created[32]; /* RFC 3339 */
    json_t *features; /* explore_features */
};

/* model.json with probes, read back and held against them. */
bool model_write(struct buffer *out, const struct training *training, struct error *error);
/* Schemes that the model file cannot hold become not served, with its reader's reason. Before model_write. */
void model_check_schemes(struct training *training);
/* Whether obek run may use the model; else the reasons. */
bool training_servable(const struct training *training, struct buffer *reasons);
/* Ends early when the work is interrupted. */
void segments_write(FILE *out, const struct training *training);
void profiles_write(FILE *out, const struct training *training);
void metrics_write(struct buffer *out, const struct training *training);

/* Numbers of a segment's members. */
double *members_of(const struct learned *learned, const double *values, size_t n, int segment, size_t *count);
/* The features that the schemes use, in the order of enum feature, then attributes; borrowed names. Returns how many. */
#define TRAINING_FEATURES_MAX 64
size_t training_features(const struct training *training, enum feature *features, const char **names);

#endif
