/* A record of the dead-letter topic, taken apart: the record as it was, and what Kafka Connect's headers say of it. */
#ifndef OBEK_DEAD_LETTER_H
#define OBEK_DEAD_LETTER_H

#include "obek/arena.h"
#include "obek/decode.h"

#include <librdkafka/rdkafka.h>

/* Where a record was when obek read it. Stays the same however often the dead letter is moved. */
struct origin {
    const char *topic; /* NULL: the headers do not say */
    int32_t partition;
    int64_t offset;
};

struct dead_letter {
    struct origin origin;
    struct slice stage, reason, message; /* empty when missing */
    struct raw_record record;            /* as it was in its own topic: without obek's headers, with its own timestamp */
};

#define DEAD_LETTER_HEADER "__connect.errors."
/* Beside Kafka Connect's: the record's own timestamp, which the dead letter does not have (docs/formats.md). */
#define DEAD_LETTER_TIMESTAMP DEAD_LETTER_HEADER "timestamp"

/* Borrows from message and arena. */
void dead_letter_read(struct dead_letter *dead, const rd_kafka_message_t *message, struct arena *arena);
/* A Kafka topic's name: 1 to 249 of [A-Za-z0-9._-], not "." or "..". */
bool is_topic_name(struct slice text);

#endif
