/* Environment names: OBEK_ and the key in upper case, dots and dashes as underscores. They cannot be turned back into keys, so
   they are computed from the keys that are known and from those in the file (contract: Configuration). */
#include "config_parts.h"
#include "obek/buffer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "OBEK_"

/* Properties of librdkafka that deployments keep out of files, beside kafka.bootstrap.servers. */
static const char *const kafka_keys[] = {
    "kafka.security.protocol",
    "kafka.sasl.mechanism",
    "kafka.sasl.mechanisms",
    "kafka.sasl.username",
    "kafka.sasl.password",
    "kafka.ssl.ca.location",
    "kafka.ssl.certificate.location",
    "kafka.ssl.key.location",
    "kafka.ssl.key.password",
    "kafka.ssl.ca.pem",
    "kafka.ssl.certificate.pem",
    "kafka.ssl.key.pem",
    "kafka.ssl.keystore.location",
    "kafka.ssl.keystore.password",
    "kafka.client.id",
    "kafka.debug",
};

/* Is `name` (without OBEK_) the environment's name of the key? */
static bool names(const char *name, const char *key) {
    for (; *name != '\0' && *key != '\0'; name++, key++)
        if (*name != (*key == '.' || *key == '-' ? '_' : toupper((unsigned char)*key)))
            return false;
    return *name == *key;
}

struct layer {
    struct settings *settings;
    const char *variable, *value; /* variable without OBEK_ */
    const char *origin;
    bool known;
};

static void try_key(struct layer *layer, const char *key) {
    if (!names(layer->variable, key))
        return;
    settings_put(layer->settings, key, layer->value, layer->origin);
    layer->known = true;
}

static void try_rate(struct layer *layer) {
    static const char prefix[] = "CURRENCY_RATE_";
    const char *code = layer->variable + strlen(prefix);
    if (strncmp(layer->variable, prefix, strlen(prefix)) != 0 || currency_decimals(slice_of(code)) < 0)
        return;
    struct buffer key = { 0 };
    buffer_printf(&key, "currency.rate.%s", code);
    try_key(layer, key.data);
    buffer_free(&key);
}

/* feeds: "web, store", as it will be when all layers are in place. */
static void try_feeds(struct layer *layer, const char *feeds) {
    struct error ignored; /* told when the option itself is read */
    char **list;
    size_t n;
    if (strncmp(layer->variable, "FEED_", 5) != 0 || !split_list(feeds, &list, &n, &ignored))
        return;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n_feed_keys; j++) {
            struct buffer key = { 0 };
            buffer_printf(&key, "feed.%s.%s", list[i], feed_keys[j]);
            try_key(layer, key.data);
            buffer_free(&key);
        }
    free_list(list, n);
}

static void try_all(struct layer *layer, const char *feeds) {
    for (size_t i = 0; i < n_config_options; i++)
        try_key(layer, config_options[i].key);
    for (size_t i = 0; i < sizeof kafka_keys / sizeof *kafka_keys; i++)
        try_key(layer, kafka_keys[i]);
    for (size_t i = 0; i < layer->settings->n; i++)
        try_key(layer, layer->settings->items[i].key);
    try_rate(layer);
    try_feeds(layer, feeds);
}

static const char *value_of(char *const *environment, const char *name) {
    size_t len = strlen(name);
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return *environment + len + 1;
    return NULL;
}

static const char *feeds_in_force(const struct settings *settings, const struct settings *overrides, char *const *environment) {
    const struct setting *over = settings_find(overrides, "feeds"), *file = settings_find(settings, "feeds");
    const char *variable = value_of(environment, PREFIX "FEEDS");
    return over != NULL       ? over->value
           : variable != NULL ? variable
           : file != NULL     ? file->value
                              : config_option_find("feeds")->fallback;
}

/* Variables of the build and the tests. */
static bool not_ours(const char *name) {
    return strcmp(name, "OBEK_NO_INSTALL") == 0 || strcmp(name, "OBEK_SHARED") == 0 || strncmp(name, "OBEK_FAILPOINT", 14) == 0;
}

void environment_layer(struct settings *settings, const struct settings *overrides, char *const *environment,
                       struct buffer *unknown) {
    char *feeds = xstrdup(feeds_in_force(settings, overrides, environment));
    for (; *environment != NULL; environment++) {
        const char *equals = strchr(*environment, '=');
        if (equals == NULL || strncmp(*environment, PREFIX, strlen(PREFIX)) != 0)
            continue;
        char *name = xstrndup(*environment, (size_t)(equals - *environment));
        struct layer layer = { settings, name + strlen(PREFIX), equals + 1, name, false };
        if (!not_ours(name))
            try_all(&layer, feeds);
        if (!not_ours(name) && !layer.known)
            buffer_printf(unknown, "%s%s", unknown->len > 0 ? " " : "", name);
        free(name);
    }
    free(feeds);
}
