/* Asking where the logs end, on librdkafka's mock cluster of two brokers. It knows no transactions: that an open one hides
   nothing is shown on a real Kafka (tests/system/test_20_ends.py). */
#include "../../consumer/partition_ends.h"
#include "obek/buffer.h"
#include "obek/clock.h"

#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define LIST_OFFSETS 2 /* Kafka's number of the request */
#define LIMIT_MS 20000

static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *cluster;
static struct kafka_property properties[] = {
    { .name = (char[]){ "bootstrap.servers" }, .who = KAFKA_BOTH },
};
static struct feed web = { .name = (char[]){ "web" }, .topic = (char[]){ "web-orders" } };
static struct feed store = { .name = (char[]){ "store" }, .topic = (char[]){ "store-orders" } };
static struct feed *feeds[] = { &web, &store };
static struct config config = {
    .group_id = (char[]){ "obek" },
    .instance_id = (char[]){ "test" },
    .control_topic = (char[]){ "control" },
    .n_feeds = 2,
    .feeds = feeds,
    .n_kafka = 1,
    .kafka = properties,
};

/* web-orders: partitions 0 and 2 on broker 1, partition 1 on broker 2; the rest on broker 1. */
static int start_cluster(void **state) {
    (void)state;
#ifdef __SANITIZE_THREAD__
    return 0; /* that sanitizer dies when librdkafka starts a thread: without a cluster every test is skipped */
#endif
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", text, sizeof text);
    host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    cluster = rd_kafka_mock_cluster_new(host, 2);
    properties[0].value = xstrdup(rd_kafka_mock_cluster_bootstraps(cluster));
    rd_kafka_mock_topic_create(cluster, "web-orders", 3, 1);
    rd_kafka_mock_topic_create(cluster, "store-orders", 1, 1);
    rd_kafka_mock_topic_create(cluster, "control", 1, 1);
    for (int32_t i = 0; i < 3; i++)
        rd_kafka_mock_partition_set_leader(cluster, "web-orders", i, i == 1 ? 2 : 1);
    rd_kafka_mock_partition_set_leader(cluster, "store-orders", 0, 1);
    rd_kafka_mock_partition_set_leader(cluster, "control", 0, 1);
    log_configure(LOG_LEVEL_ERROR, false);
    return 0;
}

static int stop_cluster(void **state) {
    (void)state;
    if (cluster == NULL)
        return 0;
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    free(properties[0].value);
    return 0;
}

static void produce(const char *topic, int32_t partition, int n) {
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", properties[0].value, text, sizeof text);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(producer);
    for (int i = 0; i < n; i++)
        assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                                           RD_KAFKA_V_VALUE((void *)(uintptr_t) "{}", 2), RD_KAFKA_V_END),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(producer, LIMIT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(producer);
}

static struct partition_ends *open_ends(void) {
    struct error error;
    if (cluster == NULL)
        skip();
    struct partition_ends *ends = partition_ends_new(&config, &error);
    if (ends == NULL)
        fail_msg("%s", error.text);
    return ends;
}

static const struct ends_answer *wait_for_answer(struct partition_ends *ends) {
    const struct timespec pause = { .tv_nsec = 2000000 };
    for (int64_t limit = monotonic_ms() + LIMIT_MS; monotonic_ms() < limit;) {
        const struct ends_answer *answer = partition_ends_take(ends);
        if (answer != NULL)
            return answer;
        nanosleep(&pause, NULL);
    }
    fail_msg("no answer within %d ms", LIMIT_MS);
    return NULL;
}

static const struct ends_answer *ask(struct partition_ends *ends) {
    partition_ends_ask(ends);
    return wait_for_answer(ends);
}

static void expect(const struct ends_answer *answer, const char *topic, int32_t partition, int64_t end) {
    const struct partition_end *found = ends_answer_find(answer, topic, partition);
    if (found == NULL)
        fail_msg("%s/%d is not listed: %s", topic, (int)partition, answer->error.text);
    else if (found->end != end || found->low != (end == OFFSET_NONE ? OFFSET_NONE : 0))
        fail_msg("%s/%d: [%lld, %lld) (%s)", topic, (int)partition, (long long)found->low, (long long)found->end,
                 answer->error.text);
}

