/* `feeds = web, store` and feed.<name>.* (contract: An order). */
#include "config_parts.h"
#include "obek/buffer.h"
#include "obek/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FEED_NAME_LENGTH_MAX 63
#define FEEDS_MAX 1000

const char *const feed_keys[] = {
    "topic",         "format",         "channel",           "kind.map",         "amount.unit",     "time.unit",
    "schema.file",   "field.order_id", "field.customer_id", "field.kind",       "field.return_id", "field.occurred_at",
    "field.channel", "field.amount",   "field.currency",    "field.categories", "idle.after",
};
const size_t n_feed_keys = sizeof feed_keys / sizeof *feed_keys;

static bool set_format(struct feed *feed, const char *value, struct error *error) {
    static const char *const formats[] = { "auto", "json", "confluent-avro", "avro-single-object", NULL };
    unsigned index;
    if (!choose_word(value, formats, &index, error))
        return false;
    feed->format = (enum feed_format)index;
    return true;
}

static bool set_time_unit(struct feed *feed, const char *value, struct error *error) {
    static const char *const units[] = { "ms", "s", "us", NULL };
    unsigned index;
    if (!choose_word(value, units, &index, error))
        return false;
    feed->time_unit = (enum time_unit)index;
    return true;
}

static bool set_amount_unit(struct feed *feed, const char *value, struct error *error) {
    static const char *const units[] = { "major", "minor", NULL };
    unsigned index;
    if (!choose_word(value, units, &index, error))
        return false;
    feed->amount_in_minor = index == 1;
    return true;
}

/* Empty: never. */
static bool set_idle_after(struct feed *feed, const char *value, struct error *error) {
    feed->idle_after_ms = 0;
    if (*value == '\0')
        return true;
    if (!duration_parse(&feed->idle_after_ms, value, error))
        return false;
    return feed->idle_after_ms > 0 || error_set(error, "'%s' is no time at all; empty means never", value);
}

static bool add_kind(struct feed *feed, const char *text, struct error *error) {
    static const char *const kinds[] = { "ORDER", "CANCELLATION", "RETURN", NULL };
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text)
        return error_set(error, "'%s' is not text:KIND, such as refunded:RETURN", text);
    size_t len = (size_t)(colon - text);
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    unsigned kind;
    if (!choose_word(colon + 1 + strspn(colon + 1, " \t"), kinds, &kind, error))
        return false;
    for (size_t i = 0; i < feed->n_kinds; i++)
        if (strlen(feed->kinds[i].text) == len && strncmp(feed->kinds[i].text, text, len) == 0)
            return error_set(error, "'%.*s' is given twice", (int)len, text);
    feed->kinds = xrealloc(feed->kinds, (feed->n_kinds + 1) * sizeof *feed->kinds);
    feed->kinds[feed->n_kinds++] = (struct kind_mapping){ xstrndup(text, len), (enum order_kind)kind };
    return true;
}

static bool set_kinds(struct feed *feed, const char *value, struct error *error) {
    char **parts;
    size_t n;
    bool good = split_list(value, &parts, &n, error);
    for (size_t i = 0; i < n && good; i++)
        good = add_kind(feed, parts[i], error);
    free_list(parts, n);
    return good;
}

static bool set_path(struct feed *feed, const char *field_name, const char *value, struct error *error) {
    enum feed_field field = feed_field_from_name(slice_of(field_name));
    struct field_path path;
    if (field == FIELD_COUNT)
        return error_set(error, "an order has no field '%s'", field_name);
    if (!field_path_parse(&path, value, error))
        return false;
    field_path_free(&feed->paths[field]);
    feed->paths[field] = path;
    feed->mapped[field] = true;
    return true;
}

static bool set_feed_key(struct feed *feed, const char *key, const char *value, struct error *error) {
    if (strcmp(key, "topic") == 0) {
        free(feed->topic);
        feed->topic = xstrdup(value);
        return topic_name_check(value, error);
    }
    if (strcmp(key, "channel") == 0 || strcmp(key, "schema.file") == 0) {
        if (*value == '\0')
            return error_set(error, "must not be empty");
        *(*key == 'c' ? &feed->channel : &feed->schema_file) = xstrdup(value);
        return true;
    }
    if (strcmp(key, "format") == 0)
        return set_format(feed, value, error);
    if (strcmp(key, "kind.map") == 0)
        return set_kinds(feed, value, error);
    if (strcmp(key, "amount.unit") == 0)
        return set_amount_unit(feed, value, error);
    if (strcmp(key, "time.unit") == 0)
        return set_time_unit(feed, value, error);
    if (strcmp(key, "idle.after") == 0)
        return set_idle_after(feed, value, error);
    if (strncmp(key, "field.", 6) == 0)
        return set_path(feed, key + 6, value, error);
    const char *nearest = nearest_word(key, feed_keys, n_feed_keys);
    return nearest == NULL ? error_set(error, "a feed has no option '%s'", key)
                           : error_set(error, "a feed has no option '%s' (did you mean '%s'?)", key, nearest);
}

