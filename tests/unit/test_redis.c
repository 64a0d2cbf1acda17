/* The pipeline that survives its connection, on a real Redis. */
#include "redis_fixture.h"

/* What happens while the server is waited for. */
struct story {
    int waits, give_up_at; /* 0: never */
    const char *mend;      /* said at the first wait */
};

static struct story story;

static bool wait_a_moment(void *context, int64_t ms) {
    (void)context;
    (void)ms;
    story.waits++;
    if (story.mend != NULL && story.waits == 1)
        redis_say(story.mend);
    assert_true(story.waits < 100);
    return story.give_up_at == 0 || story.waits < story.give_up_at;
}

static struct redis *open_client(void) {
    struct error error;
    redis_server_empty();
    story = (struct story){ 0 };
    struct redis *redis = redis_new(server.url, &error);
    redis_set_waiter(redis, (struct redis_waiter){ .wait = wait_a_moment });
    return redis;
}

#define APPEND(redis, ...)                                                                                                       \
    do {                                                                                                                         \
        static const char *const command[] = { __VA_ARGS__ };                                                                    \
        redis_append_text(redis, (int)(sizeof command / sizeof command[0]), command);                                            \
    } while (0)

static void expect_number(const struct redis *redis, size_t i, long long number) {
    assert_int_equal(redis_answer(redis, i)->type, REDIS_REPLY_INTEGER);
    assert_int_equal(redis_answer(redis, i)->integer, number);
}

static void answers_come_in_order_and_bytes_are_kept(void **state) {
    (void)state;
    struct redis *redis = open_client();
    struct error error;
    const char *const set[] = { "SET", "a\0b", "\r\n\0\xff" };
    const size_t lengths[] = { 3, 3, 4 };
    redis_append(redis, 3, set, lengths);
    const char *const get[] = { "GET", "a\0b" };
    redis_append(redis, 2, get, lengths);
    APPEND(redis, "INCR", "n");
    assert_true(redis_execute(redis, &error));
    assert_int_equal(redis_answers(redis), 3);
    const redisReply *value = redis_answer(redis, 1);
    assert_true(slice_equal((struct slice){ value->str, value->len }, (struct slice){ set[2], 4 }));
    expect_number(redis, 2, 1);
    APPEND(redis, "INCR", "n"); /* the next pipeline starts afresh */
    assert_true(redis_execute(redis, &error));
    assert_int_equal(redis_answers(redis), 1);
    expect_number(redis, 0, 2);
    redis_free(redis);
}

/* QUIT: the server answers, hangs up and does not look at what came behind it. */
static void a_connection_that_breaks_in_the_middle_loses_no_call(void **state) {
    (void)state;
    struct redis *redis = open_client();
    struct error error;
    APPEND(redis, "INCR", "before");
    APPEND(redis, "QUIT");
    APPEND(redis, "INCR", "behind");
    APPEND(redis, "INCR", "behind");
    assert_true(redis_execute(redis, &error));
    assert_int_equal(redis_answers(redis), 4);
    expect_number(redis, 0, 1); /* answered: not repeated */
    expect_number(redis, 2, 1);
    expect_number(redis, 3, 2);
    redis_says("1", "GET before");
    assert_int_equal(redis_connections(redis), 2);
    assert_false(redis_is_away(redis));
    assert_int_equal(story.waits, 1);
    redis_free(redis);
}

static void a_connection_that_was_cut_between_pipelines_is_made_anew(void **state) {
    (void)state;
    struct redis *redis = open_client();
    struct error error;
    APPEND(redis, "INCR", "n");
    assert_true(redis_execute(redis, &error));
    redis_say("CLIENT KILL TYPE normal SKIPME yes");
    APPEND(redis, "INCR", "n");
    assert_true(redis_execute(redis, &error));
    expect_number(redis, 0, 2);
    redis_free(redis);
}

static void more_than_may_be_in_flight_is_sent_bit_by_bit(void **state) {
    (void)state;
    struct redis *redis = open_client();
    struct error error;
    size_t len = 100000;
    char *large = malloc(len);
    memset(large, 'x', len);
    const char *const call[] = { "APPEND", "large", large };
    const size_t lengths[] = { 6, 5, len };
    for (int i = 0; i < 100; i++) /* 10 MB */
        redis_append(redis, 3, call, lengths);
    for (int i = 0; i < 3000; i++)
        APPEND(redis, "INCR", "n");
    assert_true(redis_execute(redis, &error));
    expect_number(redis, 99, 10000000);
    expect_number(redis, 3099, 3000);
    free(large);
    redis_free(redis);
}

