/* A connection to Redis: opened, authenticated, on its database, and with the scripts known. */
#ifndef OBEK_REDIS_CONNECT_H
#define OBEK_REDIS_CONNECT_H

#include "obek/redis.h"
#include "redis_link.h"

struct redis_script {
    const char *text;
    char sha[41];
    struct redis_script *next;
};

/* NULL: the error says why. */
struct redis_link *redis_connect(const struct redis_url *url, const struct redis_script *scripts, int connect_ms, int answer_ms,
                                 struct error *error);

#endif
