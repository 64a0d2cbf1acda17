/* HTTP without a socket: targets taken apart, routes found, who may ask, Prometheus' text, and who has to go when it is crowded.
 */
#include "../../http/access.h"
#include "../../http/connections.h"
#include "../../http/metrics_text.h"
#include "../../http/routes.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* The parts, joined by '|'; parameters behind '?', joined by '&'. */
static void parses(const char *text, const char *expected) {
    struct arena arena = { 0 };
    struct target target;
    struct buffer got = { 0 };
    assert_int_equal(target_parse(&target, &arena, text), TARGET_OK);
    for (size_t i = 0; i < target.n_parts; i++)
        buffer_printf(&got, "%s%.*s", i == 0 ? "" : "|", (int)target.parts[i].len, target.parts[i].data);
    for (size_t i = 0; i < target.n_parameters; i++)
        buffer_printf(&got, "%s%s=%s", i == 0 ? "?" : "&", target.parameters[i].name.data, target.parameters[i].value.data);
    buffer_append(&got, "", 1);
    assert_string_equal(got.data, expected);
    buffer_free(&got);
    arena_free(&arena);
}

static void is_refused(const char *text, enum target_status status) {
    struct arena arena = { 0 };
    struct target target;
    assert_int_equal(target_parse(&target, &arena, text), status);
    arena_free(&arena);
}

static void targets_are_taken_apart(void **state) {
    (void)state;
    parses("/", "");
    parses("/metrics", "metrics");
    parses("/a/b/", "a|b|");
    parses("//", "|");
    parses("/a%2Fb/%C3%B6+%25", "a/b|\xc3\xb6+%");
    parses("/../%2e%2e/.", "..|..|.");
    parses("/x?limit=10&lang=tr", "x?limit=10&lang=tr");
    parses("/x?&&a&b=&c=d=e&%61+b=1%262", "x?a=&b=&c=d=e&a b=1&2");
    parses("/x?", "x");
    parses("/1/2/3/4/5/6/7/8", "1|2|3|4|5|6|7|8");
}

static void bad_targets_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = { "",
                                       "*",
                                       "http://h/",
                                       "x",
                                       "/%",
                                       "/%4",
                                       "/%4x",
                                       "/%g0",
                                       "/%ff",
                                       "/%c3%28",
                                       "/x?%",
                                       "/x?a=%80",
                                       "/\xff",
                                       "/%ed%a0%80",
                                       "/1/2/3/4/5/6/7/8/9",
                                       "/?a&b&c&d&e&f&g&h&i" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        is_refused(bad[i], TARGET_BAD);
    char text[TARGET_BYTES_MAX + 2];
    memset(text, 'a', sizeof text);
    text[0] = '/';
    text[sizeof text - 1] = '\0';
    is_refused(text, TARGET_TOO_LONG);
    text[sizeof text - 2] = '\0';
    is_refused(text, TARGET_OK);
}

static void a_nul_is_part_of_an_id(void **state) {
    (void)state;
    struct arena arena = { 0 };
    struct target target;
    struct slice given[TARGET_PARTS_MAX];
    assert_int_equal(target_parse(&target, &arena, "/api/v1/customers/a%00b"), TARGET_OK);
    const struct route *route = route_find(&target, given);
    assert_non_null(route);
    assert_string_equal(route->pattern, "/api/v1/customers/{id}");
    assert_int_equal(given[0].len, 3);
    assert_memory_equal(given[0].data, "a\0b", 3);
    arena_free(&arena);
}

static void leads_to(const char *text, const char *pattern) {
    struct arena arena = { 0 };
    struct target target;
    struct slice given[TARGET_PARTS_MAX];
    assert_int_equal(target_parse(&target, &arena, text), TARGET_OK);
    const struct route *route = route_find(&target, given);
    if (pattern == NULL)
        assert_null(route);
    else
        assert_string_equal(route->pattern, pattern);
    arena_free(&arena);
}

