/* Proposing model.file at a start (design, section 8): a control record, unless that content has been in force before. */
#ifndef OBEK_PROPOSAL_H
#define OBEK_PROPOSAL_H

#include "pipeline.h"

/* Is model.file a model that fits? Before anything is touched. False: halted. */
bool proposal_check(struct pipeline *pipeline);
/* False: the halt says why, or stopped. */
bool proposal_make(struct pipeline *pipeline);

#endif
