#include "top_look.h"
#include "obek/clock.h"
#include "obek/interrupt.h"

#include <curl/curl.h>
#include <stdlib.h>

#define TIMEOUT_MS 3000L
#define BODY_BYTES_MAX ((size_t)16 * 1024 * 1024)

struct top_client {
    CURL *curl;
    struct curl_slist *headers;
    char *at;
    struct buffer body;
    char failure[CURL_ERROR_SIZE];
};

static size_t on_body(char *data, size_t size, size_t n, void *context) {
    struct top_client *client = context;
    if (client->body.len + size * n > BODY_BYTES_MAX)
        return 0; /* ends the transfer */
    buffer_append(&client->body, data, size * n);
    return size * n;
}

static int on_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    (void)context, (void)a, (void)b, (void)c, (void)d;
    return interrupted() ? 1 : 0;
}

/* "0.0.0.0:8420", "[::]:8420", "*:8420" -> this machine's. */
static char *address_of(const char *listen) {
    static const struct {
        const char *all, *here;
    } hosts[] = { { "0.0.0.0:", "127.0.0.1:" }, { "[::]:", "[::1]:" }, { "*:", "127.0.0.1:" }, { ":", "127.0.0.1:" } };
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        if (strncmp(listen, hosts[i].all, strlen(hosts[i].all)) == 0) {
            struct buffer at = { 0 };
            buffer_printf(&at, "%s%s", hosts[i].here, listen + strlen(hosts[i].all));
            buffer_append(&at, "", 1);
            return at.data;
        }
    return xstrdup(listen);
}

static void add_token(struct top_client *client, const char *token) {
    struct buffer header = { 0 };
    if (token[0] == '\0')
        return;
    buffer_printf(&header, "Authorization: Bearer %s", token);
    buffer_append(&header, "", 1);
    client->headers = curl_slist_append(NULL, header.data);
    if (client->headers == NULL)
        abort();
    buffer_free(&header);
}

struct top_client *top_client_new(const struct config *config, const char *at, struct error *error) {
    if (at == NULL && config->http_listen[0] == '\0') {
        error_set(error, "http.listen is empty: this obek cannot be asked over HTTP");
        return NULL;
    }
    struct top_client *client = xcalloc(1, sizeof *client);
    client->at = address_of(at == NULL ? config->http_listen : at);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        client->curl = curl_easy_init();
    if (client->curl == NULL) {
        error_set(error, "libcurl does not start");
        top_client_free(client);
        return NULL;
    }
    add_token(client, config->http_token);
    curl_easy_setopt(client->curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(client->curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, client->failure);
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, client->headers);
    curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(client->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(client->curl, CURLOPT_NOPROGRESS, 0L);
    return client;
}

void top_client_free(struct top_client *client) {
    if (client == NULL)
        return;
    curl_easy_cleanup(client->curl);
    curl_slist_free_all(client->headers);
    buffer_free(&client->body);
    free(client->at);
    free(client);
}

const char *top_client_at(const struct top_client *client) {
    return client->at;
}

/* The body of an answer, whatever its status. */
static bool get(struct top_client *client, const char *path, long *status, struct error *error) {
    struct buffer url = { 0 };
    buffer_printf(&url, "http://%s%s", client->at, path);
    buffer_append(&url, "", 1);
    buffer_clear(&client->body);
    client->failure[0] = '\0';
    curl_easy_setopt(client->curl, CURLOPT_URL, url.data);
    CURLcode code = curl_easy_perform(client->curl);
    buffer_free(&url);
    if (code != CURLE_OK)
        return error_set(error, "%s", client->failure[0] != '\0' ? client->failure : curl_easy_strerror(code));
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, status);
    return true;
}

static json_t *body_json(const struct top_client *client) {
    return json_loadb(client->body.len == 0 ? "" : client->body.data, client->body.len, 0, NULL);
}

static bool look_at_all(struct top_client *client, struct look *look, bool *refused, struct error *error) {
    long status;
    if (!get(client, "/readyz", &status, error))
        return false;
    look->ready = body_json(client);
    if (!get(client, "/metrics", &status, error))
        return false;
    *refused = status == 401 || status == 403;
    if (status != 200)
        return error_set(error, "/metrics answers with HTTP status %ld%s", status,
                         *refused ? ": http.token is not the one that this obek wants" : "");
    if (!samples_read(&look->samples, buffer_slice(&client->body), error))
        return false;
    if (!get(client, "/api/v1/segments", &status, error))
        return false;
    look->segments = status == 200 ? body_json(client) : NULL;
    return true;
}

bool top_look(struct top_client *client, struct look *look, struct error *error) {
    bool refused = false;
    *look = (struct look){ .at_ms = monotonic_ms(), .wall = wall_ms() };
    look->answered = look_at_all(client, look, &refused, &look->failure);
    if (!look->answered) {
        struct error failure = look->failure;
        int64_t at_ms = look->at_ms, wall = look->wall;
        look_free(look);
        *look = (struct look){ .at_ms = at_ms, .wall = wall, .failure = failure };
    }
    return !refused || error_set(error, "%s: %s", client->at, look->failure.text);
}

void look_free(struct look *look) {
    samples_free(&look->samples);
    json_decref(look->ready);
    json_decref(look->segments);
    *look = (struct look){ 0 };
}
