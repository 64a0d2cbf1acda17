/* The dead-letter topic as `obek redrive` reads it: from what the group <group>-redrive has committed to the present end. */
#ifndef OBEK_DEAD_TOPIC_H
#define OBEK_DEAD_TOPIC_H

#include "../consumer/kafka_in.h"
#include "../consumer/kafka_look.h"

struct dead_partition {
    bool ours;
    int64_t begin; /* committed, or what the log still has */
    int64_t end;   /* read up to here: at the start the present end; the caller may lower it */
    bool done;
};

struct dead_topic {
    const char *name;
    struct kafka_in *in;
    struct kafka_look *look;
    int n; /* 0: there is no such topic */
    struct dead_partition *partitions;
    size_t n_begun; /* partitions that are being read */
    bool lost;      /* the group gave the partitions to somebody else */
};

/* config: its group is the redrive's. join: becomes the group's member (needed to commit); otherwise it only reads beside it.
   With several members each has its share. */
bool dead_topic_open(struct dead_topic *topic, const struct config *config, bool join, struct error *error);
void dead_topic_close(struct dead_topic *topic);
/* Starts reading [begin, end) of every partition. */
bool dead_topic_begin(struct dead_topic *topic, struct error *error);
enum look_result dead_topic_next(struct dead_topic *topic, rd_kafka_message_t **message, struct error *error);

#endif
