/* The registry's client against a small HTTP server of our own: what is kept, what is a bad record and what is waited for. */
#include "obek/buffer.h"
#include "obek/registry.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* What the server answers to every request until told otherwise; it closes the connection after each. */
struct answer {
    int status;
    const char *body;
    size_t padding; /* bytes of blanks behind the body */
    bool silent;    /* reads the request and never answers */
};

struct server {
    int listener;
    int port;
    pthread_t thread;
    pthread_mutex_t lock;
    struct answer answer;
    int n_requests;
    char request[8192]; /* the last one */
};

static void take_request(struct server *server, int connection, struct answer *answer) {
    char text[8192];
    size_t len = 0, body = 0;
    char *end = NULL;
    do {
        ssize_t got = recv(connection, text + len, sizeof text - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        text[len] = '\0';
        end = strstr(text, "\r\n\r\n");
        const char *length = strcasestr(text, "Content-Length:");
        body = length == NULL ? 0 : strtoul(length + 15, NULL, 10);
    } while (end == NULL || len < (size_t)(end + 4 - text) + body);
    text[len] = '\0';
    pthread_mutex_lock(&server->lock);
    memcpy(server->request, text, len + 1);
    server->n_requests++;
    *answer = server->answer;
    pthread_mutex_unlock(&server->lock);
}

static void send_all(int connection, const char *data, size_t len) {
    while (len > 0) {
        ssize_t sent = send(connection, data, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the client has heard enough */
        data += sent;
        len -= (size_t)sent;
    }
}

static void send_answer(int connection, const struct answer *answer) {
    struct buffer text = { 0 };
    buffer_printf(&text, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", answer->status,
                  strlen(answer->body) + answer->padding, answer->body);
    memset(buffer_reserve(&text, answer->padding), ' ', answer->padding);
    text.len += answer->padding;
    send_all(connection, text.data, text.len);
    buffer_free(&text);
}

/* Ends when the listener is shut down. */
static void *serve(void *context) {
    struct server *server = context;
    for (int connection; (connection = accept(server->listener, NULL, NULL)) >= 0;) {
        struct answer answer;
        char rest[64];
        take_request(server, connection, &answer);
        if (!answer.silent)
            send_answer(connection, &answer);
        else
            while (recv(connection, rest, sizeof rest, 0) > 0)
                ; /* until the client gives up */
        close(connection);
    }
    return NULL;
}

static void server_start(struct server *server) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    *server = (struct server){ .lock = PTHREAD_MUTEX_INITIALIZER };
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listener, 8), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void server_stop(struct server *server) {
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
}

static void answers(struct server *server, struct answer answer) {
    pthread_mutex_lock(&server->lock);
    server->answer = answer;
    pthread_mutex_unlock(&server->lock);
}

static int requests(struct server *server) {
    pthread_mutex_lock(&server->lock);
    int n = server->n_requests;
    pthread_mutex_unlock(&server->lock);
    return n;
}

static void last_request_has(struct server *server, const char *text) {
    pthread_mutex_lock(&server->lock);
    bool has = strstr(server->request, text) != NULL;
    pthread_mutex_unlock(&server->lock);
    if (!has)
        fail_msg("\"%s\" is not in: %s", text, server->request);
}

static int64_t now_ms;

static int64_t test_clock(void) {
    return now_ms;
}

/* A server, and a client of it in virtual time. */
struct fixture {
    struct server server;
    char url[128];
    struct registry *registry;
};

static struct registry *client(const char *url, long timeout_ms) {
    struct registry_settings settings = { .url = url, .timeout_ms = timeout_ms, .clock_ms = test_clock };
    struct error error = { "" };
    struct registry *registry = registry_new(&settings, &error);
    if (registry == NULL)
        fail_msg("%s", error.text);
    return registry;
}

static int set_up(void **state) {
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    struct fixture *fixture = xcalloc(1, sizeof *fixture);
    now_ms = 1000;
    server_start(&fixture->server);
    snprintf(fixture->url, sizeof fixture->url, "http://127.0.0.1:%d", fixture->server.port);
    fixture->registry = client(fixture->url, 20000);
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    registry_free(fixture->registry);
    server_stop(&fixture->server);
    free(fixture);
    return 0;
}

#define ORDER_SCHEMA                                                                                                             \
    "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"R\\\",\\\"fields\\\":["                                         \
    "{\\\"name\\\":\\\"order_id\\\",\\\"type\\\":\\\"string\\\"}]}\"}"

static void schema_is(struct registry *registry, uint32_t id, enum schema_state expected, const char *message) {
    const struct avro_schema_plan *plan = NULL;
    struct error error = { "" };
    assert_int_equal(registry_schema(registry, id, &plan, &error), expected);
    assert_true((plan != NULL) == (expected == SCHEMA_FOUND));
    if (strstr(error.text, message) == NULL)
        fail_msg("\"%s\" instead of \"%s\"", error.text, message);
}

static void keeps_a_schema_for_ever(void **state) {
    struct fixture *fixture = *state;
    answers(&fixture->server, (struct answer){ .status = 200, .body = ORDER_SCHEMA });
    schema_is(fixture->registry, 7, SCHEMA_FOUND, "");
    last_request_has(&fixture->server, "GET /schemas/ids/7 HTTP/1.1\r\n");
    last_request_has(&fixture->server, "Accept: application/vnd.schemaregistry.v1+json");
    schema_is(fixture->registry, 4294967295u, SCHEMA_FOUND, "");
    last_request_has(&fixture->server, "GET /schemas/ids/4294967295 HTTP/1.1\r\n");
    answers(&fixture->server, (struct answer){ .status = 500, .body = "" });
    now_ms += INT64_C(1000000000);
    schema_is(fixture->registry, 7, SCHEMA_FOUND, "");
    assert_int_equal(requests(&fixture->server), 2);
}

static void keeps_a_refusal_for_a_while(void **state) {
    struct fixture *fixture = *state;
    answers(&fixture->server,
            (struct answer){ .status = 404, .body = "{\"error_code\":40403,\"message\":\"Schema not found\"}" });
    schema_is(fixture->registry, 9, SCHEMA_UNKNOWN, "schema id 9: http://127.0.0.1:");
    answers(&fixture->server, (struct answer){ .status = 200, .body = ORDER_SCHEMA });
    now_ms += 29999;
    schema_is(fixture->registry, 9, SCHEMA_UNKNOWN, "HTTP status 404, error 40403: Schema not found");
    assert_int_equal(requests(&fixture->server), 1);
    now_ms += 1;
    schema_is(fixture->registry, 9, SCHEMA_FOUND, "");
    assert_int_equal(requests(&fixture->server), 2);
}

/* Only these make records bad; nothing that an operator mends does. */
static void tells_bad_from_unavailable(void **state) {
    struct fixture *fixture = *state;
    static const struct {
        struct answer answer;
        enum schema_state state;
        const char *message;
    } cases[] = {
        { { .status = 404, .body = "{\"error_code\":40401,\"message\":\"no\\nsubject\"}" }, SCHEMA_UNKNOWN, "40401: no subject" },
        { { .status = 200, .body = "{\"schemaType\":\"PROTOBUF\",\"schema\":\"x\"}" },
          SCHEMA_UNKNOWN,
          "a PROTOBUF schema, not Avro" },
        { { .status = 200, .body = "{\"schemaType\":\"JSON\",\"schema\":\"{}\"}" }, SCHEMA_UNKNOWN, "a JSON schema, not Avro" },
        { { .status = 200, .body = "{\"references\":[{\"name\":\"a\"}],\"schema\":\"{}\"}" },
          SCHEMA_UNKNOWN,
          "refers to other schemas" },
        { { .status = 200, .body = "{\"schema\":\"{\\\"type\\\":\\\"nonsense\\\"}\"}" }, SCHEMA_UNKNOWN, "schema id" },
        { { .status = 200, .body = "{", .padding = 5 * 1024 * 1024 }, SCHEMA_UNKNOWN, "larger than 4194304 bytes" },
        { { .status = 200, .body = "<html>log in</html>" }, SCHEMA_UNAVAILABLE, "not a schema registry's" },
        { { .status = 200, .body = "{\"schema\":1}" }, SCHEMA_UNAVAILABLE, "not a schema registry's" },
        { { .status = 404, .body = "<html>no such page</html>" }, SCHEMA_UNAVAILABLE, "HTTP status 404" },
        { { .status = 302, .body = "" }, SCHEMA_UNAVAILABLE, "HTTP status 302" },
        { { .status = 401, .body = "{\"error_code\":40101,\"message\":\"who?\"}" }, SCHEMA_UNAVAILABLE, "error 40101: who?" },
        { { .status = 403, .body = "" }, SCHEMA_UNAVAILABLE, "HTTP status 403" },
        { { .status = 429, .body = "" }, SCHEMA_UNAVAILABLE, "does not answer: http://127.0.0.1:" },
        { { .status = 500, .body = ORDER_SCHEMA }, SCHEMA_UNAVAILABLE, "HTTP status 500" },
        { { .status = 503, .body = "", .padding = 5 * 1024 * 1024 }, SCHEMA_UNAVAILABLE, "HTTP status 503" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        answers(&fixture->server, cases[i].answer);
        schema_is(fixture->registry, (uint32_t)i, cases[i].state, cases[i].message);
    }
    /* an unavailable answer is not kept */
    answers(&fixture->server, (struct answer){ .status = 200, .body = ORDER_SCHEMA });
    schema_is(fixture->registry, 13, SCHEMA_FOUND, "");
}

/* Records can name any id: what is remembered of the unknown ones is bounded, and schemas found stay. */
static void forgets_refusals_when_there_are_too_many(void **state) {
    struct fixture *fixture = *state;
    answers(&fixture->server, (struct answer){ .status = 200, .body = ORDER_SCHEMA });
    schema_is(fixture->registry, 100000, SCHEMA_FOUND, "");
    answers(&fixture->server, (struct answer){ .status = 404, .body = "{\"error_code\":40403}" });
    for (uint32_t id = 0; id <= 4096; id++)
        schema_is(fixture->registry, id, SCHEMA_UNKNOWN, "40403");
    int before = requests(&fixture->server);
    schema_is(fixture->registry, 4096, SCHEMA_UNKNOWN, "40403");
    schema_is(fixture->registry, 100000, SCHEMA_FOUND, "");
    assert_int_equal(requests(&fixture->server), before);
    schema_is(fixture->registry, 5, SCHEMA_UNKNOWN, "40403");
    assert_int_equal(requests(&fixture->server), before + 1);
}

/* A port that nobody listens on. */
static int closed_port(void) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int probe = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(probe, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(probe, (struct sockaddr *)&address, &len), 0);
    close(probe);
    return ntohs(address.sin_port);
}

static void tries_servers_in_turn(void **state) {
    struct fixture *fixture = *state;
    struct server other;
    server_start(&other);
    answers(&fixture->server, (struct answer){ .status = 503, .body = "" });
    answers(&other, (struct answer){ .status = 200, .body = ORDER_SCHEMA });
    char urls[256];
    snprintf(urls, sizeof urls, "http://127.0.0.1:%d/, %s/ ,http://127.0.0.1:%d/apis/ccompat/v7/", closed_port(), fixture->url,
             other.port);
    struct registry *registry = client(urls, 20000);
    schema_is(registry, 1, SCHEMA_FOUND, "");
    last_request_has(&other, "GET /apis/ccompat/v7/schemas/ids/1 HTTP");
    assert_int_equal(requests(&fixture->server), 1);
    schema_is(registry, 2, SCHEMA_FOUND, ""); /* the one that answered is asked first */
    assert_int_equal(requests(&fixture->server), 1);
    answers(&other, (struct answer){ .status = 502, .body = "" });
    schema_is(registry, 3, SCHEMA_UNAVAILABLE, "HTTP status 502; http://127.0.0.1:");
    assert_int_equal(requests(&fixture->server), 2);
    registry_free(registry);
    server_stop(&other);
}

static void gives_up_on_a_silent_server(void **state) {
    struct fixture *fixture = *state;
    answers(&fixture->server, (struct answer){ .silent = true });
    struct registry *registry = client(fixture->url, 50);
    schema_is(registry, 1, SCHEMA_UNAVAILABLE, "timed out");
    registry_free(registry);
}

static void sends_credentials_and_never_shows_them(void **state) {
    struct fixture *fixture = *state;
    answers(&fixture->server, (struct answer){ .status = 401, .body = "" });
    char url[256];
    snprintf(url, sizeof url, "http://someone:s3cret%%40@127.0.0.1:%d", fixture->server.port);
    struct registry_settings in_url = { .url = url, .clock_ms = test_clock };
    struct registry_settings basic = { .url = fixture->url, .basic_auth_user_info = "me:s3cret", .clock_ms = test_clock };
    struct registry_settings bearer = { .url = fixture->url, .bearer_auth_token = "s3cret", .clock_ms = test_clock };
    const struct {
        const struct registry_settings *settings;
        const char *header;
    } cases[] = { { &in_url, "Authorization: Basic c29tZW9uZTpzM2NyZXRA\r\n" },
                  { &basic, "Authorization: Basic bWU6czNjcmV0\r\n" },
                  { &bearer, "Authorization: Bearer s3cret\r\n" } };
    for (int i = 0; i < 3; i++) {
        struct error error = { "" };
        const struct avro_schema_plan *plan;
        struct registry *registry = registry_new(cases[i].settings, &error);
        assert_non_null(registry);
        assert_int_equal(registry_schema(registry, 1, &plan, &error), SCHEMA_UNAVAILABLE);
        last_request_has(&fixture->server, cases[i].header);
        assert_null(strstr(error.text, "s3cret"));
        assert_non_null(strstr(error.text, "http://127.0.0.1:"));
        registry_free(registry);
    }
    snprintf(url, sizeof url, "http://someone:s3cret@127.0.0.1:%d", closed_port());
    struct registry *registry = client(url, 20000);
    struct error error = { "" };
    const struct avro_schema_plan *plan;
    assert_int_equal(registry_schema(registry, 1, &plan, &error), SCHEMA_UNAVAILABLE);
    assert_null(strstr(error.text, "s3cret"));
    registry_free(registry);
}

static void settings_are(struct registry_settings settings, const char *message) {
    struct error error = { "" };
    assert_null(registry_new(&settings, &error));
    if (strstr(error.text, message) == NULL || strstr(error.text, "s3cret") != NULL)
        fail_msg("\"%s\" instead of \"%s\"", error.text, message);
}

static void refuses_bad_settings(void **state) {
    (void)state;
    settings_are((struct registry_settings){ .url = "" }, "no URL is given");
    settings_are((struct registry_settings){ .url = " , " }, "no URL is given");
    settings_are((struct registry_settings){ .url = "localhost:8081" }, "http://host:port or https://host:port is needed");
    settings_are((struct registry_settings){ .url = "ftp://u:s3cret@localhost" }, "http://host:port");
    settings_are((struct registry_settings){ .url = "http://u:s3cret@" }, "http://host:port");
    settings_are((struct registry_settings){ .url = "http://a", .basic_auth_user_info = "s3cret" }, "user:password is needed");
    settings_are((struct registry_settings){ .url = "http://a", .bearer_auth_token = "s3cret\r\nX: y" }, "one line is needed");
    settings_are((struct registry_settings){ .url = "http://a", .basic_auth_user_info = "a:b", .bearer_auth_token = "c" },
                 "exclude each other");
}

static void registers_a_schema(void **state) {
    struct fixture *fixture = *state;
    struct error error = { "" };
    uint32_t id = 0;
    answers(&fixture->server, (struct answer){ .status = 200, .body = "{\"id\":4000000000}" });
    assert_int_equal(registry_register(fixture->registry, "a/b c-value", "{\"type\":\"string\"}", &id, &error), REGISTRY_OK);
    assert_int_equal(id, 4000000000u);
    last_request_has(&fixture->server, "POST /subjects/a%2Fb%20c-value/versions HTTP/1.1\r\n");
    last_request_has(&fixture->server, "Content-Type: application/vnd.schemaregistry.v1+json\r\n");
    last_request_has(&fixture->server, "\r\n\r\n{\"schema\":\"{\\\"type\\\":\\\"string\\\"}\"}");
    static const struct {
        struct answer answer;
        enum registry_status status;
        const char *message;
    } cases[] = {
        { { .status = 409, .body = "{\"error_code\":409,\"message\":\"incompatible\"}" },
          REGISTRY_REFUSED,
          "the schema of s cannot be registered: http://" },
        { { .status = 422, .body = "{\"error_code\":42201,\"message\":\"invalid\"}" }, REGISTRY_REFUSED, "error 42201: invalid" },
        { { .status = 401, .body = "" }, REGISTRY_REFUSED, "HTTP status 401" },
        { { .status = 500, .body = "" }, REGISTRY_UNAVAILABLE, "HTTP status 500" },
        { { .status = 200, .body = "{\"id\":-1}" }, REGISTRY_UNAVAILABLE, "not a schema registry's" },
        { { .status = 200, .body = "{\"id\":4294967296}" }, REGISTRY_UNAVAILABLE, "not a schema registry's" },
        { { .status = 200, .body = "hello" }, REGISTRY_UNAVAILABLE, "not a schema registry's" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        answers(&fixture->server, cases[i].answer);
        assert_int_equal(registry_register(fixture->registry, "s", "{}", &id, &error), cases[i].status);
        if (strstr(error.text, cases[i].message) == NULL)
            fail_msg("\"%s\" instead of \"%s\"", error.text, cases[i].message);
    }
}

static void asks_for_compatibility(void **state) {
    struct fixture *fixture = *state;
    static const struct {
        struct answer answer;
        enum registry_status status;
        bool compatible;
    } cases[] = {
        { { .status = 200, .body = "{\"is_compatible\":true}" }, REGISTRY_OK, true },
        { { .status = 200, .body = "{\"is_compatible\":false}" }, REGISTRY_OK, false },
        { { .status = 404, .body = "{\"error_code\":40401,\"message\":\"no subject\"}" }, REGISTRY_OK, true },
        { { .status = 404, .body = "{\"error_code\":40402,\"message\":\"no version\"}" }, REGISTRY_OK, true },
        { { .status = 404, .body = "" }, REGISTRY_REFUSED, false },
        { { .status = 422, .body = "{\"error_code\":42201}" }, REGISTRY_REFUSED, false },
        { { .status = 200, .body = "{}" }, REGISTRY_UNAVAILABLE, false },
        { { .status = 503, .body = "" }, REGISTRY_UNAVAILABLE, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = { "" };
        bool compatible = false;
        answers(&fixture->server, cases[i].answer);
        assert_int_equal(registry_compatible(fixture->registry, "t-value", "{}", &compatible, &error), cases[i].status);
        assert_int_equal(compatible, cases[i].compatible);
        assert_true(cases[i].status == REGISTRY_OK || strstr(error.text, "the compatibility of t-value cannot be asked") != NULL);
    }
    last_request_has(&fixture->server, "POST /compatibility/subjects/t-value/versions/latest HTTP/1.1\r\n");
}

#define test_with_server(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_server(keeps_a_schema_for_ever),
        test_with_server(keeps_a_refusal_for_a_while),
        test_with_server(tells_bad_from_unavailable),
        test_with_server(forgets_refusals_when_there_are_too_many),
        test_with_server(tries_servers_in_turn),
        test_with_server(gives_up_on_a_silent_server),
        test_with_server(sends_credentials_and_never_shows_them),
        cmocka_unit_test(refuses_bad_settings),
        test_with_server(registers_a_schema),
        test_with_server(asks_for_compatibility),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
