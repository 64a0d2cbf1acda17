#include "redis_tls.h"
#include "obek/buffer.h"
#include "obek/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

struct redis_tls {
    int socket;
    bool ended; /* the server has closed its side */
    BIO_METHOD *method;
    SSL_CTX *context;
    SSL *ssl;
};

/* OpenSSL's words, or the system's. */
static bool say(struct error *error, const char *doing) {
    unsigned long code = ERR_get_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
    ERR_clear_error();
    if (reason == NULL)
        reason = errno != 0 ? strerror(errno) : "the server hung up";
    return error_set(error, "TLS: %s: %s", doing, reason);
}

/* ---- the socket, as OpenSSL sees it: its own writes raise SIGPIPE where the server is gone ---- */

static int read_socket(BIO *bio, char *data, int len) {
    struct redis_tls *tls = BIO_get_data(bio);
    errno = 0;
    ssize_t n = recv(tls->socket, data, (size_t)len, 0);
    BIO_clear_retry_flags(bio);
    if (n < 0 && BIO_sock_should_retry((int)n))
        BIO_set_retry_read(bio);
    tls->ended = n == 0;
    return (int)n;
}

static int write_socket(BIO *bio, const char *data, int len) {
    const struct redis_tls *tls = BIO_get_data(bio);
    errno = 0;
    ssize_t n = send(tls->socket, data, (size_t)len, MSG_NOSIGNAL);
    BIO_clear_retry_flags(bio);
    if (n <= 0 && BIO_sock_should_retry((int)n))
        BIO_set_retry_write(bio);
    return (int)n;
}

static long control_socket(BIO *bio, int what, long number, void *pointer) {
    (void)number;
    (void)pointer;
    const struct redis_tls *tls = BIO_get_data(bio);
    return what == BIO_CTRL_FLUSH || (what == BIO_CTRL_EOF && tls->ended);
}

static BIO *socket_bio(struct redis_tls *tls) {
    tls->method = BIO_meth_new(BIO_TYPE_SOCKET, "socket without SIGPIPE");
    BIO_meth_set_read(tls->method, read_socket);
    BIO_meth_set_write(tls->method, write_socket);
    BIO_meth_set_ctrl(tls->method, control_socket);
    BIO *bio = BIO_new(tls->method);
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    return bio;
}

static bool load_files(SSL_CTX *context, const struct redis_url *url, struct error *error) {
    if (url->ca_file == NULL ? SSL_CTX_set_default_verify_paths(context) != 1
                             : SSL_CTX_load_verify_locations(context, url->ca_file, NULL) != 1)
        return say(error, url->ca_file == NULL ? "the system's certificates" : url->ca_file);
    if (url->certificate_file != NULL && SSL_CTX_use_certificate_chain_file(context, url->certificate_file) != 1)
        return say(error, url->certificate_file);
    const char *key = url->key_file != NULL ? url->key_file : url->certificate_file;
    if (key != NULL && SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return say(error, key);
    return true;
}

static bool expect_name(SSL *ssl, const char *host) {
    unsigned char address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static bool prepare(struct redis_tls *tls, const struct redis_url *url, struct error *error) {
    tls->context = SSL_CTX_new(TLS_client_method());
    if (tls->context == NULL)
        return say(error, "begin");
    SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    /* what is not written goes on from where it was, in a buffer that may have moved and grown meanwhile */
    SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (!load_files(tls->context, url, error))
        return false;
    tls->ssl = SSL_new(tls->context);
    if (tls->ssl == NULL || !expect_name(tls->ssl, url->host))
        return say(error, url->host);
    BIO *bio = socket_bio(tls);
    SSL_set_bio(tls->ssl, bio, bio);
    return true;
}

/* Until the socket can do what OpenSSL waits for. 1: go on; 0: not within ms; -1: never. */
static int wait_for_socket(struct redis_tls *tls, int result, int64_t deadline_ms) {
    int wants = SSL_get_error(tls->ssl, result);
    if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE)
        return -1;
    struct pollfd wait = { .fd = tls->socket, .events = wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT };
    int64_t left = deadline_ms - monotonic_ms();
    if (left <= 0)
        return 0;
    return poll(&wait, 1, (int)left) < 0 && errno != EINTR ? -1 : 1;
}

static bool shake_hands(struct redis_tls *tls, int ms, struct error *error) {
    int64_t deadline = monotonic_ms() + ms;
    int result, more = 1;
    while (errno = 0, (result = SSL_connect(tls->ssl)) != 1 && more == 1)
        more = wait_for_socket(tls, result, deadline);
    if (result == 1)
        return true;
    if (more == 0)
        return error_set(error, "TLS: handshake timed out");
    long verdict = SSL_get_verify_result(tls->ssl);
    if (verdict == X509_V_OK)
        return say(error, "handshake");
    ERR_clear_error();
    return error_set(error, "TLS: the server's certificate: %s", X509_verify_cert_error_string(verdict));
}

struct redis_tls *redis_tls_open(int socket, const struct redis_url *url, int ms, struct error *error) {
    struct redis_tls *tls = xcalloc(1, sizeof *tls);
    tls->socket = socket;
    bool ok = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK) == 0 || say(error, "socket");
    if (ok && prepare(tls, url, error) && shake_hands(tls, ms, error))
        return tls;
    redis_tls_close(tls);
    return NULL;
}

void redis_tls_close(struct redis_tls *tls) {
    SSL_free(tls->ssl);
    SSL_CTX_free(tls->context);
    BIO_meth_free(tls->method);
    free(tls);
}

/* A server that refuses us says so in an alert, which may still lie in the socket that it has closed for writing. */
static void say_why_write_failed(struct redis_tls *tls, struct error *error) {
    char byte;
    size_t n;
    int code = errno;
    ERR_clear_error();
    if (SSL_read_ex(tls->ssl, &byte, 1, &n) == 1 || ERR_peek_error() == 0)
        errno = code;
    say(error, "write");
}

ssize_t redis_tls_write(struct redis_tls *tls, const char *data, size_t len, int ms, struct error *error) {
    int64_t deadline = monotonic_ms() + ms;
    size_t n = 0;
    int result, more = 1;
    while (errno = 0, (result = SSL_write_ex(tls->ssl, data, len, &n)) != 1 && more == 1)
        more = wait_for_socket(tls, result, deadline);
    if (result == 1)
        return (ssize_t)n;
    if (more == 0 && ms == 0)
        return 0;
    if (more == 0)
        error_set(error, "write timed out");
    else
        say_why_write_failed(tls, error);
    return -1;
}

ssize_t redis_tls_read(struct redis_tls *tls, char *data, size_t len, int ms, struct error *error) {
    int64_t deadline = monotonic_ms() + ms;
    size_t n = 0;
    int result, more = 1;
    while (errno = 0, (result = SSL_read_ex(tls->ssl, data, len, &n)) != 1 && more == 1)
        more = wait_for_socket(tls, result, deadline);
    if (result == 1)
        return (ssize_t)n;
    if (more == 0 && ms == 0)
        return 0;
    if (more == 0)
        error_set(error, "read timed out");
    else
        say(error, "read");
    return -1;
}
