/* The commit stage: a thread that publishes saved batches in order, one transaction each, while the next ones are decoded and
   saved (design, section 6). At most two batches are saved and not yet committed. */
#ifndef OBEK_PUBLISHER_H
#define OBEK_PUBLISHER_H

#include "batch.h"
#include "kafka_out.h"
#include "obek/config.h"

#define PUBLISHER_BATCHES_MAX 2

struct publisher;

struct publisher *publisher_new(const struct config *config, struct kafka_out *out, const char *incarnation);
/* Lets the batch under way end, then stops the thread. */
void publisher_free(struct publisher *publisher);

/* Hands over a saved batch; the caller sees to it that fewer than PUBLISHER_BATCHES_MAX are on their way. metadata: of the
 * batch's generation; must outlive it. */
void publisher_submit(struct publisher *publisher, struct batch *batch, const rd_kafka_consumer_group_metadata_t *metadata);
/* The oldest batch when it is through (committed or dropped), or NULL. Waits for it at most wait_ms; -1: as long as it takes. */
struct batch *publisher_collect(struct publisher *publisher, int64_t wait_ms, bool *committed);
/* Has a transaction been aborted? Batches behind it are dropped until publisher_resume(). */
bool publisher_failed(struct publisher *publisher, enum out_result *result, struct error *error);
void publisher_resume(struct publisher *publisher);

#endif
