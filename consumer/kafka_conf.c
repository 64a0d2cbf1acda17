#include "kafka_conf.h"
#include "obek/buffer.h"
#include "obek/log.h"

#include <stdio.h>
#include <stdlib.h>

struct setting {
    const char *name, *value;
};

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *error) {
    char text[256];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK)
        return true;
    return error_set(error, "kafka.%s: %s", name, text);
}

/* One that only newer librdkafka knows. */
static void set_where_known(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char text[256];
    rd_kafka_conf_set(conf, name, value, text, sizeof text);
}

static bool set_all(rd_kafka_conf_t *conf, const struct setting *settings, size_t n, struct error *error) {
    for (size_t i = 0; i < n; i++)
        if (!set(conf, settings[i].name, settings[i].value, error))
            return false;
    return true;
}

static bool is_consumer(enum kafka_client client) {
    return client == CLIENT_GROUP || client == CLIENT_LOOK || client == CLIENT_WATCH;
}

static bool set_defaults(rd_kafka_conf_t *conf, enum kafka_client client, struct error *error) {
    static const struct setting both[] = {
        { "bootstrap.servers", "127.0.0.1:9092" },
        { "socket.nagle.disable", "true" },
        { "topic.metadata.refresh.interval.ms", "30000" },
        { "reconnect.backoff.max.ms", "2000" },
        { "client.id", "obek" },
    };
    /* Each partition has a queue of its own. Not smaller: librdkafka before 2.2 fetches nothing for a second once one is full. */
    static const struct setting consumer[] = {
        { "fetch.wait.max.ms", "50" },     { "queued.min.messages", "100000" }, { "queued.max.messages.kbytes", "65536" },
        { "session.timeout.ms", "10000" }, { "heartbeat.interval.ms", "1000" },
    };
    static const struct setting producer[] = {
        { "linger.ms", "5" },
        { "retry.backoff.ms", "20" }, /* a transaction waits for the markers of the one before it */
        { "compression.type", "lz4" },
        { "queue.buffering.max.messages", "1000000" },
        { "queue.buffering.max.kbytes", "1048576" },
    };
    if (!set_all(conf, both, sizeof both / sizeof both[0], error))
        return false;
    if (!is_consumer(client))
        return set_all(conf, producer, sizeof producer / sizeof producer[0], error);
    set_where_known(conf, "fetch.queue.backoff.ms", "10");
    return set_all(conf, consumer, sizeof consumer / sizeof consumer[0], error);
}

static bool set_users(rd_kafka_conf_t *conf, const struct config *config, enum kafka_client client, struct error *error) {
    for (size_t i = 0; i < config->n_kafka; i++) {
        const struct kafka_property *property = &config->kafka[i];
        if (property->who == KAFKA_BOTH || (property->who == KAFKA_CONSUMER) == is_consumer(client))
            if (!set(conf, property->name, property->value, error))
                return false;
    }
    return true;
}

static bool set_what_must_be(rd_kafka_conf_t *conf, const struct config *config, enum kafka_client client, struct error *error) {
    struct setting group[] = {
        { "group.id", config->group_id },        { "group.instance.id", config->instance_id },
        { "enable.auto.commit", "false" },       { "enable.auto.offset.store", "false" },
        { "auto.offset.reset", "error" },        { "partition.assignment.strategy", "range" },
        { "isolation.level", "read_committed" }, { "enable.partition.eof", "true" },
    };
    struct setting look[] = {
        { "group.id", config->group_id }, /* never joined: assigned by hand */
        { "enable.auto.commit", "false" },         { "enable.auto.offset.store", "false" }, { "auto.offset.reset", "error" },
        { "isolation.level", "read_uncommitted" }, { "enable.partition.eof", "true" },
    };
    static const struct setting watch[] = {
        { "enable.auto.commit", "false" },       { "enable.auto.offset.store", "false" },  { "auto.offset.reset", "earliest" },
        { "isolation.level", "read_committed" }, { "enable.partition.eof", "true" },       { "fetch.wait.max.ms", "500" },
        { "queued.min.messages", "10000" },      { "queued.max.messages.kbytes", "8192" },
    };
    if (client == CLIENT_WATCH) /* the group is never joined: assigned by hand */
        return set(conf, "group.id", config->group_id, error) && set_all(conf, watch, sizeof watch / sizeof watch[0], error);
    if (client == CLIENT_GROUP)
        return set_all(conf, group, sizeof group / sizeof group[0], error);
    if (client == CLIENT_LOOK)
        return set_all(conf, look, sizeof look / sizeof look[0], error);
    if (!set(conf, "enable.idempotence", "true", error))
        return false;
    if (client == CLIENT_IDEMPOTENT)
        return true;
    struct buffer id = { 0 };
    buffer_printf(&id, "%s-%s", config->group_id, config->instance_id);
    buffer_append(&id, "", 1);
    bool ok = set(conf, "transactional.id", id.data, error);
    buffer_free(&id);
    return ok;
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text) {
    (void)client;
    log_event(level <= 3 ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "librdkafka", { "facility", LOG_S(facility) },
              { "text", LOG_S(text) });
}

rd_kafka_conf_t *kafka_conf_new(const struct config *config, enum kafka_client client, struct error *error) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (client == CLIENT_TRANSACTIONAL && !set(conf, "transaction.timeout.ms", "15000", error)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    if (set_defaults(conf, client, error) && set_users(conf, config, client, error) &&
        set_what_must_be(conf, config, client, error))
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

rd_kafka_t *kafka_reader_new(const struct config *config, enum kafka_client client, struct error *error) {
    rd_kafka_conf_t *conf = kafka_conf_new(config, client, error);
    if (conf == NULL)
        return NULL;
    char text[256];
    rd_kafka_t *reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (reader == NULL) {
        error_set(error, "kafka consumer: %s", text);
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_poll_set_consumer(reader);
    return reader;
}
