/* Consume: what the sources have fetched is drawn into batches, merged by event time (alignment.h), each order decoded as it is
   drawn (lot.h). */
#ifndef OBEK_INTAKE_H
#define OBEK_INTAKE_H

#include "pipeline.h"

/* New sources: nothing of them has been looked at. */
void intake_begin(struct pipeline *pipeline);

/* Fills the empty batch with orders, batch.orders.max at most, or with one control record alone, which comes first, but not twice
   in a row while orders can be drawn; stays empty when nothing comes for batch.wait.ms. False: nothing to do with it (the sources
   are lost, halted, or stopped while the registry was waited for). */
bool intake_fill(struct pipeline *pipeline, struct batch *batch);
/* Where the sources stand behind the batch: what is to be committed with it. */
void intake_note_ends(struct pipeline *pipeline, struct batch *batch);
/* Is the batch a single control record (and whom it reaches)? */
bool intake_is_control(const struct batch *batch);
/* Puts the control record of the batch, its first, back: it is drawn again after a while (source->not_before_ms); meanwhile
   orders go on. */
void intake_put_back(struct pipeline *pipeline, struct batch *batch);

#endif
