/* The thread that asks Redis for those who ask by HTTP: on a connection of its own, with short time-outs, so that neither the
   pipeline nor the thread that serves the clients ever waits for it. It also reads the sizes of segments for /metrics, and
   samples customers for their drift. */
#ifndef OBEK_LOOKUPS_H
#define OBEK_LOOKUPS_H

#include "../lookup/reading.h"

struct MHD_Connection;
struct lookups;

/* A piece of work for a client, whose connection is suspended meanwhile. Owned by the caller until `work` was called. */
struct lookup {
    struct MHD_Connection *connection;
    void *context;
    /* reading NULL: Redis does not answer or is not obek's, and `why` says so. */
    void (*work)(void *context, struct reading *reading, const struct error *why);
    struct lookup *next;
};

/* False: redis.url is wrong, or there is no thread to be had. */
struct lookups *lookups_new(const struct config *config, struct error *error);
/* What waits is answered without a reading; nothing more is taken. All connections are resumed. */
void lookups_stop(struct lookups *lookups);
void lookups_free(struct lookups *lookups);

/* Suspends the connection and has the work done. False: too much waits already, or stopped; nothing is suspended. Only in a
   callback of the connection. */
bool lookups_ask(struct lookups *lookups, struct lookup *lookup);

#endif
