/* Control records that set or forget ledgers: imports and erasures (design, section 8). */
#ifndef OBEK_LEDGERS_H
#define OBEK_LEDGERS_H

#include "pipeline.h"

/* Is a model in force in the buckets that the batch's only record, of the control topic, is still to reach? Either in all of them
   or in none: they have lived through the same records. */
bool ledgers_have_a_model(const struct pipeline *pipeline, const struct batch *batch);
/* Lives through an import or an erasure: its customers, in the buckets that have not lived through it, get their new ledgers. */
enum save_result ledgers_apply(struct pipeline *pipeline, struct batch *batch, const struct control_record *control);

#endif
