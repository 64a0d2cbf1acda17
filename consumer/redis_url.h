/* redis.url taken apart. */
#ifndef OBEK_REDIS_URL_H
#define OBEK_REDIS_URL_H

#include "obek/error.h"

struct redis_url {
    char *path; /* unix socket, or NULL */
    char *host;
    int port;
    char *user, *password; /* NULL: none */
    int database;
    bool tls;                                    /* rediss:// */
    char *ca_file, *certificate_file, *key_file; /* PEM; NULL: the system's certificates; no certificate of our own; with it */
};

bool redis_url_parse(struct redis_url *url, const char *text, struct error *error);
void redis_url_free(struct redis_url *url);

#endif
