/* Bytes to and from a Redis server, over a socket or over TLS; answers are put together by hiredis' reader. */
#ifndef OBEK_REDIS_LINK_H
#define OBEK_REDIS_LINK_H

#include "redis_url.h"

#include <hiredis/hiredis.h>
#include <sys/types.h>

#define REDIS_LINK_RECEIVED_MAX ((size_t)16 * 1024) /* at once; of TLS that is a record */

struct redis_link;

/* NULL: the error says why. answer_ms: how long sending and receiving may take. */
struct redis_link *redis_link_open(const struct redis_url *url, int connect_ms, int answer_ms, struct error *error);
void redis_link_close(struct redis_link *link);

/* As many bytes as go; wait: at least one, or broken. 0: none now. -1: broken; the error says why. */
ssize_t redis_link_send(struct redis_link *link, const char *data, size_t len, bool wait, struct error *error);
/* What has come goes to the reader; wait: something, or broken. The number of bytes; 0: none now. -1: broken. */
ssize_t redis_link_receive(struct redis_link *link, bool wait, struct error *error);
/* The next answer that is here in full, the caller's; NULL: none (false: what came is no answer of Redis). */
bool redis_link_answer(struct redis_link *link, redisReply **answer, struct error *error);
/* The next answer, waited for. NULL: broken. */
redisReply *redis_link_wait(struct redis_link *link, struct error *error);

#endif