/* A leader that moved is found within a few rounds. */
static const struct ends_answer *ask_until_known(struct partition_ends *ends, const char *topic, int32_t partition) {
    for (int i = 0; i < 20; i++) {
        const struct ends_answer *answer = ask(ends);
        const struct partition_end *found = ends_answer_find(answer, topic, partition);
        if (found != NULL && found->end != OFFSET_NONE)
            return answer;
    }
    fail_msg("%s/%d stays unknown", topic, (int)partition);
    return NULL;
}

static void every_partition_of_every_topic_is_answered(void **state) {
    (void)state;
    struct partition_ends *ends = open_ends();
    int64_t before_wall = wall_ms(), before = monotonic_ms();
    produce("web-orders", 1, 3);
    produce("control", 0, 2);
    const struct ends_answer *answer = ask(ends);
    assert_int_equal(answer->number, 1);
    assert_true(answer->whole);
    assert_string_equal(answer->error.text, "");
    assert_int_equal(answer->n, 5);
    static const struct partition_end expected[] = {
        { "web-orders", 0, 0, 0 },   { "web-orders", 1, 0, 3 }, { "web-orders", 2, 0, 0 },
        { "store-orders", 0, 0, 0 }, { "control", 0, 0, 2 },
    };
    for (size_t i = 0; i < answer->n; i++) {
        assert_string_equal(answer->items[i].topic, expected[i].topic);
        assert_int_equal(answer->items[i].partition, expected[i].partition);
        expect(answer, expected[i].topic, expected[i].partition, expected[i].end);
    }
    assert_in_range(answer->asked_wall_ms, before_wall, wall_ms());
    assert_in_range(answer->asked_ms, before, monotonic_ms());
    assert_null(ends_answer_find(answer, "web-orders", 3));
    partition_ends_free(ends);
}

static void an_answer_is_taken_once_and_each_question_has_one_of_its_own(void **state) {
    (void)state;
    struct partition_ends *ends = open_ends();
    assert_null(partition_ends_take(ends));
    assert_int_equal(ask(ends)->number, 1);
    assert_null(partition_ends_take(ends));
    produce("store-orders", 0, 1);
    int64_t asked = monotonic_ms();
    const struct ends_answer *answer = ask(ends);
    assert_int_equal(answer->number, 2);
    assert_true(answer->asked_ms >= asked);
    expect(answer, "store-orders", 0, 1);
    partition_ends_free(ends);
}

static void asking_during_a_question_brings_another_one(void **state) {
    (void)state;
    struct partition_ends *ends = open_ends();
    ask(ends);
    rd_kafka_mock_broker_set_rtt(cluster, 2, 500); /* a question takes a second */
    partition_ends_ask(ends);
    const struct timespec pause = { .tv_nsec = 100000000 };
    nanosleep(&pause, NULL); /* whether it is under way by now or not: an answer asked for from here on must come */
    int64_t asked = monotonic_ms();
    partition_ends_ask(ends);
    const struct ends_answer *answer = wait_for_answer(ends);
    while (answer->asked_ms < asked)
        answer = wait_for_answer(ends);
    rd_kafka_mock_broker_set_rtt(cluster, 2, 0);
    partition_ends_free(ends);
}

static void a_broker_that_hangs_takes_its_own_partitions_only(void **state) {
    (void)state;
    struct partition_ends *ends = open_ends();
    expect(ask(ends), "web-orders", 1, 3);
    /* ListOffsets alone: which broker is asked for metadata is librdkafka's choice */
    rd_kafka_mock_broker_push_request_error_rtts(cluster, 2, LIST_OFFSETS, 1, RD_KAFKA_RESP_ERR_NO_ERROR, 4000);
    const struct ends_answer *answer = ask(ends);
    assert_true(answer->whole);
    assert_string_not_equal(answer->error.text, "");
    expect(answer, "web-orders", 0, 0);
    expect(answer, "web-orders", 1, OFFSET_NONE);
    expect(answer, "control", 0, 2);
    expect(ask_until_known(ends, "web-orders", 1), "web-orders", 1, 3);
    partition_ends_free(ends);
}

