/* The parts of `obek model`. Private to tools/model*.c. */
#ifndef OBEK_MODEL_COMMANDS_H
#define OBEK_MODEL_COMMANDS_H

#include "csv_orders.h"
#include "obek/model.h"
#include "obek/options.h"

struct model_arguments {
    struct common_options common;
    const struct command_usage *usage;
    bool as_json, no_wait;
    const char *limit;                 /* --limit SECONDS */
    const char *orders, *as_of;        /* --orders ORDERS.csv, --as-of INSTANT */
    struct option_values maps, wheres; /* of the CSV */
};

/* Each returns the exit status. */
int model_check(const struct model_arguments *arguments, const char *path);
int model_put(const struct model_arguments *arguments, const char *path);
int model_diff(const struct model_arguments *arguments, char **paths, int n_paths);

#endif
