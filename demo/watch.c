/* Watches obek at work: how far it is with the history, then each segment change as it comes, then who went where.

   usage: watch [--no-color] BROKERS GROUP OBEK_PID MODEL.json COMMAND...
   COMMAND (it plays the last days) is started once the history is done. Ends when it has ended and obek has read all. */
#include "child.h"
#include "flows.h"

#include <errno.h>
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define CHANGES "segment-changes"
#define QUIET_MS 1500
#define LINES_MAX 60
#define TIMEOUT_MS 10000

static const char *const order_topics[] = { "web-orders", "store-orders" };
#define TOPICS 2

struct watch {
    rd_kafka_t *client;
    pid_t obek;
    struct flows flows;
    int lines;
};

static int fail(const char *what, const char *why) {
    fprintf(stderr, "demo: %s: %s\n", what, why);
    return 1;
}

static rd_kafka_t *make_client(const char *brokers, const char *group) {
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    const char *const settings[][2] = { { "bootstrap.servers", brokers },
                                        { "group.id", group }, /* asked for its offsets, never joined */
                                        { "enable.auto.commit", "false" },
                                        { "fetch.wait.max.ms", "20" } };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], text, sizeof text) != RD_KAFKA_CONF_OK) {
            fail(settings[i][0], text);
            return NULL;
        }
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (client == NULL)
        fail("client", text);
    else
        rd_kafka_poll_set_consumer(client);
    return client;
}

/* The partitions of a topic, appended to the list; false without an answer. */
static bool add_partitions(rd_kafka_t *client, const char *topic, rd_kafka_topic_partition_list_t *list) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
    bool ok = rd_kafka_metadata(client, 0, handle, &metadata, TIMEOUT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (ok) {
        if (metadata->topics[0].partition_cnt > 0)
            rd_kafka_topic_partition_list_add_range(list, topic, 0, metadata->topics[0].partition_cnt - 1);
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(handle);
    return ok;
}

static int64_t end_of(rd_kafka_t *client, const rd_kafka_topic_partition_t *partition) {
    int64_t low, high;
    rd_kafka_resp_err_t err =
        rd_kafka_query_watermark_offsets(client, partition->topic, partition->partition, &low, &high, TIMEOUT_MS);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR ? high : -1;
}

/* Orders that are there, and those that obek has committed; false without an answer. */
static bool progress(struct watch *watch, int64_t *there, int64_t *done) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    bool ok = true;
    *there = *done = 0;
    for (int i = 0; ok && i < TOPICS; i++)
        ok = add_partitions(watch->client, order_topics[i], list);
    ok = ok && rd_kafka_committed(watch->client, list, TIMEOUT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; ok && i < list->cnt; i++) {
        int64_t end = end_of(watch->client, &list->elems[i]);
        ok = end >= 0;
        *there += end;
        *done += list->elems[i].offset > 0 ? list->elems[i].offset : 0;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return ok;
}

static bool obek_is_gone(const struct watch *watch) {
    return kill(watch->obek, 0) != 0;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool watch_history(struct watch *watch) {
    bool terminal = isatty(STDERR_FILENO) != 0;
    int64_t began_ms = now_ms(), there = 0, done = 0;
    do {
        struct timespec pause = { .tv_nsec = 100000000 };
        nanosleep(&pause, NULL);
        if (obek_is_gone(watch) || !progress(watch, &there, &done))
            return false;
        if (terminal)
            fprintf(stderr, "\rhistory: %lld of %lld orders", (long long)done, (long long)there);
    } while (done < there);
    if (terminal)
        fputs("\r\033[K", stderr);
    printf("history: %lld orders and returns of three years read in %.1f s, ", (long long)done,
           (double)(now_ms() - began_ms) / 1000);
    fflush(stdout);
    return true;
}

/* What was due in the history comes with the next ticks, one a second at least: waits until no more changes come. */
static bool watch_quiet(struct watch *watch) {
    int64_t quiet_since_ms = now_ms(), before = -1;
    while (now_ms() - quiet_since_ms < QUIET_MS) {
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
        bool ok = add_partitions(watch->client, CHANGES, list);
        int64_t changes = 0;
        for (int i = 0; ok && i < list->cnt; i++) {
            int64_t end = end_of(watch->client, &list->elems[i]);
            ok = end >= 0;
            changes += end;
        }
        rd_kafka_topic_partition_list_destroy(list);
        if (!ok || obek_is_gone(watch))
            return false;
        if (changes != before)
            quiet_since_ms = now_ms();
        before = changes;
        struct timespec pause = { .tv_nsec = 100000000 };
        nanosleep(&pause, NULL);
    }
    printf("%lld segment changes so far, those that time made included\n\n", (long long)before);
    fflush(stdout);
    return true;
}

/* Begins where the changes end now. */
static bool begin_watching(struct watch *watch) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    bool ok = add_partitions(watch->client, CHANGES, list);
    for (int i = 0; ok && i < list->cnt; i++)
        ok = (list->elems[i].offset = end_of(watch->client, &list->elems[i])) >= 0;
    ok = ok && rd_kafka_assign(watch->client, list) == RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_topic_partition_list_destroy(list);
    return ok;
}

static void print_cause(const json_t *change) {
    const char *cause = json_string_value(json_object_get(change, "cause"));
    const json_t *features = json_object_get(change, "features");
    double days = json_number_value(json_object_get(features, "recency_days"));
    double orders = json_number_value(json_object_get(features, "frequency"));
    double value = json_number_value(json_object_get(features, "monetary"));
    const char *feed = json_string_value(json_object_get(json_object_get(change, "order"), "feed"));
    if (cause != NULL && strcmp(cause, "TIME") == 0)
        printf("no order for %.0f days", days);
    else if (cause != NULL && strcmp(cause, "ORDER") == 0)
        printf("bought (%s): order %.0f, %.2f EUR in all", feed == NULL ? "?" : feed, orders, value);
    else if (cause != NULL && strcmp(cause, "RETURN") == 0)
        printf("returned goods: %.2f EUR left in all", value);
    else if (cause != NULL && strcmp(cause, "CANCELLATION") == 0)
        printf("cancelled an order: %.0f left", orders);
    else
        fputs(cause == NULL ? "?" : cause, stdout);
}

/* who, from, to, why, when: "ayse-0381" and so on */
static void print_change(struct watch *watch, const json_t *change, int from, int to) {
    const char *at = json_string_value(json_object_get(change, "occurred_at"));
    const char *who = json_string_value(json_object_get(change, "customer_id"));
    printf("%.10s %.5s  %-13s ", at == NULL ? "" : at, at == NULL || strlen(at) < 16 ? "" : at + 11, who == NULL ? "?" : who);
    flows_print_label(&watch->flows, from, 16);
    fputs(" -> ", stdout);
    flows_print_label(&watch->flows, to, 17);
    print_cause(change);
    putchar('\n');
    fflush(stdout);
}

static void take_change(struct watch *watch, const rd_kafka_message_t *message) {
    json_t *change = json_loadb(message->payload, message->len, 0, NULL);
    if (change == NULL)
        return;
    int from = flows_index(&watch->flows, json_string_value(json_object_get(change, "from_segment")));
    int to = flows_index(&watch->flows, json_string_value(json_object_get(change, "to_segment")));
    watch->flows.moved[from][to]++;
    watch->flows.total++;
    if (watch->lines++ < LINES_MAX)
        print_change(watch, change, from, to);
    json_decref(change);
}

static bool take_some(struct watch *watch, int wait_ms) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(watch->client, wait_ms);
    if (message == NULL)
        return false;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        take_change(watch, message);
    rd_kafka_message_destroy(message);
    return true;
}

