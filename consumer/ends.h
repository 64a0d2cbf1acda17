/* --exit-at-end: the ends of all topics at the start, and whether the group has committed up to them. */
#ifndef OBEK_ENDS_H
#define OBEK_ENDS_H

#include "kafka_in.h"
#include "kafka_look.h"
#include "source.h"

struct ends; /* one end a partition of every feed's topic and of the control topic */

struct ends *ends_take(struct kafka_look *look, const struct config *config, struct error *error);
void ends_free(struct ends *ends);
/* Has everything been committed? Our own sources are asked by their last commit, others by the group's committed offsets. */
bool ends_reached(struct ends *ends, struct kafka_in *in, const struct sources *sources);
/* Records of our sources that are still to come, as far as the broker's last answers tell. */
int64_t ends_lag(struct kafka_in *in, const struct sources *sources);

#endif