static void routes_are_found(void **state) {
    (void)state;
    leads_to("/livez", "/livez");
    leads_to("/%6c%69vez?x=1", "/livez");
    leads_to("/api/v1/segments", "/api/v1/segments");
    leads_to("/api/v1/segments/rfm/at_risk/members", "/api/v1/segments/{scheme}/{segment}/members");
    leads_to("/api/v1/customers/a%2Fexplanation", "/api/v1/customers/{id}");
    leads_to("/api/v1/customers/a/explanation", "/api/v1/customers/{id}/explanation");
    static const char *const nowhere[] = { "/livez/",
                                           "//livez",
                                           "/Livez",
                                           "/liv",
                                           "/livezz",
                                           "/api/v1/customers/",
                                           "/api/v1/customers",
                                           "/api/v1/customers//explanation",
                                           "/api/v1/customers/a/b",
                                           "/api%2Fv1/segments",
                                           "/api/v1/../v1/segments",
                                           "/api/v1/segments//x/members" };
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++)
        leads_to(nowhere[i], NULL);
}

static void tokens_are_compared(void **state) {
    (void)state;
    assert_true(access_has_token("Bearer t0ken", "t0ken"));
    assert_true(access_has_token("bearer   t0ken", "t0ken"));
    static const char *const wrong[] = { "",      "Bearer",      "Bearer ",     "Bearer t0ke",   "Bearer t0kenn", "Bearer T0KEN",
                                         "t0ken", "Basic t0ken", "Bearert0ken", "Bearer t0ken ", "Bearer  t0 ken" };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(access_has_token(wrong[i], "t0ken"));
    assert_false(access_has_token(NULL, "t0ken"));
}

static void names_that_others_give_us_are_known(void **state) {
    (void)state;
    static const char *const local[] = { "localhost", "LocalHost:8420", "127.0.0.1:8420", "10.1.2.3", "[::1]:8420" };
    static const char *const others[] = { "", "evil.example:8420", "localhost.evil.example", "127.0.0.1.evil.example",
                                          "obek:8420" };
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
        assert_true(access_is_local_name(local[i]));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(access_is_local_name(others[i]));
    assert_true(access_is_local_name(NULL));
}

static void prometheus_text(void **state) {
    (void)state;
    struct buffer out = { 0 };
    counter_add(SERIES(METRIC_KAFKA_ERRORS, "a\\b", "c\"d\ne"), 7);
    metrics_text_family(&out, METRIC_KAFKA_ERRORS);
    gauge_set(SERIES(METRIC_LAG_SECONDS, "t", "0"), 0.25);
    gauge_hide(SERIES(METRIC_LAG_SECONDS, "t", "1"));
    metrics_text_family(&out, METRIC_LAG_SECONDS);
    buffer_append(&out, "", 1);
    assert_non_null(strstr(out.data, "# TYPE obek_kafka_errors_total counter\n"));
    assert_non_null(strstr(out.data, "\nobek_kafka_errors_total{client=\"a\\\\b\",code=\"c\\\"d\\ne\"} 7\n"));
    assert_non_null(strstr(out.data, "\nobek_lag_seconds{topic=\"t\",partition=\"0\"} 0.25\n"));
    assert_null(strstr(out.data, "partition=\"1\""));
    buffer_free(&out);
}

static void prometheus_histogram(void **state) {
    (void)state;
    struct buffer out = { 0 };
    struct series *series = SERIES(METRIC_REDIS_SECONDS, "test");
    histogram_add(series, 100000);
    histogram_add(series, 400000);
    histogram_add(series, UINT64_C(90000000000));
    metrics_text_family(&out, METRIC_REDIS_SECONDS);
    buffer_append(&out, "", 1);
    assert_non_null(strstr(out.data, "_bucket{client=\"test\",le=\"0.0001\"} 1\n"));
    assert_non_null(strstr(out.data, "_bucket{client=\"test\",le=\"0.0005\"} 2\n"));
    assert_non_null(strstr(out.data, "_bucket{client=\"test\",le=\"60\"} 2\n"));
    assert_non_null(strstr(out.data, "_bucket{client=\"test\",le=\"+Inf\"} 3\n"));
    assert_non_null(strstr(out.data, "_sum{client=\"test\"} 90.0005\n"));
    assert_non_null(strstr(out.data, "_count{client=\"test\"} 3\n"));
    buffer_free(&out);
}

