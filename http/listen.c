#include "listen.h"
#include "obek/buffer.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128

static bool is_loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
}

static int open_socket(const struct addrinfo *address) {
    int on = 1, fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    /* connections of the process before this one linger, and may */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 && bind(fd, address->ai_addr, address->ai_addrlen) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    int err = errno;
    close(fd);
    errno = err;
    return -1;
}

int listen_at(const char *text, bool *loopback, struct error *error) {
    const char *colon = strrchr(text, ':');
    bool bracketed = text[0] == '[' && colon > text + 1 && colon[-1] == ']';
    char *host = bracketed ? xstrndup(text + 1, (size_t)(colon - text) - 2) : xstrndup(text, (size_t)(colon - text));
    struct addrinfo *found = NULL, hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    int fd = -1, failed = getaddrinfo(host, colon + 1, &hints, &found);
    if (failed != 0) {
        error_set(error, "http.listen = %s: %s", text, gai_strerror(failed));
    } else {
        fd = open_socket(found);
        *loopback = is_loopback(found->ai_addr);
        if (fd < 0)
            error_set(error, "http.listen = %s: %s", text, strerror(errno));
        freeaddrinfo(found);
    }
    free(host);
    return fd;
}
