#include "redis_url.h"
#include "obek/buffer.h"

#include <errno.h>
#include <stdlib.h>

#define REDIS_PORT 6379
/* the words that are wrong are not told: they may be a part of one */
#define IN_A_PASSWORD " (in a password write %%40 for @, %%2F for /, %%3F for ?)"

static bool parse_number(const char *text, size_t len, long max, int *out) {
    if (len == 0 || len > 5)
        return false;
    long value = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    if (value > max)
        return false;
    *out = (int)value;
    return true;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* A copy with %xx decoded; NULL when the text is empty. */
static char *decoded(const char *text, size_t len) {
    if (len == 0)
        return NULL;
    char *copy = xmalloc(len + 1);
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%' && i + 2 < len && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
            copy[used++] = (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            copy[used++] = text[i];
        }
    }
    copy[used] = '\0';
    return copy;
}

static void parse_user(struct redis_url *url, const char *text, size_t len) {
    const char *colon = memchr(text, ':', len);
    size_t user = colon == NULL ? len : (size_t)(colon - text);
    url->user = decoded(text, user);
    if (colon != NULL)
        url->password = decoded(colon + 1, len - user - 1);
}

static bool parse_host(struct redis_url *url, const char *text, size_t len, struct error *error) {
    const char *end = text + len;
    const char *port = NULL;
    if (len > 0 && text[0] == '[') {
        const char *close = memchr(text, ']', len);
        if (close == NULL)
            return error_set(error, "redis.url: '[' without ']'");
        url->host = xstrndup(text + 1, (size_t)(close - text - 1));
        port = close + 1 < end && close[1] == ':' ? close + 2 : NULL;
    } else {
        const char *colon = memchr(text, ':', len);
        url->host = xstrndup(text, colon == NULL ? len : (size_t)(colon - text));
        port = colon == NULL ? NULL : colon + 1;
    }
    if (url->host[0] == '\0')
        return error_set(error, "redis.url: no host");
    if (port != NULL && !parse_number(port, (size_t)(end - port), 65535, &url->port))
        return error_set(error, "redis.url: behind the colon of the host stands no port" IN_A_PASSWORD);
    return true;
}

/* As redis-py calls them; only with TLS is there anything to say. */
static bool parse_parameter(struct redis_url *url, const char *text, size_t len, struct error *error) {
    const struct {
        const char *name;
        char **value;
    } known[] = { { "ssl_ca_certs=", &url->ca_file },
                  { "ssl_certfile=", &url->certificate_file },
                  { "ssl_keyfile=", &url->key_file } };
    for (size_t i = 0; url->tls && i < sizeof known / sizeof known[0]; i++) {
        size_t name = strlen(known[i].name);
        if (len > name && strncmp(text, known[i].name, name) == 0 && *known[i].value == NULL) {
            *known[i].value = decoded(text + name, len - name);
            return true;
        }
    }
    return error_set(error, url->tls
                                ? "redis.url: unknown parameter (ssl_ca_certs, ssl_certfile, ssl_keyfile are known)" IN_A_PASSWORD
                                : "redis.url: there are parameters, and only rediss:// has any" IN_A_PASSWORD);
}

static bool parse_parameters(struct redis_url *url, const char *text, struct error *error) {
    for (size_t len; *text != '\0'; text += len + (text[len] == '&')) {
        len = strcspn(text, "&");
        if (!parse_parameter(url, text, len, error))
            return false;
    }
    return url->key_file == NULL || url->certificate_file != NULL ||
           error_set(error, "redis.url: ssl_keyfile needs ssl_certfile");
}

static bool parse_tcp(struct redis_url *url, const char *text, struct error *error) {
    size_t authority = strcspn(text, "/?");
    const char *at = NULL;
    for (size_t i = 0; i < authority; i++)
        if (text[i] == '@')
            at = text + i;
    if (at != NULL)
        parse_user(url, text, (size_t)(at - text));
    const char *host = at == NULL ? text : at + 1;
    if (memchr(host, ',', (size_t)(text + authority - host)) != NULL)
        return error_set(error, "redis.url: several hosts (a cluster) are not supported by this version; name one server");
    if (!parse_host(url, host, (size_t)(text + authority - host), error))
        return false;
    const char *database = text + authority;
    size_t path = strcspn(database, "?");
    if (path > 1 && !parse_number(database + 1, path - 1, 99999, &url->database))
        return error_set(error, "redis.url: behind the host stands no database number" IN_A_PASSWORD);
    return database[path] == '\0' || parse_parameters(url, database + path + 1, error);
}

static bool parse_unix(struct redis_url *url, const char *text, struct error *error) {
    size_t len = strcspn(text, "?");
    url->path = decoded(text, len);
    if (url->path == NULL || url->path[0] != '/')
        return error_set(error, "redis.url: unix:// needs an absolute path: unix:///run/redis/redis.sock");
    if (text[len] == '?') {
        if (strncmp(text + len, "?db=", 4) != 0 || !parse_number(text + len + 4, strlen(text + len + 4), 99999, &url->database))
            return error_set(error, "redis.url: unknown parameters '%s' (only ?db=N)", text + len);
    }
    return true;
}

bool redis_url_parse(struct redis_url *url, const char *text, struct error *error) {
    *url = (struct redis_url){ .port = REDIS_PORT };
    bool ok;
    if (strncmp(text, "redis://", 8) == 0)
        ok = parse_tcp(url, text + 8, error);
    else if (strncmp(text, "unix://", 7) == 0)
        ok = parse_unix(url, text + 7, error);
    else if (strncmp(text, "rediss://", 9) == 0)
        ok = (url->tls = true) && parse_tcp(url, text + 9, error);
    else if (strncmp(text, "redis-sentinel://", 17) == 0)
        ok = error_set(error, "redis.url: %.*s is not supported by this version; use redis://, rediss:// or unix://",
                       (int)strcspn(text, ":"), text);
    else
        ok = error_set(error, "redis.url: must begin with redis://, rediss:// or unix://");
    if (!ok)
        redis_url_free(url);
    return ok;
}

void redis_url_free(struct redis_url *url) {
    free(url->path);
    free(url->host);
    free(url->user);
    free(url->password);
    free(url->ca_file);
    free(url->certificate_file);
    free(url->key_file);
    *url = (struct redis_url){ 0 };
}
