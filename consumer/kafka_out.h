/* The producer: events and dead letters, with the offsets they came from, all or nothing (design, section 6). Used by one thread
   at a time. After anything ambiguous the client is thrown away and made anew (librdkafka #5423). */
#ifndef OBEK_KAFKA_OUT_H
#define OBEK_KAFKA_OUT_H

#include "obek/config.h"

#include <librdkafka/rdkafka.h>
#include <signal.h>

struct kafka_out;

enum out_result {
    OUT_OK,
    OUT_ABORTED, /* nothing of it is visible; go through the assignment again */
    OUT_FENCED,  /* another process has taken over this instance.id */
};

/* consumer: the group's client, for commits without a transaction. The producer is made when it is first used. */
struct kafka_out *kafka_out_new(const struct config *config, rd_kafka_t *consumer, struct error *error);
void kafka_out_free(struct kafka_out *out);
/* Brokers that are away are waited for, until *stop is not 0: then for some seconds more. NULL: for ever. */
void kafka_out_stop_by(struct kafka_out *out, const volatile sig_atomic_t *stop);

/* Makes the producer ready: fences former holders of the transactional id. */
enum out_result kafka_out_ready(struct kafka_out *out, struct error *error);
enum out_result kafka_out_begin(struct kafka_out *out, struct error *error);
/* key, value: NULL data means null. Takes over nothing; headers (may be NULL) are taken over. */
enum out_result kafka_out_send(struct kafka_out *out, const char *topic, int32_t partition, struct slice key, struct slice value,
                               rd_kafka_headers_t *headers, struct error *error);
/* The same with the record's own timestamp (ms; -1: now). */
enum out_result kafka_out_send_at(struct kafka_out *out, const char *topic, int32_t partition, int64_t timestamp,
                                  struct slice key, struct slice value, rd_kafka_headers_t *headers, struct error *error);
/* Waits for what was sent, then commits the offsets (with metadata) with it. */
enum out_result kafka_out_commit(struct kafka_out *out, const rd_kafka_topic_partition_list_t *offsets,
                                 const rd_kafka_consumer_group_metadata_t *metadata, struct error *error);
void kafka_out_abort(struct kafka_out *out);

#endif
