/* Who is connected: clients that take their time must not keep others out. MHD ends a connection on which nothing moves for a
   while; one that sends or takes a byte now and then would stay for ever. Used by one thread. */
#ifndef OBEK_CONNECTIONS_H
#define OBEK_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define CONNECTIONS_MAX 512
#define CONNECTIONS_CROWDED 384          /* from here on a new one costs an old one */
#define CONNECTIONS_OF_AN_ADDRESS_MAX 64 /* of another machine */

struct connection; /* one that is open */
struct connections;

struct connections *connections_new(void);
/* All are removed. */
void connections_free(struct connections *connections);
size_t connections_count(const struct connections *connections);

/* May another one come from there? */
bool connections_admit(const struct connections *connections, const struct sockaddr *address);
/* It has come. Where it is crowded, one is shut down, on which its owner removes it: the oldest that has not asked anything, or
   the oldest of all. */
struct connection *connections_add(struct connections *connections, int socket, const struct sockaddr *address);
void connections_remove(struct connections *connections, struct connection *connection);
/* It has sent a whole request head. */
void connection_asks(struct connection *connection);
/* The answer is through; it is now the newest. */
void connection_is_answered(struct connections *connections, struct connection *connection);

#endif
