/* Reads segment changes (Avro, read_committed) from the topic's end on until SIGTERM and no more come, and prints as JSON how
   long after the order each came: the reader's clock less the event's occurred_at, which is when `load --rate` made the order.
   Those of the first --warmup seconds are not timed. Of changes that time caused: how long after they became true each was
   written. */
#include "obek/buffer.h"
#include "options.h"

#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TIMEOUT_MS 30000
#define POLL_TIMEOUT_MS 100
#define FRAMING_BYTES 5
#define CAUSE_ORDER 0
#define CAUSE_TIME 3

static const char *bootstrap, *topic, *warmup = "0";
static const struct bench_option options[] = { { "bootstrap", &bootstrap }, { "topic", &topic }, { "warmup", &warmup } };

static volatile sig_atomic_t stopped;

static void on_stop(int signal_number) {
    (void)signal_number;
    stopped = 1;
}

struct samples {
    double *ms;
    size_t n, capacity;
};

static void add(struct samples *samples, double ms) {
    if (samples->n == samples->capacity) {
        samples->capacity = samples->capacity == 0 ? 1024 : samples->capacity * 2;
        samples->ms = xrealloc(samples->ms, samples->capacity * sizeof *samples->ms);
    }
    samples->ms[samples->n++] = ms;
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void print_samples(const char *name, struct samples *samples) {
    qsort(samples->ms, samples->n, sizeof *samples->ms, ascending);
    printf("\"%s\": {", name);
    static const struct {
        const char *name;
        double share;
    } wanted[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p999", 0.999 }, { "max", 1 } };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted && samples->n > 0; i++)
        printf("%s\"%s\": %.2f", i > 0 ? ", " : "", wanted[i].name,
               samples->ms[(size_t)((double)(samples->n - 1) * wanted[i].share)]);
    printf("}");
    free(samples->ms);
}

struct cursor {
    const unsigned char *at, *end;
};

static int64_t take_long(struct cursor *cursor) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (cursor->at == cursor->end)
            bench_fail("latency: an event ends too early");
        unsigned char byte = *cursor->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
    }
    bench_fail("latency: a number of an event has no end");
}

static void skip_text(struct cursor *cursor) {
    int64_t len = take_long(cursor);
    if (len < 0 || len > cursor->end - cursor->at)
        bench_fail("latency: a text of an event has no end");
    cursor->at += len;
}

static void skip_optional_text(struct cursor *cursor) {
    if (take_long(cursor) != 0)
        skip_text(cursor);
}

struct event {
    int64_t cause, occurred_at_ms, published_at_ms;
};

/* The first fields of obek.v1.SegmentChange (schemas/segment-change.avsc). */
static struct event read_event(const rd_kafka_message_t *message) {
    struct cursor cursor = { message->payload, (const unsigned char *)message->payload + message->len };
    if (message->len < FRAMING_BYTES || cursor.at[0] != 0)
        bench_fail("latency: an event without Confluent framing");
    cursor.at += FRAMING_BYTES;
    for (int i = 0; i < 3; i++)
        skip_text(&cursor);      /* event_id, customer_id, scheme */
    skip_optional_text(&cursor); /* from_segment */
    skip_optional_text(&cursor); /* to_segment */
    struct event event = { .cause = take_long(&cursor) };
    event.occurred_at_ms = take_long(&cursor);
    event.published_at_ms = take_long(&cursor);
    return event;
}

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char text[256];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK)
        bench_fail("latency: %s", text);
}

static rd_kafka_t *new_consumer(void) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", bootstrap);
    set(conf, "group.id", "bench-latency"); /* never joined: assigned by hand */
    set(conf, "enable.auto.commit", "false");
    set(conf, "isolation.level", "read_committed");
    set(conf, "fetch.wait.max.ms", "10");
    set(conf, "socket.nagle.disable", "true");
    char text[256];
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (consumer == NULL)
        bench_fail("latency: %s", text);
    rd_kafka_poll_set_consumer(consumer);
    return consumer;
}

static int partitions(rd_kafka_t *consumer) {
    rd_kafka_topic_t *handle = rd_kafka_topic_new(consumer, topic, NULL);
    const rd_kafka_metadata_t *metadata;
    rd_kafka_resp_err_t err = rd_kafka_metadata(consumer, 0, handle, &metadata, TIMEOUT_MS);
    rd_kafka_topic_destroy(handle);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR || metadata->topics[0].partition_cnt == 0)
        bench_fail("latency: no topic %s: %s", topic, rd_kafka_err2str(err));
    int count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return count;
}

static void assign_at_end(rd_kafka_t *consumer) {
    int count = partitions(consumer);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int32_t partition = 0; partition < count; partition++) {
        int64_t low, high;
        rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(consumer, topic, partition, &low, &high, TIMEOUT_MS);
        if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
            bench_fail("latency: %s", rd_kafka_err2str(err));
        rd_kafka_topic_partition_list_add(list, topic, partition)->offset = high;
    }
    rd_kafka_resp_err_t err = rd_kafka_assign(consumer, list);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        bench_fail("latency: %s", rd_kafka_err2str(err));
    rd_kafka_topic_partition_list_destroy(list);
}

static void watch(rd_kafka_t *consumer, double warmup_ms) {
    struct samples received = { 0 }, published = { 0 }, lapsed = { 0 };
    unsigned long long events = 0, by_orders = 0;
    double from_ms = -1;
    for (;;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, POLL_TIMEOUT_MS);
        if (message == NULL && stopped)
            break;
        if (message == NULL)
            continue;
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            bench_fail("latency: %s", rd_kafka_message_errstr(message));
        struct event event = read_event(message);
        rd_kafka_message_destroy(message);
        events++;
        if (event.cause == CAUSE_TIME)
            add(&lapsed, (double)(event.published_at_ms - event.occurred_at_ms));
        if (event.cause != CAUSE_ORDER)
            continue;
        by_orders++;
        if (from_ms < 0)
            from_ms = (double)event.occurred_at_ms + warmup_ms;
        if ((double)event.occurred_at_ms < from_ms)
            continue;
        add(&received, now_ms() - (double)event.occurred_at_ms);
        add(&published, (double)(event.published_at_ms - event.occurred_at_ms));
    }
    printf("{\"events\": %llu, \"by_orders\": %llu, \"timed\": %zu, \"by_time\": %zu, ", events, by_orders, received.n, lapsed.n);
    print_samples("received_ms", &received);
    printf(", ");
    print_samples("published_ms", &published);
    printf(", ");
    print_samples("time_published_ms", &lapsed);
    printf("}\n");
}

int main(int argc, char **argv) {
    options_read(argc, argv, options, sizeof options / sizeof *options);
    sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_stop }, NULL);
    rd_kafka_t *consumer = new_consumer();
    assign_at_end(consumer);
    puts("ready");
    fflush(stdout);
    watch(consumer, option_number("warmup", warmup) * 1e3);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return 0;
}
