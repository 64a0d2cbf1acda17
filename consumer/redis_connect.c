#include "redis_connect.h"

#include <stdio.h>

/* One call outside the pipeline, right after connecting. */
static bool ask(redisContext *connection, int argc, const char **argv, struct error *error) {
    redisReply *reply = redisCommandArgv(connection, argc, argv, NULL);
    if (reply == NULL)
        return error_set(error, "%s: %s", argv[0], connection->errstr);
    bool ok = reply->type != REDIS_REPLY_ERROR;
    if (!ok)
        error_set(error, "%s: %s", argv[0], reply->str);
    freeReplyObject(reply);
    return ok;
}

static bool greet(redisContext *connection, const struct redis_url *url, const struct redis_script *scripts,
                  struct error *error) {
    if (url->password != NULL) {
        const char *with_user[] = { "AUTH", url->user == NULL ? "default" : url->user, url->password };
        if (!ask(connection, 3, with_user, error))
            return false;
    }
    char database[16];
    snprintf(database, sizeof database, "%d", url->database);
    const char *select[] = { "SELECT", database };
    if (!ask(connection, 2, select, error))
        return false;
    for (const struct redis_script *script = scripts; script != NULL; script = script->next) {
        const char *load[] = { "SCRIPT", "LOAD", script->text };
        if (!ask(connection, 3, load, error))
            return false;
    }
    return true;
}

static struct timeval timeval_of(int ms) {
    return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

redisContext *redis_connect(const struct redis_url *url, const struct redis_script *scripts, int connect_ms, int answer_ms,
                            struct error *error) {
    struct timeval connect_timeout = timeval_of(connect_ms), answer_timeout = timeval_of(answer_ms);
    redisContext *connection = url->path != NULL ? redisConnectUnixWithTimeout(url->path, connect_timeout)
                                                 : redisConnectWithTimeout(url->host, url->port, connect_timeout);
    if (connection == NULL) {
        error_set(error, "out of memory");
        return NULL;
    }
    if (connection->err != 0 || redisSetTimeout(connection, answer_timeout) != REDIS_OK) {
        error_set(error, "connect: %s", connection->errstr);
        redisFree(connection);
        return NULL;
    }
    if (url->path == NULL)
        redisEnableKeepAlive(connection);
    if (!greet(connection, url, scripts, error)) {
        redisFree(connection);
        return NULL;
    }
    connection->reader->maxbuf = 0;
    return connection;
}
