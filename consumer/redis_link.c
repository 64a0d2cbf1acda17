#include "redis_link.h"
#include "obek/buffer.h"
#include "redis_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

struct redis_link {
    redisContext *context;
    struct redis_tls *tls; /* NULL: the socket alone */
    int answer_ms;
};

static struct timeval timeval_of(int ms) {
    return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

static bool connect_socket(struct redis_link *link, const struct redis_url *url, int connect_ms, struct error *error) {
    struct timeval timeout = timeval_of(connect_ms);
    link->context = url->path != NULL ? redisConnectUnixWithTimeout(url->path, timeout)
                                      : redisConnectWithTimeout(url->host, url->port, timeout);
    if (link->context == NULL)
        return error_set(error, "out of memory");
    if (link->context->err != 0 || redisSetTimeout(link->context, timeval_of(link->answer_ms)) != REDIS_OK)
        return error_set(error, "connect: %s", link->context->errstr);
    link->context->reader->maxbuf = 0;
    if (url->path == NULL)
        redisEnableKeepAlive(link->context);
    return true;
}

struct redis_link *redis_link_open(const struct redis_url *url, int connect_ms, int answer_ms, struct error *error) {
    struct redis_link *link = xcalloc(1, sizeof *link);
    link->answer_ms = answer_ms;
    bool ok = connect_socket(link, url, connect_ms, error);
    if (ok && url->tls)
        ok = (link->tls = redis_tls_open(link->context->fd, url, connect_ms, error)) != NULL;
    if (ok)
        return link;
    redis_link_close(link);
    return NULL;
}

void redis_link_close(struct redis_link *link) {
    if (link->tls != NULL)
        redis_tls_close(link->tls);
    if (link->context != NULL)
        redisFree(link->context);
    free(link);
}

/* What send(2) and recv(2) have answered, with errno. */
static ssize_t settle(ssize_t n, bool wait, const char *timed_out, struct error *error) {
    if (n >= 0)
        return n;
    if (errno == EAGAIN && !wait)
        return 0;
    error_set(error, "%s", errno == EAGAIN ? timed_out : strerror(errno));
    return -1;
}

ssize_t redis_link_send(struct redis_link *link, const char *data, size_t len, bool wait, struct error *error) {
    if (link->tls != NULL)
        return redis_tls_write(link->tls, data, len, wait ? link->answer_ms : 0, error);
    ssize_t n;
    do {
        n = send(link->context->fd, data, len, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
    } while (n < 0 && errno == EINTR);
    return settle(n, wait, "write timed out", error);
}

static ssize_t receive(struct redis_link *link, char *bytes, bool wait, struct error *error) {
    if (link->tls != NULL)
        return redis_tls_read(link->tls, bytes, REDIS_LINK_RECEIVED_MAX, wait ? link->answer_ms : 0, error);
    ssize_t n;
    do {
        n = recv(link->context->fd, bytes, REDIS_LINK_RECEIVED_MAX, wait ? 0 : MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n == 0) {
        error_set(error, "Server closed the connection");
        return -1;
    }
    return settle(n, wait, "read timed out", error);
}

ssize_t redis_link_receive(struct redis_link *link, bool wait, struct error *error) {
    char bytes[REDIS_LINK_RECEIVED_MAX];
    redisReader *reader = link->context->reader;
    ssize_t n = receive(link, bytes, wait, error);
    if (n > 0 && redisReaderFeed(reader, bytes, (size_t)n) != REDIS_OK) {
        error_set(error, "%s", reader->errstr);
        return -1;
    }
    return n;
}

bool redis_link_answer(struct redis_link *link, redisReply **answer, struct error *error) {
    redisReader *reader = link->context->reader;
    void *found = NULL;
    bool ok = redisReaderGetReply(reader, &found) == REDIS_OK || error_set(error, "%s", reader->errstr);
    *answer = found;
    return ok;
}

redisReply *redis_link_wait(struct redis_link *link, struct error *error) {
    redisReply *answer;
    while (redis_link_answer(link, &answer, error)) {
        if (answer != NULL)
            return answer;
        if (redis_link_receive(link, true, error) < 0)
            return NULL;
    }
    return NULL;
}