static struct feed *find_feed(const struct config *config, const char *name, size_t len) {
    for (size_t i = 0; i < config->n_feeds; i++)
        if (strlen(config->feeds[i]->name) == len && strncmp(config->feeds[i]->name, name, len) == 0)
            return config->feeds[i];
    return NULL;
}

static bool apply_setting(struct config *config, const struct setting *setting, struct error *error) {
    const char *name = setting->key + strlen("feed."), *dot = strchr(name, '.');
    if (dot == NULL || dot == name || dot[1] == '\0')
        error_set(error, "not feed.<name>.<option>");
    else {
        struct feed *feed = find_feed(config, name, (size_t)(dot - name));
        if (feed == NULL)
            error_set(error, "there is no feed '%.*s' in 'feeds = %s'", (int)(dot - name), name,
                      settings_find(config->settings, "feeds")->value);
        else if (set_feed_key(feed, dot + 1, setting->value, error))
            return true;
    }
    return setting_error(setting, error);
}

static bool add_feed(struct config *config, const char *name, struct error *error) {
    bool good = strlen(name) <= FEED_NAME_LENGTH_MAX;
    for (const char *c = name; *c != '\0' && good; c++)
        good = isascii((unsigned char)*c) && (isalnum((unsigned char)*c) || *c == '_' || *c == '-');
    if (!good)
        return error_set(error, "'%s' is no feed name (at most %d of A-Z a-z 0-9 _ -)", name, FEED_NAME_LENGTH_MAX);
    if (find_feed(config, name, strlen(name)) != NULL)
        return error_set(error, "feed '%s' is named twice", name);
    if (config->n_feeds == FEEDS_MAX)
        return error_set(error, "more than %d feeds", FEEDS_MAX);
    config->feeds = xrealloc(config->feeds, (config->n_feeds + 1) * sizeof(struct feed *));
    config->feeds[config->n_feeds++] = feed_new(name, name);
    return true;
}

/* What only shows once all of a feed's options are known. */
static bool check_feed(const struct config *config, const struct feed *feed, struct error *error) {
    if (feed->channel != NULL && feed->mapped[FIELD_CHANNEL])
        return error_set(error, "feed.%s: both channel (a constant) and field.channel are given; keep one", feed->name);
    if (feed->format == FEED_CONFLUENT_AVRO && *config->schema_registry_url == '\0')
        return error_set(error, "feed.%s.format = confluent-avro needs schema.registry.url", feed->name);
    if (feed->schema_file != NULL && feed->format != FEED_AUTO && feed->format != FEED_AVRO_SINGLE_OBJECT)
        return error_set(error, "feed.%s.schema.file needs format = avro-single-object or auto", feed->name);
    return topic_name_check(feed->topic, error) || error_context(error, "feed.%s", feed->name);
}

static bool add_feeds(struct config *config, struct error *error) {
    const struct setting *setting = settings_find(config->settings, "feeds");
    char **names;
    size_t n;
    bool good = split_list(setting->value, &names, &n, error);
    good = good && (n > 0 || error_set(error, "names no feed"));
    for (size_t i = 0; i < n && good; i++)
        good = add_feed(config, names[i], error);
    free_list(names, n);
    return good || setting_error(setting, error);
}

bool feeds_section(struct config *config, struct error *error) {
    if (!add_feeds(config, error))
        return false;
    for (size_t i = 0; i < config->settings->n; i++)
        if (strncmp(config->settings->items[i].key, "feed.", 5) == 0 &&
            !apply_setting(config, &config->settings->items[i], error))
            return false;
    for (size_t i = 0; i < config->n_feeds; i++)
        if (!check_feed(config, config->feeds[i], error))
            return false;
    return true;
}
