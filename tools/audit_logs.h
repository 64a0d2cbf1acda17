/* The logs as `obek audit` reads them: all sources of the configuration, as committed, from beside the group. */
#ifndef OBEK_AUDIT_LOGS_H
#define OBEK_AUDIT_LOGS_H

#include "../consumer/kafka_in.h"
#include "../consumer/kafka_look.h"
#include "../consumer/source.h"

#define LOG_MESSAGES 256

struct log_source {
    char *name; /* "<topic>/<partition>" */
    const char *topic;
    int32_t partition;
    const struct feed *feed; /* NULL: the control topic */
    int64_t low, high;       /* what the log has */
    int64_t committed;       /* the group's offset; OFFSET_NONE: none */
    struct commit_note note; /* beside it */
    bool noted;
    int64_t position, end; /* logs_read: what is to be read */
    int64_t watermark;     /* W at the position: the caller's */
    rd_kafka_message_t *messages[LOG_MESSAGES];
    size_t n, next; /* fetched: messages[next, n) */
};

struct logs {
    const struct config *config;
    struct kafka_in *in;
    struct kafka_look *look;
    size_t n;
    struct log_source *sources;
    size_t *reading; /* sources that are being read, in the order of their queues */
    size_t n_reading;
};

/* Finds the sources: the partitions of all feeds, and the control topic's. Asks for the group's committed offsets. */
bool logs_open(struct logs *logs, const struct config *config, struct error *error);
void logs_close(struct logs *logs);
/* Where the logs begin and end now. */
bool logs_look(struct logs *logs, struct error *error);
/* The index of the source, or -1. */
long logs_find(const struct logs *logs, struct slice name);

struct log_reader {
    void *context;
    bool (*read)(void *context, size_t source, const rd_kafka_message_t *message, struct error *error);
    void (*progress)(void *context, uint64_t n); /* records so far */
};
/* Reads [position, end) of every source, in the order of the Kafka timestamps. */
bool logs_read(struct logs *logs, const struct log_reader *reader, struct error *error);

#endif
