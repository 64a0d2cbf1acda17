/* Fills a topic with orders, as fast as it can (--orders N: a history from --from-ms until before --to-ms) or at a rate (--rate N
   --seconds S: orders of now that go on after a history of --orders N, a --new-share of them by customers beyond the --customers
   that are known). Prints as JSON what it sent, and how many customers are known now. */
#include "options.h"
#include "order_bytes.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HISTORY_FROM_MS "1609459200000" /* 2021-01-01 */
#define HISTORY_TO_MS "1735689600000"   /* 2025-01-01 */
#define FLUSH_TIMEOUT_MS 60000
#define PACE_NS 1000000

static const char *bootstrap, *topic, *schema_file = "", *schema_id = "0", *format = "avro", *orders = "0", *customers,
                                      *seed = "1", *rate = "0", *seconds = "0", *new_share = "0.1", *from_ms = HISTORY_FROM_MS,
                                      *to_ms = HISTORY_TO_MS;
static const struct bench_option options[] = {
    { "bootstrap", &bootstrap }, { "topic", &topic },     { "schema", &schema_file },  { "schema-id", &schema_id },
    { "format", &format },       { "orders", &orders },   { "customers", &customers }, { "seed", &seed },
    { "rate", &rate },           { "seconds", &seconds }, { "new-share", &new_share }, { "from-ms", &from_ms },
    { "to-ms", &to_ms },
};

struct load {
    rd_kafka_t *producer;
    rd_kafka_topic_t *topic;
    struct order_writer *writer; /* NULL: JSON */
    struct buffer bytes;
    uint64_t seed;
    uint32_t schema_id;
    uint32_t customers;
    uint64_t sent;
};

static uint64_t refused; /* only touched inside poll and flush */

static void on_delivered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
    (void)producer;
    (void)opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && refused++ == 0)
        fprintf(stderr, "load: %s\n", rd_kafka_err2str(message->err));
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char text[256];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK)
        bench_fail("load: %s", text);
}

static void connect_producer(struct load *load, bool paced) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", bootstrap);
    set(conf, "enable.idempotence", "true"); /* keeps the time order of each partition over retries */
    set(conf, "compression.type", "lz4");
    set(conf, "linger.ms", paced ? "1" : "20");
    set(conf, "queue.buffering.max.messages", "1000000");
    set(conf, "socket.nagle.disable", "true");
    set(conf, "partitioner", "murmur2_random");
    set(conf, "log_level", "3"); /* not that a new broker's coordinator is still loading */
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
    char text[256];
    load->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (load->producer == NULL)
        bench_fail("load: %s", text);
    load->topic = rd_kafka_topic_new(load->producer, topic, NULL);
}

static struct order_writer *read_schema(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL)
        bench_fail("load: cannot open the schema %s", path);
    struct buffer text = { 0 };
    size_t len;
    while ((len = fread(buffer_reserve(&text, 4096), 1, 4096, file)) > 0)
        text.len += len;
    fclose(file);
    struct error error;
    struct order_writer *writer = order_writer_new(text.data, text.len, &error);
    if (writer == NULL)
        bench_fail("load: %s: %s", path, error.text);
    buffer_free(&text);
    return writer;
}

static void send_order(struct load *load, uint64_t number, struct purchase purchase) {
    struct bench_order order;
    order_of_purchase(load->seed, number, purchase, &order);
    buffer_clear(&load->bytes);
    if (load->writer != NULL)
        order_write_avro(load->writer, load->schema_id, &order, &load->bytes);
    else
        order_write_json(&order, &load->bytes);
    while (rd_kafka_produce(load->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, load->bytes.data, load->bytes.len,
                            order.customer_id, strlen(order.customer_id), NULL) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            bench_fail("load: %s", rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(load->producer, 10);
    }
    load->sent++;
}

static void send_history(struct load *load, uint32_t n) {
    int64_t from = (int64_t)option_number("from-ms", from_ms), to = (int64_t)option_number("to-ms", to_ms);
    if (from >= to)
        bench_fail("load: --from-ms is not before --to-ms");
    struct purchase *purchases = purchases_new(load->seed, n, load->customers, from, to);
    for (uint32_t i = 0; i < n; i++) {
        send_order(load, i, purchases[i]);
        if (i % 1000 == 0)
            rd_kafka_poll(load->producer, 0);
    }
    free(purchases);
}

static int64_t now_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Each millisecond what is due by then; a millisecond that was missed is made up for. occurred_at is when an order was due, so
   that a loader that is held up does not hide it. Order numbers go on after `first`, those of the history. */
static void send_paced(struct load *load, double per_second, double for_seconds, double share, uint64_t first) {
    uint64_t n = (uint64_t)(per_second * for_seconds);
    uint32_t known = load->customers;
    int64_t start_ns = now_ns(CLOCK_MONOTONIC), start_ms = now_ns(CLOCK_REALTIME) / 1000000;
    for (uint64_t i = 0; i < n;) {
        uint64_t due = 1 + (uint64_t)(per_second * (double)(now_ns(CLOCK_MONOTONIC) - start_ns) / 1e9);
        for (; i < due && i < n; i++) {
            bool is_new = share_of(load->seed ^ 7, first + i) < share;
            uint32_t customer = is_new ? load->customers++ : (uint32_t)(known * share_of(load->seed ^ 8, first + i));
            int64_t occurred_at_ms = start_ms + (int64_t)((double)i / per_second * 1e3);
            send_order(load, first + i, (struct purchase){ .occurred_at_ms = occurred_at_ms, .customer = customer });
        }
        rd_kafka_poll(load->producer, 0);
        nanosleep(&(struct timespec){ .tv_nsec = PACE_NS }, NULL);
    }
}

static void finish(struct load *load) {
    if (rd_kafka_flush(load->producer, FLUSH_TIMEOUT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR || refused > 0)
        bench_fail("load: %d orders were not sent, %llu refused", rd_kafka_outq_len(load->producer), (unsigned long long)refused);
    rd_kafka_topic_destroy(load->topic);
    rd_kafka_destroy(load->producer);
    order_writer_free(load->writer);
    buffer_free(&load->bytes);
}

int main(int argc, char **argv) {
    options_read(argc, argv, options, sizeof options / sizeof *options);
    double per_second = option_number("rate", rate);
    uint32_t history = (uint32_t)option_number("orders", orders);
    struct load load = { .seed = (uint64_t)option_number("seed", seed),
                         .schema_id = (uint32_t)option_number("schema-id", schema_id),
                         .customers = (uint32_t)option_number("customers", customers) };
    if (load.customers == 0 || (per_second == 0 && history < load.customers))
        bench_fail("load: every customer needs an order at least");
    load.writer = strcmp(format, "avro") == 0 ? read_schema(schema_file) : NULL;
    connect_producer(&load, per_second > 0);
    int64_t start = now_ns(CLOCK_MONOTONIC);
    if (per_second > 0)
        send_paced(&load, per_second, option_number("seconds", seconds), option_number("new-share", new_share), history);
    else
        send_history(&load, history);
    finish(&load);
    printf("{\"sent\": %llu, \"seconds\": %.3f, \"customers\": %u}\n", (unsigned long long)load.sent,
           (double)(now_ns(CLOCK_MONOTONIC) - start) / 1e9, load.customers);
    return 0;
}
