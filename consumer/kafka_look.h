/* Looks at topics from beside the group: partitions, ends, single records. Reads uncommitted, so that an open transaction of some
   producer does not hide what is there (docs/decisions.md). */
#ifndef OBEK_KAFKA_LOOK_H
#define OBEK_KAFKA_LOOK_H

#include "obek/config.h"

#include <librdkafka/rdkafka.h>

struct kafka_look;

struct kafka_look *kafka_look_new(const struct config *config, struct error *error);
void kafka_look_free(struct kafka_look *look);
rd_kafka_t *kafka_look_handle(struct kafka_look *look);

/* The number of partitions, or 0 when there is no such topic, or -1 with the error. */
int kafka_look_partitions(struct kafka_look *look, const char *topic, struct error *error);
/* What the log still has: [low, high). */
bool kafka_look_range(struct kafka_look *look, const char *topic, int32_t partition, int64_t *low, int64_t *high,
                      struct error *error);

/* Begins reading one partition at an offset. */
bool kafka_look_begin(struct kafka_look *look, const char *topic, int32_t partition, int64_t offset, struct error *error);
enum look_result { LOOK_RECORD, LOOK_END, LOOK_FAILED };
/* The next record (the caller destroys it), or the end of the partition. */
enum look_result kafka_look_next(struct kafka_look *look, rd_kafka_message_t **message, struct error *error);
void kafka_look_done(struct kafka_look *look);

#endif
