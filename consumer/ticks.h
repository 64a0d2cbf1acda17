/* Living through a tick (design, section 4): a control record by which time, or a new model, reaches customers. */
#ifndef OBEK_TICKS_H
#define OBEK_TICKS_H

#include "pipeline.h"

/* The batch's only record is the control record, a tick. SAVE_WAIT: some bucket has not reached the tick's `after`; to be tried
   again from the start. What other buckets have saved is kept, and published then. */
enum save_result tick_apply(struct pipeline *pipeline, struct batch *batch, const struct control_record *control);

#endif
