/* Sends rows to a topic and tells how far it is. */
#ifndef OBEK_REPLAY_SEND_H
#define OBEK_REPLAY_SEND_H

#include "obek/config.h"
#include "replay_record.h"

struct replay_job {
    const struct config *config;
    const struct feed *feed;
    const struct csv_orders *orders;
    struct replay_writer *writer;
    unsigned copies;
    double rate; /* records a second; 0: as fast as it goes */
    bool progress;
};

/* Sends all, and waits until the broker has them. False with the error when a delivery failed or a signal came; *sent: how many
   the broker has. SIGINT and SIGTERM end it in good order. */
bool replay_send(const struct replay_job *job, uint64_t *sent, struct error *error);

#endif
