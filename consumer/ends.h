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
/* The end of "<topic>/<partition>"; 0: it had none, or no records. */
int64_t ends_of(const struct ends *ends, const char *source);
/* Have our own order sources been read up to there? */
bool ends_own_reached(const struct ends *ends, const struct sources *sources);
/* The partition has to be read up to here, too. */
void ends_raise(struct ends *ends, const char *topic, int32_t partition, int64_t end);
/* Records of our sources that are still to come, as far as the broker's last answers tell. */
int64_t ends_lag(struct kafka_in *in, const struct sources *sources);

#endif
