/* A thread that asks the brokers where the logs end, so that the pipeline's never waits for one (design, section 4 "Time
   reached"). It has a client of its own; the owner and the thread meet in this module only. */
#ifndef OBEK_PARTITION_ENDS_H
#define OBEK_PARTITION_ENDS_H

#include "ends_query.h"

struct partition_ends;

struct partition_ends *partition_ends_new(const struct config *config, struct error *error);
/* Waits for the call that is under way, 2 s at most where a broker hangs. */
void partition_ends_free(struct partition_ends *ends);

/* A new answer is wanted. Asked while a question is under way: another one follows, as what it found may be older than this. */
void partition_ends_ask(struct partition_ends *ends);
/* The latest answer if it is newer than the one taken before, else NULL. It is the object's, until the next take. */
const struct ends_answer *partition_ends_take(struct partition_ends *ends);

#endif
