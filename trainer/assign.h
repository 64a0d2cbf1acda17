/* `obek assign`: the answers of a model offline, one row a customer. */
#ifndef OBEK_TRAINER_ASSIGN_H
#define OBEK_TRAINER_ASSIGN_H

#include "obek/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct assign_options {
    const char *model, *input;
    const char *recipe; /* NULL: the model's `input` says how the table is read, or it has orders under the contract's names */
    const char *out;    /* NULL: stdout */
    int64_t as_of;      /* ms */
    size_t n_maps;
    char *const *maps; /* "field=column,...", of rows of orders */
};

enum assign_result { ASSIGN_DONE, ASSIGN_FAILED, ASSIGN_WRONG_MODEL };

/* Rows of orders: every customer lives through their history by customer_step, then through time up to as_of, as in obek run.
   Rows of customers: as of an entry. Schemes that the columns do not suffice for are skipped, which is told on stderr. */
enum assign_result assign(const struct assign_options *options, struct error *error);

#endif
