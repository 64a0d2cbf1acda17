/* The group's consumer: one thin edge over librdkafka (docs: facts in docs/decisions.md). Used by one thread. Each partition is
   read from a queue of its own, which librdkafka fills and bounds (queued.min.messages, queued.max.messages.kbytes), so that none
   has to be paused for another's sake: what is paused loses what was fetched of it. */
#ifndef OBEK_KAFKA_IN_H
#define OBEK_KAFKA_IN_H

#include "obek/config.h"

#include <librdkafka/rdkafka.h>

struct kafka_in;

/* Called inside a poll, when the group takes the partitions back: finish what is under way; afterwards they are unassigned. */
struct kafka_in_listener {
    void *context;
    void (*revoked)(void *context);
};

struct kafka_in *kafka_in_new(const struct config *config, struct kafka_in_listener listener, struct error *error);
/* Leaves the group. */
void kafka_in_free(struct kafka_in *in);
rd_kafka_t *kafka_in_handle(struct kafka_in *in);

bool kafka_in_subscribe(struct kafka_in *in, char *const *topics, size_t n, struct error *error);
/* Leaves the group and joins again: somebody else may be right (design, section 5). */
bool kafka_in_rejoin(struct kafka_in *in, struct error *error);

/* Serves the group, rebalances inside: to be called often enough to stay a member. An error of the client, or NULL; the caller
   destroys it. */
rd_kafka_message_t *kafka_in_poll(struct kafka_in *in, int timeout_ms);
/* A fatal error of the client ("fenced by another process with this instance.id"), or NULL. */
const char *kafka_in_fatal(struct kafka_in *in);

/* An assignment that waits to be taken up; NULL: none. Borrowed. */
const rd_kafka_topic_partition_list_t *kafka_in_offered(struct kafka_in *in);
/* The group metadata taken when the present assignment was offered; valid until the next one is taken up. */
const rd_kafka_consumer_group_metadata_t *kafka_in_metadata(struct kafka_in *in);
/* Starts reading at the offsets of the list, whose indexes name the partitions until they are taken back or suspended. */
bool kafka_in_begin(struct kafka_in *in, rd_kafka_topic_partition_list_t *offsets, struct error *error);
/* What the partition has, without waiting, `max` at the most: messages in the order of their offsets, end-of-partition notices
   and errors. Returns how many; the caller destroys them. */
size_t kafka_in_take(struct kafka_in *in, size_t partition, rd_kafka_message_t **messages, size_t max);
/* The partition's end, as far as the broker's last answer tells; -1: there was none. */
int64_t kafka_in_end(struct kafka_in *in, size_t partition);
/* Waits until something comes, for a partition that had nothing or for the group. A signal ends it. */
void kafka_in_wait(struct kafka_in *in, int timeout_ms);
/* Stops reading; the same partitions are offered again, in place, for another kafka_in_begin(). */
void kafka_in_suspend(struct kafka_in *in);
bool kafka_in_is_assigned(const struct kafka_in *in);

/* Stable committed offsets of the partitions, with metadata; waits out transactions that are not finished. */
bool kafka_in_committed(struct kafka_in *in, rd_kafka_topic_partition_list_t *partitions, int timeout_ms, struct error *error);

#endif
