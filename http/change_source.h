/* The campaign topic as those who look on read it: from a day ago on, read_committed, by a client of its own that joins no group
   and commits nothing. Used by one thread. */
#ifndef OBEK_CHANGE_SOURCE_H
#define OBEK_CHANGE_SOURCE_H

#include "obek/config.h"

#include <librdkafka/rdkafka.h>

struct change_source;

/* Asks nothing of the brokers yet. The configuration is borrowed. */
struct change_source *change_source_new(const struct config *config, struct error *error);
void change_source_free(struct change_source *source);

/* The next record, which the caller destroys; NULL: none within timeout_ms, or a bit more where partitions are looked for. */
rd_kafka_message_t *change_source_next(struct change_source *source, int timeout_ms);
/* Has every partition been read to its end once? */
bool change_source_complete(const struct change_source *source);
/* What stands in its way; NULL: nothing. Until the next call of the above. */
const char *change_source_problem(const struct change_source *source);

#endif
