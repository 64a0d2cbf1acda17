#include "connections.h"
#include "obek/buffer.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct connection {
    int socket;
    bool asks;  /* its request is being answered */
    bool local; /* of this machine */
    bool shut;
    struct in6_addr address;
    struct connection *newer, *older;
};

struct connections {
    size_t n;
    struct connection *newest, *oldest;
};

struct connections *connections_new(void) {
    return xcalloc(1, sizeof(struct connections));
}

void connections_free(struct connections *connections) {
    assert(connections->n == 0);
    free(connections);
}

size_t connections_count(const struct connections *connections) {
    return connections->n;
}

/* An IPv4 address as IPv6 maps it. */
static void read_address(struct connection *connection, const struct sockaddr *address) {
    memset(&connection->address, 0, sizeof connection->address);
    if (address->sa_family == AF_INET6) {
        connection->address = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    } else {
        const struct in_addr *v4 = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
        connection->address.s6_addr[10] = connection->address.s6_addr[11] = 0xff;
        memcpy(&connection->address.s6_addr[12], v4, sizeof *v4);
    }
    bool mapped = IN6_IS_ADDR_V4MAPPED(&connection->address);
    connection->local = mapped ? connection->address.s6_addr[12] == 127 : IN6_IS_ADDR_LOOPBACK(&connection->address);
}

bool connections_admit(const struct connections *connections, const struct sockaddr *address) {
    struct connection from;
    size_t n = 0;
    read_address(&from, address);
    for (const struct connection *other = connections->oldest; !from.local && other != NULL; other = other->newer)
        n += memcmp(&other->address, &from.address, sizeof from.address) == 0;
    return n < CONNECTIONS_OF_AN_ADDRESS_MAX;
}

static void link_newest(struct connections *connections, struct connection *connection) {
    connection->newer = NULL;
    connection->older = connections->newest;
    *(connections->newest != NULL ? &connections->newest->newer : &connections->oldest) = connection;
    connections->newest = connection;
    connections->n++;
}

static void unlink_one(struct connections *connections, struct connection *connection) {
    *(connection->newer != NULL ? &connection->newer->older : &connections->newest) = connection->older;
    *(connection->older != NULL ? &connection->older->newer : &connections->oldest) = connection->newer;
    connections->n--;
}

/* What is shut down still counts until its owner has noticed; so one a call is enough. */
static void make_room(const struct connections *connections) {
    struct connection *oldest = NULL, *silent = NULL;
    for (struct connection *one = connections->newest; one != NULL; one = one->older) {
        oldest = one->shut ? oldest : one;
        silent = one->shut || one->asks ? silent : one;
    }
    struct connection *goes = silent != NULL ? silent : oldest;
    if (goes == NULL)
        return;
    goes->shut = true;
    shutdown(goes->socket, SHUT_RDWR);
}

struct connection *connections_add(struct connections *connections, int socket, const struct sockaddr *address) {
    if (connections->n >= CONNECTIONS_CROWDED)
        make_room(connections);
    struct connection *connection = xcalloc(1, sizeof *connection);
    connection->socket = socket;
    read_address(connection, address);
    link_newest(connections, connection);
    return connection;
}

void connections_remove(struct connections *connections, struct connection *connection) {
    unlink_one(connections, connection);
    free(connection);
}

void connection_asks(struct connection *connection) {
    connection->asks = true;
}

void connection_is_answered(struct connections *connections, struct connection *connection) {
    connection->asks = false;
    unlink_one(connections, connection);
    link_newest(connections, connection);
}
