/* The topics obek needs: there, or created, or refused with the command to run (contract: topics.create). */
#ifndef OBEK_TOPICS_H
#define OBEK_TOPICS_H

#include "kafka_look.h"

/* False with the error. Waits for a broker that is away as long as wait(context) says so. */
bool topics_ensure(struct kafka_look *look, const struct config *config, bool (*wait)(void *context, const struct error *error),
                   void *context, struct error *error);

#endif
