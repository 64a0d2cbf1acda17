#include "request.h"
#include "../consumer/metrics.h"
#include "access.h"
#include "sending.h"

#include <stdio.h>
#include <stdlib.h>

struct request *request_new(struct server *server, const char *target) {
    struct request *request = xcalloc(1, sizeof *request);
    request->server = server;
    request->status = target_parse(&request->target, &request->arena, target);
    return request;
}

void request_free(struct request *request) {
    answer_free(&request->answer);
    arena_free(&request->arena);
    free(request);
}

static const char *header(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static bool has_body(struct MHD_Connection *connection) {
    const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL || (length != NULL && strcmp(length, "0") != 0);
}

/* What an answer to this asker would be refused for; 0: nothing. */
static unsigned refusal(const struct request *request, const struct route *route, struct MHD_Connection *connection) {
    const struct config *config = request->server->config;
    if (route != NULL && route->open)
        return 0;
    if (config->http_token[0] != '\0')
        return access_has_token(header(connection, MHD_HTTP_HEADER_AUTHORIZATION), config->http_token) ? 0
                                                                                                       : MHD_HTTP_UNAUTHORIZED;
    if (request->server->loopback && !access_is_local_name(header(connection, MHD_HTTP_HEADER_HOST)))
        return MHD_HTTP_MISDIRECTED_REQUEST;
    return 0;
}

/* True: it may go on to its route. */
static bool judge(struct request *request, struct MHD_Connection *connection, const char *method) {
    struct answer *answer = &request->answer;
    const struct route *route = request->status == TARGET_OK ? route_find(&request->target, request->given) : NULL;
    unsigned refused = refusal(request, route, connection);
    if (request->status == TARGET_TOO_LONG)
        answer_problem(answer, MHD_HTTP_URI_TOO_LONG, "a path and its parameters may have %d bytes", TARGET_BYTES_MAX);
    else if (refused == MHD_HTTP_UNAUTHORIZED)
        answer_problem(answer, refused, "this needs the bearer token of http.token");
    else if (refused != 0)
        answer_problem(answer, refused, "without http.token, ask by address or as localhost");
    else if (request->status != TARGET_OK)
        answer_problem(answer, MHD_HTTP_BAD_REQUEST,
                       "the path or a parameter is not percent-encoded UTF-8, or has too many parts");
    else if (route == NULL)
        answer_problem(answer, MHD_HTTP_NOT_FOUND, "there is no such path");
    else if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        answer_problem(answer, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are allowed");
    else if (has_body(connection))
        answer_problem(answer, MHD_HTTP_CONTENT_TOO_LARGE, "a request has no content here");
    request->route = route;
    return answer->status == 0;
}

void request_begin(struct request *request, struct MHD_Connection *connection, const char *method) {
    request->begun = true;
    request->answered = !judge(request, connection, method);
}

static struct question question_of(const struct request *request, struct reading *reading) {
    return (struct question){ .config = request->server->config,
                              .target = &request->target,
                              .given = request->given,
                              .reading = reading,
                              .changes = request->server->changes };
}

/* In the thread of look-ups. */
static void look_up(void *context, struct reading *reading, const struct error *why) {
    struct request *request = context;
    struct question question = question_of(request, reading);
    if (reading == NULL)
        answer_problem(&request->answer, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", why->text);
    else
        request->route->answer(&request->answer, &question);
    request->answered = true;
}

bool request_go_on(struct request *request, struct MHD_Connection *connection) {
    if (!request->route->looks_up) {
        struct question question = question_of(request, NULL);
        question.last_event_id = header(connection, "Last-Event-ID");
        request->route->answer(&request->answer, &question);
        return request->answered = true;
    }
    request->lookup = (struct lookup){ .connection = connection, .context = request, .work = look_up };
    if (lookups_ask(request->server->lookups, &request->lookup))
        return false;
    answer_problem(&request->answer, MHD_HTTP_SERVICE_UNAVAILABLE, "too many look-ups are waiting");
    return request->answered = true;
}

static void add(struct MHD_Response *response, const char *name, const char *value) {
    MHD_add_response_header(response, name, value);
}

static void add_headers(struct MHD_Response *response, const struct answer *answer) {
    add(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    add(response, "X-Content-Type-Options", "nosniff");
    add(response, "Content-Security-Policy", "frame-ancestors 'none'");
    if (answer->status == MHD_HTTP_UNAUTHORIZED)
        add(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"obek\"");
    if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        add(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (answer->status == MHD_HTTP_SERVICE_UNAVAILABLE)
        add(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
}

static void count(const struct request *request) {
    char code[8];
    snprintf(code, sizeof code, "%u", request->answer.status);
    counter_add(SERIES(METRIC_HTTP_REQUESTS, request->route == NULL ? "none" : request->route->pattern, code), 1);
}

enum MHD_Result request_send(struct request *request, struct MHD_Connection *connection) {
    struct MHD_Response *response = response_of(&request->answer, connection, request->server->lookups);
    if (response == NULL)
        return MHD_NO;
    add_headers(response, &request->answer);
    count(request);
    enum MHD_Result result = MHD_queue_response(connection, request->answer.status, response);
    MHD_destroy_response(response);
    return result;
}
