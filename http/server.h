/* The HTTP server of `obek run` (contract "HTTP"). Two threads of its own: one serves the clients and never waits for anything
   else, one looks things up in Redis for them. It reads what the pipeline counts and touches nothing of it. */
#ifndef OBEK_SERVER_H
#define OBEK_SERVER_H

#include "obek/config.h"

struct server;

/* Listens at http.listen, which is not empty. False: it cannot, and the error says why. The configuration is borrowed. */
struct server *server_start(const struct config *config, struct error *error);
void server_stop(struct server *server);

#endif
