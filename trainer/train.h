/* `obek train`: from a recipe and a table to a folder of files. */
#ifndef OBEK_TRAINER_TRAIN_H
#define OBEK_TRAINER_TRAIN_H

#include "obek/error.h"

#include <stdbool.h>
#include <stdint.h>

struct train_options {
    const char *recipe, *input, *out; /* files, folder */
    int64_t as_of;                    /* ms; TIME_NONE: the recipe's */
    uint64_t seed;
    unsigned threads; /* 0: as many as processors */
    bool progress;
    const char *language, *catalogue; /* of the report: see report.h */
};

enum train_result { TRAIN_DONE, TRAIN_FAILED, TRAIN_WRONG_RECIPE };

/* Reads, cleans, learns, then writes model.json, segments.csv, profiles.csv, metrics.json, report.html and, where there is
   something to say, elbow.csv, merges.csv, rejected.csv into the folder, which is made when it is missing; of these names, files
   of an earlier run are replaced, or removed. Nothing is written before everything is learned, and no file ever stands there half
   written. */
enum train_result train(const struct train_options *options, struct error *error);

#endif
