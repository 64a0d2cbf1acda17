#include "redis_connect.h"

#include <stdio.h>

static bool send_all(struct redis_link *link, const char *bytes, size_t len, struct error *error) {
    ssize_t n = 1;
    for (size_t sent = 0; sent < len && n > 0; sent += n > 0 ? (size_t)n : 0)
        n = redis_link_send(link, bytes + sent, len - sent, true, error);
    return n > 0;
}

/* One call outside the pipeline, right after connecting. */
static bool ask(struct redis_link *link, int argc, const char **argv, struct error *error) {
    char *bytes = NULL;
    long long len = redisFormatCommandArgv(&bytes, argc, argv, NULL);
    if (len < 0)
        return error_set(error, "out of memory");
    redisReply *reply = send_all(link, bytes, (size_t)len, error) ? redis_link_wait(link, error) : NULL;
    redisFreeCommand(bytes);
    if (reply == NULL)
        return error_context(error, "%s", argv[0]);
    bool ok = reply->type != REDIS_REPLY_ERROR;
    if (!ok)
        error_set(error, "%s: %s", argv[0], reply->str);
    freeReplyObject(reply);
    return ok;
}

static bool greet(struct redis_link *link, const struct redis_url *url, const struct redis_script *scripts, struct error *error) {
    if (url->password != NULL) {
        const char *with_user[] = { "AUTH", url->user == NULL ? "default" : url->user, url->password };
        if (!ask(link, 3, with_user, error))
            return false;
    }
    char database[16];
    snprintf(database, sizeof database, "%d", url->database);
    const char *select[] = { "SELECT", database };
    if (!ask(link, 2, select, error))
        return false;
    for (const struct redis_script *script = scripts; script != NULL; script = script->next) {
        const char *load[] = { "SCRIPT", "LOAD", script->text };
        if (!ask(link, 3, load, error))
            return false;
    }
    return true;
}

struct redis_link *redis_connect(const struct redis_url *url, const struct redis_script *scripts, int connect_ms, int answer_ms,
                                 struct error *error) {
    struct redis_link *link = redis_link_open(url, connect_ms, answer_ms, error);
    if (link != NULL && !greet(link, url, scripts, error)) {
        redis_link_close(link);
        return NULL;
    }
    return link;
}
