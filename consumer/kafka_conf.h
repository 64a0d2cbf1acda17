/* Settings of the librdkafka clients: our defaults (docs/performance.md), then the user's kafka.*, then what must be so. */
#ifndef OBEK_KAFKA_CONF_H
#define OBEK_KAFKA_CONF_H

#include "obek/config.h"

#include <librdkafka/rdkafka.h>

enum kafka_client {
    CLIENT_GROUP,         /* the group's consumer */
    CLIENT_LOOK,          /* reads beside the group: ends of topics, single records; read_uncommitted */
    CLIENT_WATCH,         /* reads the campaign topic for those who look on; read_committed, small buffers */
    CLIENT_TRANSACTIONAL, /* publishes in transactions */
    CLIENT_IDEMPOTENT,    /* publishes without */
};

/* NULL with the error when librdkafka refuses a property (exit 2). */
rd_kafka_conf_t *kafka_conf_new(const struct config *config, enum kafka_client client, struct error *error);
/* A consumer of its own, beside the group, that is assigned by hand. NULL with the error. */
rd_kafka_t *kafka_reader_new(const struct config *config, enum kafka_client client, struct error *error);

#endif
