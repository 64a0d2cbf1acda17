/* Consume and decode: a batch is fetched, and every record's lot is decided by offset, mark, commit and outbox (design, section
   6, the table). */
#ifndef OBEK_INTAKE_H
#define OBEK_INTAKE_H

#include "pipeline.h"

/* Gathers messages: order records up to batch.orders.max, or one control record alone. False: nothing to do with it (the sources
   are lost, or nothing came). */
bool intake_fetch(struct pipeline *pipeline, struct batch *batch);
/* Decodes and decides. False: stopped while the registry was waited for. */
bool intake_decode(struct pipeline *pipeline, struct batch *batch);
/* Puts the batch's only record, of the control topic, back: it is drawn again after a while; meanwhile orders go on. */
void intake_put_back(struct pipeline *pipeline, struct batch *batch);
/* Is the batch a single control record? */
bool intake_is_control(const struct batch *batch);

#endif
