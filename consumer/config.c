#include "obek/config.h"
#include "config_parts.h"
#include "obek/buffer.h"
#include "obek/instant.h"
#include "obek/ledger.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool put_host_name(struct settings *settings, struct error *error) {
    char host[256] = "";
    if (gethostname(host, sizeof host - 1) != 0 || *host == '\0')
        return error_set(error, "instance.id is not set, and this machine has no name to use instead");
    settings_put(settings, "instance.id", host, NULL);
    return true;
}

static bool fill_defaults(struct settings *settings, struct error *error) {
    for (size_t i = 0; i < n_config_options; i++) {
        const struct config_option *option = &config_options[i];
        if (settings_find(settings, option->key) != NULL)
            continue;
        if (option->fallback == NULL)
            return error_set(error, "%s is required: %s", option->key, option->help);
        settings_put(settings, option->key, option->fallback, NULL);
    }
    return *settings_find(settings, "instance.id")->value != '\0' || put_host_name(settings, error);
}

static bool set_option(struct config *config, const struct config_option *option, struct error *error) {
    const struct setting *setting = settings_find(config->settings, option->key);
    char *text = setting_text(setting, error);
    bool good = text != NULL && option_set(config, option, text, error);
    free(text);
    return good || setting_error(setting, error);
}

/* The zone first: it decides what an instant without one means. */
static bool set_options(struct config *config, struct error *error) {
    const struct setting *zone = settings_find(config->settings, "timezone");
    if (!instant_set_zone(zone->value, error))
        return setting_error(zone, error);
    for (size_t i = 0; i < n_config_options; i++)
        if (!set_option(config, &config_options[i], error))
            return false;
    return true;
}

static bool currency_section(struct config *config, struct error *error) {
    const struct settings *settings = config->settings;
    config->currencies = currency_table_new(config->currency_base, error);
    if (config->currencies == NULL)
        return setting_error(settings_find(settings, "currency.base"), error);
    static const char prefix[] = "currency.rate.";
    for (size_t i = 0; i < settings->n; i++)
        if (strncmp(settings->items[i].key, prefix, strlen(prefix)) == 0 &&
            !currency_table_add(config->currencies, settings->items[i].key + strlen(prefix), settings->items[i].value, error))
            return setting_error(&settings->items[i], error);
    return true;
}

struct used_topic {
    const char *topic, *kind, *by;
};

/* One topic with two roles would feed obek's own words back to it as orders. */
static bool check_topics(const struct config *config, struct error *error) {
    size_t n = config->n_feeds + 3;
    struct used_topic *used = xcalloc(n, sizeof *used);
    used[0] = (struct used_topic){ config->campaign_topic, "", "campaign.topic" };
    used[1] = (struct used_topic){ config->dead_letter_topic, "", "dead.letter.topic" };
    used[2] = (struct used_topic){ config->control_topic, "", "control.topic" };
    for (size_t i = 0; i < config->n_feeds; i++)
        used[i + 3] = (struct used_topic){ config->feeds[i]->topic, "feed ", config->feeds[i]->name };
    bool distinct = true;
    for (size_t i = 0; i < n && distinct; i++)
        for (size_t j = i + 1; j < n && distinct; j++)
            if (strcmp(used[i].topic, used[j].topic) == 0)
                distinct = error_set(error, "topic '%s' is used twice: by %s%s and by %s%s", used[i].topic, used[i].kind,
                                     used[i].by, used[j].kind, used[j].by);
    free(used);
    return distinct;
}

static bool check_together(const struct config *config, struct error *error) {
    if (config->campaign_format == CAMPAIGN_CONFLUENT_AVRO && *config->schema_registry_url == '\0')
        return error_set(error, "campaign.format = confluent-avro needs schema.registry.url");
    if (config->clock_event_until != TIME_NONE && config->clock != CLOCK_EVENT)
        return error_set(error, "clock.event.until needs clock = event");
    return check_topics(config, error);
}

struct config *config_load(const char *path, char *const *overrides, size_t n_overrides, struct error *error) {
    struct config *config = xcalloc(1, sizeof *config);
    config->settings = xcalloc(1, sizeof *config->settings);
    bool good = settings_layer(config->settings, path, overrides, n_overrides, error) && fill_defaults(config->settings, error) &&
                set_options(config, error) && currency_section(config, error) && feeds_section(config, error) &&
                kafka_section(config, error) && check_together(config, error);
    if (good)
        return config;
    config_free(config);
    return NULL;
}

static void free_texts(struct config *config) {
    for (size_t i = 0; i < n_config_options; i++)
        if (config_options[i].type == OPTION_TEXT)
            free(*(char **)(void *)((char *)config + config_options[i].offset));
}

void config_free(struct config *config) {
    if (config == NULL)
        return;
    free_texts(config);
    free_list(config->channels_offline, config->n_channels_offline);
    for (size_t i = 0; i < config->n_feeds; i++)
        feed_free(config->feeds[i]);
    free(config->feeds);
    currency_table_free(config->currencies);
    for (size_t i = 0; i < config->n_kafka; i++) {
        free(config->kafka[i].name);
        free(config->kafka[i].value);
    }
    free(config->kafka);
    settings_free(config->settings);
    free(config->settings);
    free(config);
}
