/* What changes by itself and is looked at now and then: lag, watermarks, how far time has come, the model in force. */
#ifndef OBEK_GAUGES_H
#define OBEK_GAUGES_H

#include "pipeline.h"

/* Between batches; does something about twice a second. */
void gauges_look(struct pipeline *pipeline);
/* The sources are not ours any more. */
void gauges_forget(void);

/* From any thread: does this instance own the control topic? Then *time_reached is what it last found, or TIME_NONE. */
bool gauges_owner(int64_t *time_reached);

#endif
