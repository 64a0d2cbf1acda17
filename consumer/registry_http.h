/* One HTTP request at a time with libcurl, to the first of several servers that answers. Private to consumer/registry*.c. */
#ifndef OBEK_REGISTRY_HTTP_H
#define OBEK_REGISTRY_HTTP_H

#include "obek/buffer.h"
#include "obek/registry.h"

#define REGISTRY_ANSWER_BYTES_MAX (4 * 1024 * 1024)

struct registry_http;
struct registry_http *registry_http_new(const struct registry_settings *settings, struct error *error);
void registry_http_free(struct registry_http *http);

struct registry_answer {
    long status;
    bool too_large;     /* the body is cut */
    struct buffer body; /* the caller frees */
    const char *server; /* its URL without credentials; lives as long as the client */
};

/* body NULL: GET, else POST. False when no server gave an answer below 500: the error says what each said. */
bool registry_http_request(struct registry_http *http, const char *path, const struct slice *body, struct registry_answer *answer,
                           struct error *error);

/* Percent-encoded; appended. */
void registry_http_escape(struct registry_http *http, const char *text, struct buffer *out);

#endif