static void a_refused_question_is_no_answer(void **state) {
    (void)state;
    struct partition_ends *ends = open_ends();
    ask(ends);
    rd_kafka_mock_push_request_errors(cluster, LIST_OFFSETS, 1, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    const struct ends_answer *answer = ask(ends);
    assert_true(answer->whole);
    assert_non_null(strstr(answer->error.text, "leader"));
    expect(answer, "control", 0, OFFSET_NONE);
    expect(ask_until_known(ends, "control", 0), "control", 0, 2);
    partition_ends_free(ends);
}

static void a_partition_without_a_leader_has_no_answer(void **state) {
    (void)state;
    struct partition_ends *ends = open_ends();
    rd_kafka_mock_partition_set_leader(cluster, "web-orders", 2, -1);
    const struct ends_answer *answer = ask(ends);
    assert_true(answer->whole);
    assert_non_null(strstr(answer->error.text, "web-orders"));
    expect(answer, "web-orders", 0, 0);
    expect(answer, "web-orders", 1, 3);
    expect(answer, "web-orders", 2, OFFSET_NONE);
    rd_kafka_mock_partition_set_leader(cluster, "web-orders", 2, 2);
    expect(ask_until_known(ends, "web-orders", 2), "web-orders", 2, 0);
    partition_ends_free(ends);
}

static void a_missing_topic_makes_it_less_than_whole(void **state) {
    (void)state;
    struct partition_ends *ends = open_ends();
    rd_kafka_mock_topic_set_error(cluster, "store-orders", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    const struct ends_answer *answer = ask(ends);
    rd_kafka_mock_topic_set_error(cluster, "store-orders", RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_false(answer->whole);
    assert_non_null(strstr(answer->error.text, "store-orders"));
    assert_int_equal(answer->n, 4);
    expect(answer, "web-orders", 1, 3);
    expect(answer, "control", 0, 2);
    answer = ask(ends);
    assert_true(answer->whole);
    expect(answer, "store-orders", 0, 1);
    partition_ends_free(ends);
}

static void no_broker_is_no_answer_and_does_not_keep_it_from_ending(void **state) {
    (void)state;
    struct partition_ends *ends = open_ends();
    ask(ends);
    rd_kafka_mock_broker_set_rtt(cluster, 1, 60000);
    rd_kafka_mock_broker_set_rtt(cluster, 2, 60000);
    const struct ends_answer *answer = ask(ends);
    assert_false(answer->whole);
    assert_int_equal(answer->n, 0);
    assert_string_not_equal(answer->error.text, "");
    partition_ends_ask(ends);
    int64_t asked = monotonic_ms();
    partition_ends_free(ends);
    assert_in_range(monotonic_ms() - asked, 0, 5000);
    rd_kafka_mock_broker_set_rtt(cluster, 1, 0);
    rd_kafka_mock_broker_set_rtt(cluster, 2, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_partition_of_every_topic_is_answered),
        cmocka_unit_test(an_answer_is_taken_once_and_each_question_has_one_of_its_own),
        cmocka_unit_test(asking_during_a_question_brings_another_one),
        cmocka_unit_test(a_broker_that_hangs_takes_its_own_partitions_only),
        cmocka_unit_test(a_refused_question_is_no_answer),
        cmocka_unit_test(a_partition_without_a_leader_has_no_answer),
        cmocka_unit_test(a_missing_topic_makes_it_less_than_whole),
        cmocka_unit_test(no_broker_is_no_answer_and_does_not_keep_it_from_ending),
    };
    return cmocka_run_group_tests(tests, start_cluster, stop_cluster);
}
