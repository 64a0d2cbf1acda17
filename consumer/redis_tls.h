/* TLS to Redis on a connected socket (rediss://), by OpenSSL itself: hiredis has it only in newer versions, and obek writes and
   reads its pipelines itself anyway. The server's certificate is always verified, with the name or address in the URL. */
#ifndef OBEK_REDIS_TLS_H
#define OBEK_REDIS_TLS_H

#include "redis_url.h"

#include <stddef.h>
#include <sys/types.h>

struct redis_tls;

/* Shakes hands, within ms. The socket stays the caller's, and becomes non-blocking. NULL: the error says why. */
struct redis_tls *redis_tls_open(int socket, const struct redis_url *url, int ms, struct error *error);
void redis_tls_close(struct redis_tls *tls);

/* As send(2) and recv(2), waiting at most ms (0: not at all). 0: nothing yet. -1: broken, or too late; the error says why. */
ssize_t redis_tls_write(struct redis_tls *tls, const char *data, size_t len, int ms, struct error *error);
ssize_t redis_tls_read(struct redis_tls *tls, char *data, size_t len, int ms, struct error *error);

#endif