static struct sockaddr_in from(const char *address) {
    struct sockaddr_in in = { .sin_family = AF_INET };
    assert_int_equal(inet_pton(AF_INET, address, &in.sin_addr), 1);
    return in;
}

static struct connection *come(struct connections *connections, const char *address) {
    struct sockaddr_in in = from(address);
    return connections_add(connections, -1, (const struct sockaddr *)&in);
}

static bool may_come(const struct connections *connections, const char *address) {
    struct sockaddr_in in = from(address);
    return connections_admit(connections, (const struct sockaddr *)&in);
}

static void another_machine_has_its_share(void **state) {
    (void)state;
    struct connections *connections = connections_new();
    struct connection *all[2 * CONNECTIONS_OF_AN_ADDRESS_MAX];
    for (int i = 0; i < CONNECTIONS_OF_AN_ADDRESS_MAX; i++) {
        assert_true(may_come(connections, "10.0.0.1"));
        all[2 * i] = come(connections, "10.0.0.1");
        all[2 * i + 1] = come(connections, "127.0.0.1");
    }
    assert_false(may_come(connections, "10.0.0.1"));
    assert_true(may_come(connections, "10.0.0.2"));
    assert_true(may_come(connections, "127.0.0.1"));
    connections_remove(connections, all[0]);
    assert_true(may_come(connections, "10.0.0.1"));
    for (size_t i = 1; i < sizeof all / sizeof all[0]; i++)
        connections_remove(connections, all[i]);
    assert_int_equal(connections_count(connections), 0);
    connections_free(connections);
}

/* Has the other end been shut down? */
static bool is_shut(int end) {
    char byte;
    return recv(end, &byte, 1, MSG_DONTWAIT) == 0;
}

static void the_oldest_that_asks_nothing_goes(void **state) {
    (void)state;
    struct connections *connections = connections_new();
    struct connection *all[CONNECTIONS_CROWDED + 3];
    int ends[3][2];
    struct sockaddr_in in = from("127.0.0.1");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]), 0);
        all[i] = connections_add(connections, ends[i][0], (const struct sockaddr *)&in);
    }
    connection_asks(all[0]);
    connection_asks(all[1]);
    for (int i = 3; i < CONNECTIONS_CROWDED; i++)
        connection_asks(all[i] = come(connections, "127.0.0.1"));
    all[CONNECTIONS_CROWDED] = come(connections, "127.0.0.1");
    assert_true(is_shut(ends[2][1])); /* the only silent one */
    assert_false(is_shut(ends[0][1]));
    connection_asks(all[CONNECTIONS_CROWDED]);
    connection_is_answered(connections, all[0]); /* silent, but the newest */
    all[CONNECTIONS_CROWDED + 1] = come(connections, "127.0.0.1");
    assert_true(is_shut(ends[0][1]));
    connection_asks(all[CONNECTIONS_CROWDED + 1]);
    all[CONNECTIONS_CROWDED + 2] = come(connections, "127.0.0.1");
    assert_true(is_shut(ends[1][1])); /* nobody is silent: the oldest */
    for (int i = 0; i < CONNECTIONS_CROWDED + 3; i++)
        connections_remove(connections, all[i]);
    connections_free(connections);
    for (int i = 0; i < 3; i++) {
        close(ends[i][0]);
        close(ends[i][1]);
    }
}

static void problems_are_told(void **state) {
    (void)state;
    struct answer answer = { 0 };
    answer_problem(&answer, 404, "there is no \"%s\"", "x");
    buffer_append(&answer.body, "", 1);
    assert_int_equal(answer.status, 404);
    assert_string_equal(answer.body.data,
                        "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"there is no \\\"x\\\"\"}");
    answer_free(&answer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_taken_apart),
        cmocka_unit_test(bad_targets_are_refused),
        cmocka_unit_test(a_nul_is_part_of_an_id),
        cmocka_unit_test(routes_are_found),
        cmocka_unit_test(tokens_are_compared),
        cmocka_unit_test(names_that_others_give_us_are_known),
        cmocka_unit_test(prometheus_text),
        cmocka_unit_test(prometheus_histogram),
        cmocka_unit_test(another_machine_has_its_share),
        cmocka_unit_test(the_oldest_that_asks_nothing_goes),
        cmocka_unit_test(problems_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
