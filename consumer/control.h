/* The control topic as a source (design, sections 1 and 8): proposing a model, and living through the records. */
#ifndef OBEK_CONTROL_H
#define OBEK_CONTROL_H

#include "pipeline.h"

/* Is model.file a model that fits? Before anything is touched. False: halted. */
bool control_check(struct pipeline *pipeline);
/* Writes model.file into the control topic unless that content has been in force before. False: the halt says why, or stopped. */
bool control_propose(struct pipeline *pipeline);
/* Lives through a batch that is one control record: every bucket gets its effect and its mark. */
enum save_result control_apply(struct pipeline *pipeline, struct batch *batch);
/* Looks whether every bucket has a model in force by now. False: not yet. */
bool control_models_ready(struct pipeline *pipeline);

#endif
