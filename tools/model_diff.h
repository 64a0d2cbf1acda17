/* What `obek model diff` is made of. Private to tools/model_diff*.c. */
#ifndef OBEK_MODEL_DIFF_H
#define OBEK_MODEL_DIFF_H

#include "model_commands.h"
#include "model_matrix.h"
#include "obek/error.h"

/* model_diff_orders.c: every customer of a CSV file lives under matrices->from until as_of, then is evaluated under
   matrices->to. config: for channels and currencies; NULL: the defaults, and amounts in the models' currency alone. */
bool model_diff_orders(struct matrices *matrices, const struct model_arguments *arguments, const struct config *config,
                       int64_t as_of, struct error *error);
/* model_diff_print.c; as_of: TIME_NONE when none was asked for. */
void model_diff_print(const struct matrices *matrices, int64_t as_of, bool as_json);

#endif
