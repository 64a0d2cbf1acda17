#include "registry_http.h"

#include <curl/curl.h>
#include <stdlib.h>

#define TIMEOUT_MS_DEFAULT 10000
#define MEDIA_TYPE "application/vnd.schemaregistry.v1+json"

struct server {
    char *url;   /* without a slash at the end; may hold credentials: never shown */
    char *shown; /* without them */
};

struct registry_http {
    CURL *curl;
    struct curl_slist *headers;
    char failure[CURL_ERROR_SIZE];
    size_t n_servers, preferred; /* preferred: the one that answered last */
    struct server *servers;
};

/* Where user:password ends in the authority; the text itself when there is none. */
static const char *behind_credentials(const char *authority) {
    size_t len = strcspn(authority, "/?#");
    for (size_t i = len; i > 0; i--)
        if (authority[i - 1] == '@')
            return authority + i;
    return authority;
}

static bool server_init(struct server *server, const char *text, size_t len, struct error *error) {
    while (len > 0 && text[len - 1] == '/')
        len--;
    server->url = xstrndup(text, len);
    char *authority = strstr(server->url, "://");
    size_t scheme = authority == NULL ? 0 : (size_t)(authority - server->url);
    const char *host = authority == NULL ? "" : behind_credentials(authority + 3);
    bool known = scheme > 0 && (strncasecmp(server->url, "http", scheme) == 0 || strncasecmp(server->url, "https", scheme) == 0);
    if ((scheme != 4 && scheme != 5) || !known || *host == '\0' || *host == '/')
        return error_set(error, "schema.registry.url: http://host:port or https://host:port is needed");
    struct buffer shown = { 0 };
    buffer_printf(&shown, "%.*s://%s", (int)scheme, server->url, host);
    buffer_append(&shown, "", 1);
    server->shown = shown.data;
    return true;
}

static bool add_servers(struct registry_http *http, const char *urls, struct error *error) {
    for (const char *at = urls; *at != '\0';) {
        size_t blank = strspn(at, " \t,"), len = strcspn(at + blank, " \t,");
        at += blank;
        if (len == 0)
            break;
        http->servers = xrealloc(http->servers, (http->n_servers + 1) * sizeof *http->servers);
        http->servers[http->n_servers] = (struct server){ 0 };
        if (!server_init(&http->servers[http->n_servers++], at, len, error))
            return false;
        at += len;
    }
    return http->n_servers > 0 ? true : error_set(error, "schema.registry.url: no URL is given");
}

static bool one_line(const char *text) {
    return strpbrk(text, "\r\n") == NULL;
}

static void add_header(struct registry_http *http, const char *header) {
    struct curl_slist *longer = curl_slist_append(http->headers, header);
    if (longer == NULL)
        abort();
    http->headers = longer;
}

static bool set_credentials(struct registry_http *http, const struct registry_settings *settings, struct error *error) {
    const char *basic = settings->basic_auth_user_info, *bearer = settings->bearer_auth_token;
    if (basic != NULL && bearer != NULL)
        return error_set(error, "basic.auth.user.info and bearer.auth.token exclude each other");
    if (basic != NULL) {
        if (strchr(basic, ':') == NULL)
            return error_set(error, "basic.auth.user.info: user:password is needed");
        curl_easy_setopt(http->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(http->curl, CURLOPT_USERPWD, basic);
    }
    if (bearer != NULL) {
        if (!one_line(bearer))
            return error_set(error, "bearer.auth.token: one line is needed");
        struct buffer header = { 0 };
        buffer_printf(&header, "Authorization: Bearer %s", bearer);
        buffer_append(&header, "", 1);
        add_header(http, header.data);
        buffer_free(&header);
    }
    return true;
}

static void set_tls(CURL *curl, const struct registry_settings *settings) {
    if (settings->ssl_ca_location != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, settings->ssl_ca_location);
    if (settings->ssl_certificate_location != NULL)
        curl_easy_setopt(curl, CURLOPT_SSLCERT, settings->ssl_certificate_location);
    if (settings->ssl_key_location != NULL)
        curl_easy_setopt(curl, CURLOPT_SSLKEY, settings->ssl_key_location);
    if (settings->ssl_key_password != NULL)
        curl_easy_setopt(curl, CURLOPT_KEYPASSWD, settings->ssl_key_password);
}

static size_t on_body(char *data, size_t size, size_t n, void *context) {
    struct registry_answer *answer = context;
    if (answer->body.len + size * n > REGISTRY_ANSWER_BYTES_MAX) {
        answer->too_large = true;
        return 0; /* ends the transfer */
    }
    buffer_append(&answer->body, data, size * n);
    return size * n;
}

static void set_transfer(struct registry_http *http, long timeout_ms) {
    CURL *curl = http->curl;
    long limit = timeout_ms > 0 ? timeout_ms : TIMEOUT_MS_DEFAULT;
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, limit);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, limit / 2 + 1);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->failure);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
}

