/* Proposing model.file (design, section 8) by a control record: at a start unless that content has been in force before, on
   SIGHUP in any case. */
#ifndef OBEK_PROPOSAL_H
#define OBEK_PROPOSAL_H

#include "pipeline.h"

/* Is model.file a model that fits? Before anything is touched. False: halted. */
bool proposal_check(struct pipeline *pipeline);
/* False: the halt says why, or stopped. */
bool proposal_make(struct pipeline *pipeline);
/* Between batches: if a SIGHUP has come, reads model.file again and proposes it, also when it was in force before (that is how to
   go back). A file that does not fit is refused with a line in the log, and the run goes on. */
void proposal_reload(struct pipeline *pipeline);

#endif
