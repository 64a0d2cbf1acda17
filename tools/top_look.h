/* What a running obek says of itself over HTTP, at one moment. */
#ifndef OBEK_TOP_LOOK_H
#define OBEK_TOP_LOOK_H

#include "obek/buffer.h"
#include "obek/config.h"
#include "top_metrics.h"

#include <jansson.h>

struct look {
    int64_t at_ms; /* monotonic */
    int64_t wall;  /* ms UTC */
    bool answered; /* false: `failure` says why, and the rest is empty */
    struct error failure;
    struct samples samples;
    json_t *ready;    /* what /readyz says */
    json_t *segments; /* what /api/v1/segments says; NULL: nothing, e.g. Redis is away */
};

struct top_client;

/* at: host:port; NULL: http.listen of the configuration (an address that means "all" is this machine). NULL with the error. */
struct top_client *top_client_new(const struct config *config, const char *at, struct error *error);
void top_client_free(struct top_client *client);
/* "127.0.0.1:8420" */
const char *top_client_at(const struct top_client *client);
/* Asks; an obek that does not answer within some seconds has not answered. False: the token is refused, so asking again is no
 * use. */
bool top_look(struct top_client *client, struct look *look, struct error *error);
void look_free(struct look *look);

#endif