struct registry_http *registry_http_new(const struct registry_settings *settings, struct error *error) {
    struct registry_http *http = xcalloc(1, sizeof *http);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        http->curl = curl_easy_init();
    if (http->curl == NULL) {
        free(http);
        error_set(error, "libcurl does not start");
        return NULL;
    }
    add_header(http, "Accept: " MEDIA_TYPE ", application/json");
    add_header(http, "Content-Type: " MEDIA_TYPE);
    add_header(http, "Expect:");
    if (!add_servers(http, settings->url, error) || !set_credentials(http, settings, error)) {
        registry_http_free(http);
        return NULL;
    }
    set_tls(http->curl, settings);
    set_transfer(http, settings->timeout_ms);
    return http;
}

void registry_http_free(struct registry_http *http) {
    if (http == NULL)
        return;
    for (size_t i = 0; i < http->n_servers; i++) {
        free(http->servers[i].url);
        free(http->servers[i].shown);
    }
    free(http->servers);
    curl_slist_free_all(http->headers);
    curl_easy_cleanup(http->curl);
    free(http);
}

static void set_request(struct registry_http *http, const struct slice *body, struct registry_answer *answer) {
    CURL *curl = http->curl;
    if (body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data);
    } else {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
}

/* A busy or broken server says nothing about the question. */
static bool no_answer(long status) {
    return status >= 500 || status == 408 || status == 429;
}

static bool ask(struct registry_http *http, const struct server *server, const char *path, struct registry_answer *answer,
                struct error *error) {
    struct buffer url = { 0 };
    buffer_printf(&url, "%s%s", server->url, path);
    buffer_append(&url, "", 1);
    http->failure[0] = '\0';
    buffer_clear(&answer->body);
    answer->too_large = false;
    answer->server = server->shown;
    curl_easy_setopt(http->curl, CURLOPT_URL, url.data);
    CURLcode code = curl_easy_perform(http->curl);
    buffer_free(&url);
    answer->status = 0;
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && answer->too_large))
        return error_set(error, "%s: %s", server->shown, http->failure[0] != '\0' ? http->failure : curl_easy_strerror(code));
    if (no_answer(answer->status))
        return error_set(error, "%s: HTTP status %ld", server->shown, answer->status);
    return true;
}

bool registry_http_request(struct registry_http *http, const char *path, const struct slice *body, struct registry_answer *answer,
                           struct error *error) {
    struct buffer failures = { 0 };
    set_request(http, body, answer);
    for (size_t i = 0; i < http->n_servers; i++) {
        size_t chosen = (http->preferred + i) % http->n_servers;
        struct error why;
        if (ask(http, &http->servers[chosen], path, answer, &why)) {
            http->preferred = chosen;
            buffer_free(&failures);
            return true;
        }
        buffer_printf(&failures, "%s%s", i > 0 ? "; " : "", why.text);
    }
    error_set(error, "the schema registry does not answer: %.*s", (int)failures.len, failures.data);
    buffer_free(&failures);
    return false;
}

void registry_http_escape(struct registry_http *http, const char *text, struct buffer *out) {
    char *escaped = curl_easy_escape(http->curl, text, 0);
    if (escaped == NULL)
        abort();
    buffer_append_text(out, escaped);
    curl_free(escaped);
}
