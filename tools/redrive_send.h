/* The second pass of `obek redrive`: what goes is sent, what stays is put behind, offsets are committed with both. */
#ifndef OBEK_REDRIVE_SEND_H
#define OBEK_REDRIVE_SEND_H

#include "dead_topic.h"
#include "redrive_judge.h"

struct redrive_sent {
    int64_t went, moved, files_moved;
};

/* Reads the partitions' [begin, end) again; of each partition as many go as the first pass found (goes). False with the error:
 * the batches before are done, nothing of the last one is. */
bool redrive_send(const struct config *config, struct dead_topic *topic, struct judge *judge, const int64_t *goes,
                  struct redrive_sent *sent, struct error *error);

#endif
