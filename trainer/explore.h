/* What data look like: for metrics.json. Every function returns a new reference. */
#ifndef OBEK_TRAINER_EXPLORE_H
#define OBEK_TRAINER_EXPLORE_H

#include "customers.h"

/* Numbers: {count, missing, distinct, min, max, mean, deviation (population), skew, quantiles, histogram}. */
json_t *explore_numbers(const double *values, size_t n);
/* One object per column as it was read. */
json_t *explore_frame(const struct frame *frame, const struct recipe *recipe);
/* Features after cleaning: {name: explore_numbers}; correlations: {names, pearson, spearman: rows of numbers}. */
json_t *explore_features(const struct customers *customers);
json_t *explore_correlations(const struct customers *customers);
/* {channel: {customers, orders, value}}, likewise for every category of the lists; NULL without such a column. */
json_t *explore_words(const struct customers *customers, enum role role);

/* Customers by words: of channels one each, of categories one for every item of their list. */
struct word_groups {
    struct words names;
    uint32_t **of; /* by code of the column: names, ended by WORD_NONE */
    uint32_t n_codes;
};
bool word_groups_init(struct word_groups *groups, const struct customers *customers, enum role role);
void word_groups_free(struct word_groups *groups);

#endif