static void scripts_survive_a_flush(void **state) {
    (void)state;
    struct redis *redis = open_client();
    struct error error;
    const struct redis_script *script = redis_script(redis, "#!lua\nreturn redis.call('INCRBY', KEYS[1], ARGV[1])");
    const struct slice arguments[] = { slice_of("n"), slice_of("5") };
    redis_append_script(redis, script, 1, 2, arguments);
    assert_true(redis_execute(redis, &error));
    redis_say("SCRIPT FLUSH");
    redis_append_script(redis, script, 1, 2, arguments);
    redis_append_script(redis, script, 1, 2, arguments);
    assert_true(redis_execute(redis, &error));
    expect_number(redis, 0, 10);
    expect_number(redis, 1, 15);
    redis_free(redis);
}

static void memory_that_is_full_is_waited_for(void **state) {
    (void)state;
    struct redis *redis = open_client();
    struct error error;
    const struct redis_script *script = redis_script(redis, "#!lua\nredis.call('SET', 'a', 'x') return redis.call('INCR', 'n')");
    redis_say("CONFIG SET maxmemory 1");
    story.mend = "CONFIG SET maxmemory 0";
    redis_append_script(redis, script, 0, 0, NULL);
    bool ok = redis_execute(redis, &error);
    redis_say("CONFIG SET maxmemory 0");
    assert_true(ok);
    expect_number(redis, 0, 1); /* refused before it had any effect */
    assert_true(story.waits >= 1);
    redis_free(redis);
}

/* Once calls without an answer stayed, and went out again with the next pipeline. */
static void a_refusal_ends_the_pipeline_and_leaves_nothing_behind(void **state) {
    (void)state;
    struct redis *redis = open_client();
    struct error error;
    redis_say("SET text x");
    APPEND(redis, "LPUSH", "text", "y");
    APPEND(redis, "INCR", "n");
    assert_false(redis_execute(redis, &error));
    assert_true(strncmp(error.text, "redis: WRONGTYPE", 16) == 0);
    assert_false(redis_is_away(redis));
    assert_int_equal(story.waits, 0);
    redis_say("DEL n");
    APPEND(redis, "INCR", "other");
    assert_true(redis_execute(redis, &error));
    assert_int_equal(redis_answers(redis), 1);
    expect_number(redis, 0, 1);
    redis_says("0", "EXISTS n");
    redis_free(redis);
}

static void whoever_gives_up_waiting_leaves_nothing_behind(void **state) {
    (void)state;
    struct redis *redis = open_client();
    struct error error;
    redis_say("CONFIG SET maxmemory 1");
    story.give_up_at = 2;
    APPEND(redis, "SET", "a", "x");
    bool ok = redis_execute(redis, &error);
    redis_say("CONFIG SET maxmemory 0");
    assert_false(ok);
    assert_true(strncmp(error.text, "gave up waiting for redis: OOM", 30) == 0);
    assert_true(redis_is_away(redis));
    APPEND(redis, "INCR", "n");
    assert_true(redis_execute(redis, &error));
    assert_int_equal(redis_answers(redis), 1);
    assert_false(redis_is_away(redis));
    redis_says("0", "EXISTS a");
    redis_free(redis);
}

static void nobody_there_is_waited_for_until_the_caller_has_enough(void **state) {
    (void)state;
    struct error error;
    story = (struct story){ .give_up_at = 3 };
    struct redis *redis = redis_new("unix:///nowhere/redis.sock", &error);
    redis_set_waiter(redis, (struct redis_waiter){ .wait = wait_a_moment });
    APPEND(redis, "PING");
    assert_false(redis_execute(redis, &error));
    assert_int_equal(story.waits, 3);
    assert_true(redis_is_away(redis));
    assert_int_equal(redis_connections(redis), 0);
    redis_free(redis);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_in_order_and_bytes_are_kept),
        cmocka_unit_test(a_connection_that_breaks_in_the_middle_loses_no_call),
        cmocka_unit_test(a_connection_that_was_cut_between_pipelines_is_made_anew),
        cmocka_unit_test(more_than_may_be_in_flight_is_sent_bit_by_bit),
        cmocka_unit_test(scripts_survive_a_flush),
        cmocka_unit_test(memory_that_is_full_is_waited_for),
        cmocka_unit_test(a_refusal_ends_the_pipeline_and_leaves_nothing_behind),
        cmocka_unit_test(whoever_gives_up_waiting_leaves_nothing_behind),
        cmocka_unit_test(nobody_there_is_waited_for_until_the_caller_has_enough),
    };
    return cmocka_run_group_tests(tests, redis_server_start, redis_server_stop);
}
