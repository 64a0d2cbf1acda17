#include "topics.h"
#include "obek/buffer.h"
#include "obek/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ADMIN_TIMEOUT_MS 15000

struct wanted {
    const char *name;
    int partitions;        /* -1: topics.partitions */
    bool keeps_everything; /* retention.ms=-1 */
};

static size_t list_wanted(const struct config *config, struct wanted *wanted) {
    size_t n = 0;
    for (size_t i = 0; i < config->n_feeds; i++)
        wanted[n++] = (struct wanted){ config->feeds[i]->topic, -1, false };
    wanted[n++] = (struct wanted){ config->campaign_topic, -1, false };
    wanted[n++] = (struct wanted){ config->dead_letter_topic, 1, false };
    wanted[n++] = (struct wanted){ config->control_topic, 1, true };
    return n;
}

static int partitions_of(const struct config *config, const struct wanted *wanted) {
    return wanted->partitions > 0 ? wanted->partitions : (int)config->topics_partitions;
}

static const char *retention_of(const struct config *config, const struct wanted *wanted) {
    if (wanted->keeps_everything)
        return "-1";
    return config->topics_retention_ms == NULL || config->topics_retention_ms[0] == '\0' ? NULL : config->topics_retention_ms;
}

static bool created(rd_kafka_event_t *event, struct error *error) {
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(error, "%s", rd_kafka_event_error_string(event));
    size_t n = 0;
    const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
    for (size_t i = 0; i < n; i++) {
        rd_kafka_resp_err_t err = rd_kafka_topic_result_error(results[i]);
        if (err != RD_KAFKA_RESP_ERR_NO_ERROR && err != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return error_set(error, "%s", rd_kafka_topic_result_error_string(results[i]));
    }
    return true;
}

static bool create(rd_kafka_t *client, const struct config *config, const struct wanted *wanted, struct error *error) {
    char text[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(wanted->name, partitions_of(config, wanted),
                                                       (int)config->topics_replication_factor, text, sizeof text);
    if (topic == NULL)
        return error_set(error, "%s", text);
    const char *retention = retention_of(config, wanted);
    if (retention != NULL)
        rd_kafka_NewTopic_set_config(topic, "retention.ms", retention);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_CreateTopics(client, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ADMIN_TIMEOUT_MS);
    bool ok = event == NULL ? error_set(error, "no answer from the broker") : created(event, error);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    if (ok)
        log_event(LOG_LEVEL_INFO, "topic_created", { "topic", LOG_S(wanted->name) },
                  { "partitions", LOG_I(partitions_of(config, wanted)) });
    return ok;
}

static bool refuse(const struct config *config, const struct wanted *wanted, struct error *error) {
    const char *retention = retention_of(config, wanted);
    return error_set(
        error,
        "topic %s does not exist and topics.create is false; run: kafka-topics.sh --bootstrap-server <servers> --create "
        "--topic %s --partitions %d --replication-factor %" PRId64 "%s%s",
        wanted->name, wanted->name, partitions_of(config, wanted), config->topics_replication_factor,
        retention == NULL ? "" : " --config retention.ms=", retention == NULL ? "" : retention);
}

/* Has the cluster a controller to ask? librdkafka's mock names one that is none of its brokers, and a question to it would wait.
 */
static bool has_controller(rd_kafka_t *client) {
    const struct rd_kafka_metadata *metadata = NULL;
    int32_t controller = rd_kafka_controllerid(client, ADMIN_TIMEOUT_MS);
    bool found = false;
    if (rd_kafka_metadata(client, 0, NULL, &metadata, ADMIN_TIMEOUT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    for (int i = 0; i < metadata->broker_cnt; i++)
        found = found || metadata->brokers[i].id == controller;
    rd_kafka_metadata_destroy(metadata);
    return found;
}

/* The control topic keeps everything (design, section 8). A broker that does not tell its settings is believed. */
static bool check_retention(rd_kafka_t *client, const char *topic, struct error *error) {
    if (!has_controller(client))
        return true;
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_DescribeConfigs(client, &resource, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ADMIN_TIMEOUT_MS);
    const char *value = NULL;
    if (event != NULL && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        size_t n = 0, n_entries = 0;
        const rd_kafka_ConfigResource_t **resources =
            rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &n);
        const rd_kafka_ConfigEntry_t **entries = n == 0 ? NULL : rd_kafka_ConfigResource_configs(resources[0], &n_entries);
        for (size_t i = 0; i < n_entries; i++)
            if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), "retention.ms") == 0)
                value = rd_kafka_ConfigEntry_value(entries[i]);
    }
    bool ok =
        value == NULL || strcmp(value, "-1") == 0 ||
        error_set(error,
                  "topic %s has retention.ms=%s, but it must keep everything; run: kafka-configs.sh --bootstrap-server <servers> "
                  "--alter --entity-type topics --entity-name %s --add-config retention.ms=-1",
                  topic, value, topic);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy(resource);
    return ok;
}

enum ensured { ENSURED, ENSURE_AGAIN, ENSURE_REFUSED };

static enum ensured ensure(struct kafka_look *look, const struct config *config, const struct wanted *wanted,
                           struct error *error) {
    int n = kafka_look_partitions(look, wanted->name, error);
    if (n < 0)
        return ENSURE_AGAIN;
    if (n == 0 && !config->topics_create) {
        refuse(config, wanted, error);
        return ENSURE_REFUSED;
    }
    if (n == 0)
        return create(kafka_look_handle(look), config, wanted, error) ? ENSURED : ENSURE_AGAIN;
    if (wanted->keeps_everything && n != 1) {
        error_set(error, "topic %s has %d partitions; the control topic has exactly one", wanted->name, n);
        return ENSURE_REFUSED;
    }
    if (wanted->keeps_everything && !check_retention(kafka_look_handle(look), wanted->name, error))
        return ENSURE_REFUSED;
    return ENSURED;
}

bool topics_ensure(struct kafka_look *look, const struct config *config, bool (*wait)(void *context, const struct error *error),
                   void *context, struct error *error) {
    struct wanted *wanted = xcalloc(config->n_feeds + 3, sizeof *wanted);
    size_t n = list_wanted(config, wanted);
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++) {
        enum ensured ensured;
        while ((ensured = ensure(look, config, &wanted[i], error)) == ENSURE_AGAIN && ok)
            ok = wait(context, error);
        ok = ok && ensured == ENSURED;
    }
    free(wanted);
    return ok;
}
