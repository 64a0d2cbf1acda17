/* redis.url: what is taken, and what is refused in words. */
#include "../../consumer/redis_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct expected {
    const char *text, *path, *host;
    int port;
    const char *user, *password;
    int database;
};

static bool same(const char *a, const char *b) {
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void urls_are_taken_apart(void **state) {
    (void)state;
    static const struct expected cases[] = {
        { "redis://localhost", NULL, "localhost", 6379, NULL, NULL, 0 },
        { "redis://localhost/", NULL, "localhost", 6379, NULL, NULL, 0 },
        { "redis://127.0.0.1:7000/3", NULL, "127.0.0.1", 7000, NULL, NULL, 3 },
        { "redis://:secret@host", NULL, "host", 6379, NULL, "secret", 0 },
        { "redis://me:p%40ss%3a@host:1/15", NULL, "host", 1, "me", "p@ss:", 15 },
        { "redis://me:a@b@host", NULL, "host", 6379, "me", "a@b", 0 },
        { "redis://[::1]:6380/1", NULL, "::1", 6380, NULL, NULL, 1 },
        { "redis://[::1]", NULL, "::1", 6379, NULL, NULL, 0 },
        { "redis://host:65535", NULL, "host", 65535, NULL, NULL, 0 },
        { "unix:///run/redis.sock", "/run/redis.sock", NULL, 6379, NULL, NULL, 0 },
        { "unix:///run/a%20b.sock?db=2", "/run/a b.sock", NULL, 6379, NULL, NULL, 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct redis_url url;
        struct error error;
        const struct expected *wanted = &cases[i];
        assert_true(redis_url_parse(&url, wanted->text, &error));
        assert_true(same(url.path, wanted->path) && same(url.host, wanted->host) && same(url.user, wanted->user) &&
                    same(url.password, wanted->password));
        assert_int_equal(url.port, wanted->port);
        assert_int_equal(url.database, wanted->database);
        redis_url_free(&url);
    }
}

static void tls_is_asked_for(void **state) {
    (void)state;
    struct redis_url url;
    struct error error;
    assert_true(
        redis_url_parse(&url, "rediss://me:pw@[::1]:6380/2?ssl_ca_certs=/etc/a%20b.pem&ssl_certfile=/c&ssl_keyfile=/k", &error));
    assert_true(url.tls && same(url.host, "::1") && same(url.ca_file, "/etc/a b.pem") && same(url.certificate_file, "/c") &&
                same(url.key_file, "/k"));
    assert_int_equal(url.port, 6380);
    assert_int_equal(url.database, 2);
    redis_url_free(&url);
    assert_true(redis_url_parse(&url, "rediss://host", &error));
    assert_true(url.tls && url.ca_file == NULL && url.port == 6379);
    redis_url_free(&url);
    assert_true(redis_url_parse(&url, "redis://host", &error));
    assert_false(url.tls);
    redis_url_free(&url);
}

static void what_is_no_such_url_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "localhost:6379",
        "http://localhost",
        "redis://",
        "redis://:1",
        "redis://host:",
        "redis://host:65536",
        "redis://host:x",
        "redis://host/x",
        "redis://host/-1",
        "redis://host/999999",
        "redis://host?db=1",
        "redis://[::1",
        "redis://a:1,b:2",
        "rediss://host?ssl_verify=no",
        "rediss://host?ssl_ca_certs=",
        "rediss://host?ssl_keyfile=/k",
        "rediss://host?ssl_ca_certs=/a&ssl_ca_certs=/b",
        "rediss://host/x?ssl_ca_certs=/a",
        "redis://host?ssl_ca_certs=/a",
        "redis-sentinel://host",
        "unix://",
        "unix://relative",
        "unix:///sock?x=1",
        "unix:///sock?db=",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct redis_url url;
        struct error error = { "" };
        assert_false(redis_url_parse(&url, texts[i], &error));
        assert_true(strncmp(error.text, "redis.url: ", 11) == 0);
        assert_null(url.host);
        assert_null(url.path);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(tls_is_asked_for),
        cmocka_unit_test(what_is_no_such_url_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
