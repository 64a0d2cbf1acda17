/* librdkafka's mock broker in a process of its own, for the demo: a Kafka that needs nothing installed, keeps everything in
   memory (at most 5 MB or 100,000 records a partition) and ends with its parent.

   usage: broker TOPIC:PARTITIONS...      prints the address for bootstrap.servers, then runs until SIGTERM or SIGINT */
#include "child.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rd_kafka_t *make_client(void) {
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "3", text, sizeof text); /* it misses bootstrap.servers: it is the server */
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (client == NULL)
        fprintf(stderr, "demo broker: %s\n", text);
    return client;
}

/* "orders:4" */
static int create_topic(rd_kafka_mock_cluster_t *cluster, const char *argument) {
    char name[250];
    const char *colon = strrchr(argument, ':');
    int partitions = colon == NULL ? 0 : atoi(colon + 1);
    if (partitions < 1 || (size_t)(colon - argument) >= sizeof name) {
        fprintf(stderr, "demo broker: '%s' is not TOPIC:PARTITIONS\n", argument);
        return 0;
    }
    snprintf(name, sizeof name, "%.*s", (int)(colon - argument), argument);
    rd_kafka_resp_err_t err = rd_kafka_mock_topic_create(cluster, name, partitions, 1);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        fprintf(stderr, "demo broker: topic %s: %s\n", name, rd_kafka_err2str(err));
    return err == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static int serve(rd_kafka_mock_cluster_t *cluster, int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (!create_topic(cluster, argv[i]))
            return 2;
    puts(rd_kafka_mock_cluster_bootstraps(cluster));
    fflush(stdout);
    wait_for_end();
    return 0;
}

int main(int argc, char **argv) {
    if (!end_with_parent())
        return 1;
    block_ends(); /* before librdkafka starts its threads */
    rd_kafka_t *client = make_client();
    rd_kafka_mock_cluster_t *cluster = client == NULL ? NULL : rd_kafka_mock_cluster_new(client, 1);
    if (cluster == NULL) {
        fputs("demo broker: this librdkafka has no mock broker\n", stderr);
        return 1;
    }
    int status = serve(cluster, argc, argv);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(client);
    return status;
}
