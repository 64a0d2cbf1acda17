/* A request on its way to its answer; everything of it happens in MHD's thread, but for what a look-up does. Private to
   http/server.c and request.c. */
#ifndef OBEK_REQUEST_H
#define OBEK_REQUEST_H

#include "changes.h"
#include "connections.h"
#include "lookups.h"
#include "routes.h"

#include <microhttpd.h>

struct server {
    const struct config *config;
    bool loopback; /* only this machine can reach it */
    struct connections *connections;
    struct lookups *lookups;
    struct changes *changes;
    struct MHD_Daemon *daemon;
};

struct request {
    struct server *server;
    struct arena arena;
    enum target_status status;
    struct target target;
    struct slice given[TARGET_PARTS_MAX];
    const struct route *route; /* NULL: none, or refused before */
    bool begun, answered;
    struct answer answer;
    struct lookup lookup;
};

struct request *request_new(struct server *server, const char *target);
void request_free(struct request *request);
/* The head is here: refused already, or with a route? */
void request_begin(struct request *request, struct MHD_Connection *connection, const char *method);
/* True: answered. False: a look-up answers, in its thread, and the request is not to be touched before that has resumed the
   connection. Not while it is suspended. */
bool request_go_on(struct request *request, struct MHD_Connection *connection);
/* Sends the answer, which is then MHD's. */
enum MHD_Result request_send(struct request *request, struct MHD_Connection *connection);

#endif
