/* What is counted of a batch once its transaction is committed, so that the numbers are those of the topics. */
#ifndef OBEK_COUNTING_H
#define OBEK_COUNTING_H

#include "batch.h"
#include "dead_log.h"

/* Dead letters are noted for the log, too. */
void count_committed(const struct batch *batch, struct dead_log *log);
/* What the outgoing counts as: a segment change, or a dead letter. */
struct series *series_of_change(const struct name *scheme, const struct name *segment, enum cause cause);
struct series *series_of_dead(struct slice reason);

#endif
