/* The consumer's edge against librdkafka's own broker: assigned in place again and again, every partition is read each time. */
#include "../../consumer/kafka_in.h"
#include "obek/buffer.h"
#include "obek/clock.h"

#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define PARTITIONS 12
#define RECORDS 3
#define ROUNDS 80
#define LIMIT_MS 20000 /* of a round; it takes some milliseconds */

static struct broker {
    rd_kafka_t *client;
    rd_kafka_mock_cluster_t *cluster;
    struct config *config;
    struct kafka_in *in;
} broker;

static void fill(void) {
    for (int32_t p = 0; p < PARTITIONS; p++)
        for (int i = 0; i < RECORDS; i++)
            assert_int_equal(rd_kafka_producev(broker.client, RD_KAFKA_V_TOPIC("orders"), RD_KAFKA_V_PARTITION(p),
                                               RD_KAFKA_V_VALUE("order", 5), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                               RD_KAFKA_V_END),
                             RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(broker.client, LIMIT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static struct config *configured(void) {
    char path[] = "/tmp/obek-test-kafka-in-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    dprintf(fd, "currency.base = EUR\nmodel.file = m.json\nkafka.bootstrap.servers = %s\n",
            rd_kafka_mock_cluster_bootstraps(broker.cluster));
    close(fd);
    struct error error;
    struct config *config = config_load(path, NULL, 0, &error);
    unlink(path);
    if (config == NULL)
        fail_msg("%s", error.text);
    return config;
}

static void on_revoked(void *context) {
    (void)context;
}

static int start(void **state) {
    (void)state;
    char text[256];
    struct error error;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", text, sizeof text);
    broker.client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (broker.client == NULL)
        return -1;
    broker.cluster = rd_kafka_handle_mock_cluster(broker.client);
    rd_kafka_mock_topic_create(broker.cluster, "orders", PARTITIONS, 1);
    fill();
    broker.config = configured();
    broker.in = kafka_in_new(broker.config, (struct kafka_in_listener){ NULL, on_revoked }, &error);
    return broker.in == NULL ? -1 : 0;
}

static int end(void **state) {
    (void)state;
    kafka_in_free(broker.in);
    config_free(broker.config);
    rd_kafka_destroy(broker.client); /* and with it its cluster */
    return 0;
}

/* What has come of a partition until now; its offsets are `from` and so on. */
static void take(size_t partition, int64_t from, int64_t *n) {
    rd_kafka_message_t *messages[RECORDS + 1];
    size_t taken = kafka_in_take(broker.in, partition, messages, RECORDS + 1);
    for (size_t i = 0; i < taken; i++) {
        if (messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            assert_int_equal(messages[i]->offset, from + (*n)++);
        else
            assert_int_equal(messages[i]->err, RD_KAFKA_RESP_ERR__PARTITION_EOF);
        rd_kafka_message_destroy(messages[i]);
    }
}

static void begin_from(int64_t from) {
    struct error error;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int32_t p = 0; p < PARTITIONS; p++)
        rd_kafka_topic_partition_list_add(list, "orders", p)->offset = from;
    if (!kafka_in_begin(broker.in, list, &error))
        fail_msg("%s", error.text);
    rd_kafka_topic_partition_list_destroy(list);
}

/* All records of all partitions. */
static void read_all(int round, int64_t from) {
    int64_t n[PARTITIONS] = { 0 }, since_ms = monotonic_ms();
    for (size_t whole = 0; whole < PARTITIONS;) {
        whole = 0;
        for (size_t p = 0; p < PARTITIONS; p++) {
            take(p, from, &n[p]);
            whole += n[p] == RECORDS - from;
        }
        if (monotonic_ms() - since_ms > LIMIT_MS)
            fail_msg("round %d: %zu of %d partitions were read", round, whole, PARTITIONS);
        if (whole < PARTITIONS)
            kafka_in_wait(broker.in, 10);
    }
}

/* Once, starting to read anew raced with librdkafka's own thread, and now and then a partition was never read again. */
static void every_partition_is_read_however_often_it_begins(void **state) {
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t from = round % RECORDS;
        begin_from(from);
        if (round % 4 != 1) /* now and then nobody waits for what was begun */
            read_all(round, from);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_partition_is_read_however_often_it_begins, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
