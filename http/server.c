#include "server.h"
#include "listen.h"
#include "obek/log.h"
#include "request.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CONNECTION_BYTES_MAX (16 * 1024) /* request line and headers; MHD answers 414 and 431 beyond it */
#define IDLE_S 15                        /* a connection on which nothing moves */
#define VANISHED_MS 30000                /* a client that does not even acknowledge what it is sent */
#define STACK_BYTES (512 * 1024)

static void *on_target(void *context, const char *target, struct MHD_Connection *connection) {
    (void)connection;
    return request_new(context, target);
}

/* Paths are decoded by target.c: here an encoded slash would become one. */
static size_t leave_escapes(void *context, struct MHD_Connection *connection, char *text) {
    (void)context;
    (void)connection;
    return strlen(text);
}

static struct connection *of(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* Called for the head, and again, until a response is queued. One that refuses is queued at once: MHD then reads nothing more of
   the request. Others are not, or MHD would end each connection behind its first answer. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *content, size_t *content_len, void **slot) {
    (void)context;
    (void)url;
    (void)version;
    (void)content;
    struct request *request = *slot;
    *content_len = 0;
    if (!request->begun) {
        connection_asks(of(connection));
        request_begin(request, connection, method);
        return request->answered ? request_send(request, connection) : MHD_YES;
    }
    if (request->answered || request_go_on(request, connection))
        return request_send(request, connection);
    return MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot, enum MHD_RequestTerminationCode how) {
    (void)how;
    struct server *server = context;
    if (*slot != NULL)
        request_free(*slot);
    *slot = NULL;
    connection_is_answered(server->connections, of(connection));
}

static enum MHD_Result on_accept(void *context, const struct sockaddr *address, socklen_t len) {
    (void)len;
    const struct server *server = context;
    return connections_admit(server->connections, address) ? MHD_YES : MHD_NO;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **slot,
                          enum MHD_ConnectionNotificationCode what) {
    struct server *server = context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        connections_remove(server->connections, *slot);
        return;
    }
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info->client_addr;
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    setsockopt(info->connect_fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &(int){ VANISHED_MS }, sizeof(int));
    *slot = connections_add(server->connections, info->connect_fd, address);
}

static void on_message(void *context, const char *format, va_list arguments) {
    (void)context;
    char text[256];
    vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\n")] = '\0';
    log_event(LOG_LEVEL_DEBUG, "http", { "message", LOG_S(text) });
}

static struct MHD_Daemon *start_daemon(struct server *server, int fd) {
    /* clang-format off */
    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
                            on_accept, server, on_request, server,
                            MHD_OPTION_EXTERNAL_LOGGER, on_message, NULL,
                            MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES_MAX,
                            MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES,
                            MHD_OPTION_STRICT_FOR_CLIENT, 1,
                            MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
                            MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL,
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
                            MHD_OPTION_END);
    /* clang-format on */
}

static bool start(struct server *server, struct error *error) {
    int fd = listen_at(server->config->http_listen, &server->loopback, error);
    if (fd < 0)
        return false;
    server->lookups = lookups_new(server->config, error);
    server->daemon = server->lookups == NULL ? NULL : start_daemon(server, fd);
    if (server->daemon != NULL)
        return true;
    close(fd);
    return server->lookups == NULL ? false : error_set(error, "cannot start the HTTP server");
}

static void free_server(struct server *server) {
    changes_free(server->changes);
    if (server->lookups != NULL)
        lookups_free(server->lookups);
    connections_free(server->connections);
    free(server);
}

struct server *server_start(const struct config *config, struct error *error) {
    struct server *server = xcalloc(1, sizeof *server);
    server->config = config;
    server->connections = connections_new();
    server->changes = changes_new(config);
    if (start(server, error)) {
        log_event(LOG_LEVEL_INFO, "listening", { "http", LOG_S(config->http_listen) });
        return server;
    }
    if (server->lookups != NULL)
        lookups_stop(server->lookups);
    free_server(server);
    return NULL;
}

void server_stop(struct server *server) {
    lookups_stop(server->lookups); /* no connection may be suspended when MHD stops */
    changes_stop(server->changes);
    MHD_stop_daemon(server->daemon);
    free_server(server);
}
