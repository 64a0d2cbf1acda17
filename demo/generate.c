/* The shop's records, to the two order topics of the demo: the web shop writes orders as obek's own schema has them, the tills of
   the stores have a form of their own, which demo/obek.properties maps.

   usage: generate BROKERS NOW_MS history           everything but the last days, at once
          generate BROKERS NOW_MS live SECONDS      the last days, played in that many seconds
          generate - NOW_MS customers               one line a customer as of now, for demo/make_model.py */
#include "child.h"
#include "shop.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CUSTOMERS 3000
#define SEED 7
#define LIVE_DAYS 4

static void rfc3339(int64_t ms, char *out, size_t size) {
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    size_t len = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out + len, size - len, ".%03dZ", (int)(ms % 1000));
}

static int web_json(const struct shop_record *record, const char *customer, char *out, size_t size) {
    static const char *const kinds[] = { "ORDER", "RETURN", "CANCELLATION" };
    char at[40];
    rfc3339(record->at_ms, at, sizeof at);
    return snprintf(
        out, size,
        "{\"order_id\":\"w%06u\",\"customer_id\":\"%s\",\"kind\":\"%s\",\"occurred_at\":\"%s\",\"amount\":%lld.%02lld}",
        record->order, customer, kinds[record->kind], at, (long long)record->amount_cents / 100,
        (long long)record->amount_cents % 100);
}

static int store_json(const struct shop_record *record, const char *customer, char *out, size_t size) {
    static const char *const kinds[] = { "SALE", "REFUND", "VOID" };
    return snprintf(out, size, "{\"receipt\":\"s%06u\",\"card\":{\"owner\":\"%s\"},\"type\":\"%s\",\"time\":%lld,\"total\":%lld}",
                    record->order, customer, kinds[record->kind], (long long)record->at_ms, (long long)record->amount_cents);
}

static void send_record(rd_kafka_t *producer, const struct shop_record *record) {
    char customer[32], value[256];
    shop_customer_id(record->customer, customer, sizeof customer);
    int len = (record->in_store ? store_json : web_json)(record, customer, value, sizeof value);
    const char *topic = record->in_store ? "store-orders" : "web-orders";
    while (rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                             RD_KAFKA_V_KEY(customer, strlen(customer)), RD_KAFKA_V_VALUE(value, (size_t)len),
                             RD_KAFKA_V_TIMESTAMP(record->at_ms), RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(producer, 100);
    rd_kafka_poll(producer, 0);
}

static void pause_ms(int64_t ms) {
    struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    nanosleep(&pause, NULL);
}

/* Plays the records from `from_ms` on so that the time between them shrinks to `seconds` in all. */
static void send_live(rd_kafka_t *producer, const struct shop *shop, size_t first, int64_t from_ms, int seconds) {
    int64_t played_ms = 0;
    for (size_t i = first; i < shop->n; i++) {
        int64_t at_ms = (shop->records[i].at_ms - from_ms) * seconds * 1000 / (LIVE_DAYS * SHOP_DAY_MS);
        if (at_ms > played_ms)
            pause_ms(at_ms - played_ms);
        played_ms = at_ms > played_ms ? at_ms : played_ms;
        send_record(producer, &shop->records[i]);
    }
}

static rd_kafka_t *make_producer(const char *brokers) {
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "bootstrap.servers", brokers, text, sizeof text) != RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(conf, "enable.idempotence", "true", text, sizeof text) != RD_KAFKA_CONF_OK) {
        fprintf(stderr, "demo: %s\n", text);
        return NULL;
    }
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (producer == NULL)
        fprintf(stderr, "demo: %s\n", text);
    return producer;
}

static int send_part(const char *brokers, const struct shop *shop, int64_t from_ms, int live_seconds) {
    rd_kafka_t *producer = make_producer(brokers);
    if (producer == NULL)
        return 1;
    size_t first = 0;
    while (first < shop->n && shop->records[first].at_ms < from_ms)
        first++;
    if (live_seconds > 0)
        send_live(producer, shop, first, from_ms, live_seconds);
    for (size_t i = 0; live_seconds == 0 && i < first; i++)
        send_record(producer, &shop->records[i]);
    int lost = rd_kafka_flush(producer, 30000) != RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_destroy(producer);
    if (lost)
        fputs("demo: the broker did not take all orders\n", stderr);
    else if (live_seconds == 0)
        printf("%zu\n", first);
    return lost;
}

static void print_customers(const struct shop *shop, int64_t now_ms) {
    for (uint32_t customer = 0; customer < CUSTOMERS; customer++) {
        int64_t last_ms = 0, cents = 0;
        int orders = 0;
        for (size_t i = 0; i < shop->n; i++) {
            const struct shop_record *record = &shop->records[i];
            if (record->customer != customer || record->kind == SHOP_CANCELLATION)
                continue;
            orders += record->kind == SHOP_SALE;
            cents += record->kind == SHOP_SALE ? record->amount_cents : -record->amount_cents;
            last_ms = record->kind == SHOP_SALE ? record->at_ms : last_ms;
        }
        if (orders > 0)
            printf("%.6f,%d,%.2f\n", (double)(now_ms - last_ms) / (double)SHOP_DAY_MS, orders, (double)cents / 100);
    }
}

static int wrong_usage(void) {
    fputs("usage: generate BROKERS NOW_MS history | live SECONDS | customers\n", stderr);
    return 2;
}

int main(int argc, char **argv) {
    if (argc < 4 || !end_with_parent())
        return wrong_usage();
    int64_t now_ms = strtoll(argv[2], NULL, 10), from_ms = now_ms - LIVE_DAYS * SHOP_DAY_MS;
    struct shop shop;
    shop_make(&shop, CUSTOMERS, now_ms, SEED);
    int status = 0;
    if (strcmp(argv[3], "history") == 0)
        status = send_part(argv[1], &shop, from_ms, 0);
    else if (strcmp(argv[3], "live") == 0 && argc == 5 && atoi(argv[4]) > 0)
        status = send_part(argv[1], &shop, from_ms, atoi(argv[4]));
    else if (strcmp(argv[3], "customers") == 0)
        print_customers(&shop, now_ms);
    else
        status = wrong_usage();
    shop_free(&shop);
    return status;
}