static pid_t start(char **command) {
    pid_t child = fork();
    if (child != 0)
        return child;
    execvp(command[0], command);
    fail(command[0], strerror(errno));
    _exit(127);
}

static int watch_live(struct watch *watch, char **command) {
    pid_t player = start(command);
    if (player < 0)
        return fail("fork", strerror(errno));
    int status = 0;
    while (waitpid(player, &status, WNOHANG) == 0) {
        if (obek_is_gone(watch)) {
            kill(player, SIGTERM);
            return 1;
        }
        take_some(watch, 50);
    }
    int64_t there = 0, done = 0;
    while (status == 0 && progress(watch, &there, &done) && done < there && !obek_is_gone(watch))
        take_some(watch, 50);
    while (take_some(watch, QUIET_MS)) /* ticks of time come once a second */
        ;
    if (watch->lines > LINES_MAX)
        printf("... and %d more\n", watch->lines - LINES_MAX);
    putchar('\n');
    flows_print(&watch->flows);
    return status == 0 && done == there ? 0 : 1;
}

int main(int argc, char **argv) {
    bool plain = argc > 1 && strcmp(argv[1], "--no-color") == 0;
    char **arguments = argv + plain;
    if (argc - plain < 6 || !end_with_parent()) {
        fputs("usage: watch [--no-color] BROKERS GROUP OBEK_PID MODEL.json COMMAND...\n", stderr);
        return 2;
    }
    const char *no_color = getenv("NO_COLOR");
    bool colour = !plain && isatty(STDOUT_FILENO) != 0 && (no_color == NULL || no_color[0] == '\0');
    struct watch watch = { .obek = (pid_t)atoi(arguments[3]) };
    if (!flows_init(&watch.flows, arguments[4], colour) || (watch.client = make_client(arguments[1], arguments[2])) == NULL)
        return 1;
    int status = 1;
    if (!watch_history(&watch) || !watch_quiet(&watch))
        fail("history", obek_is_gone(&watch) ? "obek has ended" : "no answer from the broker");
    else if (!begin_watching(&watch))
        fail(CHANGES, "no answer from the broker");
    else
        status = watch_live(&watch, arguments + 5);
    rd_kafka_consumer_close(watch.client);
    rd_kafka_destroy(watch.client);
    return status;
}
