/* The control topic as a source (design, sections 1 and 8): living through its records. */
#ifndef OBEK_CONTROL_H
#define OBEK_CONTROL_H

#include "pipeline.h"

/* Lives through a batch that is one control record: every bucket gets its effect and its mark. */
enum save_result control_apply(struct pipeline *pipeline, struct batch *batch);
/* Looks whether every bucket has a model in force by now. False: not yet. */
bool control_models_ready(struct pipeline *pipeline);

/* Is none in force anywhere? Then there is nobody, as orders wait for it. */
bool control_has_no_model(const struct pipeline *pipeline);
/* The number of the model in force, when it is in force in every bucket; -1. */
int64_t control_model_number(const struct pipeline *pipeline);

#endif
