/* kafka.* goes to librdkafka as it is, except what obek itself decides. */
#include "config_parts.h"
#include "obek/buffer.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

/* What the protocol (design, sections 5 and 6) depends on, and obek's own word for it. */
static const struct {
    const char *name, *instead;
} own[] = {
    { "group.id", "set group.id, without kafka." },
    { "group.instance.id", "it comes from instance.id" },
    { "transactional.id", "it comes from group.id and instance.id" },
    { "metadata.broker.list", "set kafka.bootstrap.servers" },
    { "enable.idempotence", "it comes from delivery" },
    { "acks", "it is always all" },
    { "request.required.acks", "it is always all" },
    { "enable.auto.commit", "obek commits what it has saved" },
    { "auto.commit.enable", "obek commits what it has saved" },
    { "auto.commit.interval.ms", "obek commits what it has saved; see batch.wait.ms" },
    { "enable.auto.offset.store", "obek commits what it has saved" },
    { "auto.offset.reset", "obek starts at its own marks, a new source at its beginning" },
    { "isolation.level", "it is always read_committed" },
    { "partition.assignment.strategy", "obek needs an eager one" },
    { "group.protocol", "obek needs the classic one" },
    { "enable.partition.eof", "obek asks for end offsets itself" },
    { "enable.gapless.guarantee", "it comes from delivery" },
};

static bool check_property(const char *name, const char *value, struct error *error) {
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(name, own[i].name) == 0)
            return error_set(error, "obek sets this itself: %s", own[i].instead);
    char reason[256] = "";
    rd_kafka_conf_t *trial = rd_kafka_conf_new();
    rd_kafka_conf_res_t result = rd_kafka_conf_set(trial, name, value, reason, sizeof reason);
    rd_kafka_conf_destroy(trial);
    return result == RD_KAFKA_CONF_OK || error_set(error, "%s", reason);
}

static bool add_property(struct config *config, const struct setting *setting, struct error *error) {
    struct kafka_property property = { .who = KAFKA_BOTH };
    const char *name = setting->key + strlen("kafka.");
    if (strncmp(name, "consumer.", 9) == 0) {
        property.who = KAFKA_CONSUMER;
        name += 9;
    } else if (strncmp(name, "producer.", 9) == 0) {
        property.who = KAFKA_PRODUCER;
        name += 9;
    }
    property.value = setting_text(setting, error);
    if (property.value == NULL || !check_property(name, property.value, error)) {
        free(property.value);
        return setting_error(setting, error);
    }
    property.name = xstrdup(name);
    config->kafka[config->n_kafka++] = property;
    return true;
}

static bool is_special(const char *key) {
    return strncmp(key, "kafka.consumer.", 15) == 0 || strncmp(key, "kafka.producer.", 15) == 0;
}

bool kafka_section(struct config *config, struct error *error) {
    const struct settings *settings = config->settings;
    config->kafka = xcalloc(settings->n, sizeof *config->kafka);
    for (int special = 0; special <= 1; special++)
        for (size_t i = 0; i < settings->n; i++)
            if (strncmp(settings->items[i].key, "kafka.", 6) == 0 && is_special(settings->items[i].key) == (special == 1) &&
                !add_property(config, &settings->items[i], error))
                return false;
    return true;
}
