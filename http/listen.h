/* The socket of http.listen. */
#ifndef OBEK_LISTEN_H
#define OBEK_LISTEN_H

#include "obek/error.h"

/* "127.0.0.1:8420", "[::1]:8420", "localhost:8420": a listening socket, or -1 with the error. *loopback: only this machine can
   reach it. */
int listen_at(const char *text, bool *loopback, struct error *error);

#endif
