#include "config_parts.h"
#include "obek/buffer.h"
#include "obek/words.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const no_yes[] = { "false", "true", NULL };
static const char *const readable_choices[] = { "off", "segments", "full", NULL };
static const char *const campaign_formats[] = { "auto", "json", "confluent-avro", NULL };
static const char *const deliveries[] = { "exactly_once", "at_least_once", NULL };
static const char *const clocks[] = { "wall", "event", "manual", NULL };
static const char *const log_levels[] = { "debug", "info", "warn", "error", NULL };
static const char *const log_formats[] = { "text", "json", NULL };

static bool not_empty(const char *value, struct error *error) {
    return *value != '\0' || error_set(error, "must not be empty");
}

/* Key prefixes stand before ":{bucket}:"; braces of their own would change the cluster slot (design, section 5). */
static bool check_prefix(const char *value, struct error *error) {
    if (*value == '\0' || strlen(value) > 64)
        return error_set(error, "must have 1 to 64 bytes");
    for (const char *c = value; *c != '\0'; c++)
        if (isspace((unsigned char)*c) || *c == '{' || *c == '}')
            return error_set(error, "'%s' must not contain blanks or braces", value);
    return true;
}

static bool check_listen(const char *value, struct error *error) {
    const char *colon = strrchr(value, ':');
    if (*value == '\0')
        return true;
    char *end = NULL;
    long port = colon == NULL ? 0 : strtol(colon + 1, &end, 10);
    if (colon == NULL || colon == value || !isdigit((unsigned char)colon[1]) || *end != '\0' || port < 1 || port > 65535)
        return error_set(error, "'%s' is not address:port, such as 127.0.0.1:8420", value);
    return true;
}

static bool check_retention(const char *value, struct error *error) {
    char *end = NULL;
    if (*value == '\0')
        return true;
    long long ms = strtoll(value, &end, 10);
    return (*end == '\0' && ms >= -1) ||
           error_set(error, "'%s' is not a number of milliseconds, -1 (keep everything) or empty (the broker's)", value);
}

static bool check_registry_url(const char *value, struct error *error) {
    return *value == '\0' || strncmp(value, "http://", 7) == 0 || strncmp(value, "https://", 8) == 0 ||
           error_set(error, "'%s' is not an http:// or https:// address", value);
}

#define TO(member) offsetof(struct config, member)
#define TEXT(k, member, d, ...)                                                                                                  \
    { .key = k, .type = OPTION_TEXT, .offset = TO(member), .fallback = d, __VA_ARGS__ }
#define INTEGER(k, member, d, lo, hi, ...)                                                                                       \
    { .key = k, .type = OPTION_INTEGER, .offset = TO(member), .fallback = d, .min = lo, .max = hi, __VA_ARGS__ }
#define CHOICE(k, member, d, c, ...)                                                                                             \
    { .key = k, .type = OPTION_CHOICE, .offset = TO(member), .fallback = d, .choices = c, __VA_ARGS__ }
#define FLAG(k, member, d, c, ...)                                                                                               \
    { .key = k, .type = OPTION_FLAG, .offset = TO(member), .fallback = d, .choices = c, __VA_ARGS__ }
#define SECTION(k, d, ...)                                                                                                       \
    { .key = k, .type = OPTION_SECTION, .fallback = d, __VA_ARGS__ }
#define HELP(text) .help = text
#define MS_PER_YEAR 31536000000.0

/* clang-format off */
const struct config_option config_options[] = {
    SECTION("kafka.bootstrap.servers", "127.0.0.1:9092", HELP("Kafka brokers, host:port,...")),
    TEXT("group.id", group_id, "obek", .check = not_empty, HELP("consumer group")),
    TEXT("instance.id", instance_id, "", HELP("names this process among its group; default: the host name")),
    TEXT("redis.url", redis_url, "redis://127.0.0.1:6379", .check = not_empty, .secrecy = SECRET_PART, HELP("redis://user:password@host:port/db, unix:///path")),
    TEXT("redis.prefix", redis_prefix, "obek", .check = check_prefix, HELP("first part of every Redis key")),
    CHOICE("redis.readable", redis_readable, "segments", readable_choices, HELP("what profile hashes show: off, segments, full")),
    TEXT("schema.registry.url", schema_registry_url, "", .check = check_registry_url, .secrecy = SECRET_PART, HELP("Schema Registry; empty: none")),
    TEXT("schema.registry.basic.auth.user.info", schema_registry_basic_auth, "", .secrecy = SECRET, HELP("user:password for the registry")),
    TEXT("schema.registry.bearer.auth.token", schema_registry_bearer_token, "", .secrecy = SECRET, HELP("bearer token for the registry")),
    TEXT("schema.registry.ssl.ca.location", schema_registry_ssl_ca, "", HELP("CA certificates for the registry; empty: the system's")),
    TEXT("schema.registry.ssl.certificate.location", schema_registry_ssl_certificate, "", HELP("client certificate for the registry")),
    TEXT("schema.registry.ssl.key.location", schema_registry_ssl_key, "", HELP("private key of the client certificate")),
    TEXT("schema.registry.ssl.key.password", schema_registry_ssl_key_password, "", .secrecy = SECRET, HELP("password of the private key")),
    TEXT("model.file", model_file, NULL, .check = not_empty, HELP("the model, such as model.file = config/model.json")),
    TEXT("campaign.catalogue", campaign_catalogue, "", HELP("campaign catalogue: a file or built-in; empty: none")),
    SECTION("feeds", "orders", HELP("names of the feeds, comma-separated; each may have feed.<name>.* options")),
    { .key = "channels.offline", .type = OPTION_LIST, .offset = TO(channels_offline), .fallback = "Offline, Store",
      HELP("channels that count as offline; all others are online") },
    TEXT("campaign.topic", campaign_topic, "segment-changes", .check = topic_name_check, HELP("where segment changes go")),
    CHOICE("campaign.format", campaign_format, "auto", campaign_formats, HELP("auto: confluent-avro with a registry, else json")),
    TEXT("dead.letter.topic", dead_letter_topic, "orders-dead", .check = topic_name_check, HELP("where bad records go")),
    { .key = "dead.letter.share.max", .type = OPTION_REAL, .offset = TO(dead_letter_share_max), .fallback = "0.5", .min = 0, .max = 1,
      HELP("halt when more than this share of the window is bad") },
    INTEGER("dead.letter.window", dead_letter_window, "1000", 10, 1e6, HELP("records over which that share is taken")),
    TEXT("control.topic", control_topic, "obek-control", .check = topic_name_check, HELP("obek's own topic, one partition")),
    FLAG("topics.create", topics_create, "true", no_yes, HELP("create missing topics; false: refuse and show the command")),
    INTEGER("topics.partitions", topics_partitions, "4", 1, 10000, HELP("partitions of a created topic (the control topic has one)")),
    INTEGER("topics.replication.factor", topics_replication_factor, "-1", -1, 100, HELP("replicas of a created topic; -1: the broker's default")),
    TEXT("topics.retention.ms", topics_retention_ms, "-1", .check = check_retention, HELP("of a created topic; -1: keep everything; empty: the broker's")),
    CHOICE("delivery", delivery, "exactly_once", deliveries, HELP("exactly_once or at_least_once")),
    CHOICE("clock", clock, "wall", clocks, HELP("what moves time where no orders come: wall, event, manual")),
    { .key = "clock.event.until", .type = OPTION_INSTANT, .offset = TO(clock_event_until), .fallback = "",
      HELP("with clock = event: run on to this instant at the end; empty: do not") },
    INTEGER("time.grace.ms", time_grace_ms, "5000", 0, MS_PER_YEAR, HELP("how late an order may come before time passes it by")),
    INTEGER("align.ms", align_ms, "86400000", 1000, 100 * MS_PER_YEAR, HELP("a partition this far ahead of the slowest one waits")),
    INTEGER("time.events.per.second.max", time_events_per_second_max, "10000", 1, 1e7, HELP("pace of transitions made by time")),
    { .key = "buckets", .type = OPTION_POWER_OF_TWO, .offset = TO(buckets), .fallback = "256", .min = 1, .max = 16384,
      HELP("groups of customers in Redis; fixed at the first start") },
    INTEGER("ledger.orders", ledger_orders, "32", 1, 128, HELP("newest orders kept apart per customer; fixed at the first start")),
    INTEGER("batch.orders.max", batch_orders_max, "10000", 1, 1e6, HELP("records of one transaction, at most")),
    INTEGER("batch.wait.ms", batch_wait_ms, "50", 0, 10000, HELP("how long a batch waits to fill up")),
    INTEGER("cache.customers", cache_customers, "200000", 0, 1e9, HELP("customers' states kept in memory")),
    TEXT("http.listen", http_listen, "127.0.0.1:8420", .check = check_listen, HELP("address:port of dashboard and metrics; empty: none")),
    TEXT("http.token", http_token, "", .secrecy = SECRET, HELP("bearer token that HTTP requests must carry; empty: none")),
    TEXT("currency.base", currency_base, NULL, .check = not_empty, HELP("ISO 4217 code of the base currency, such as currency.base = EUR")),
    TEXT("timezone", timezone, "UTC", .check = not_empty, HELP("zone of times that are written without one")),
    CHOICE("log.level", log_level, "info", log_levels, HELP("debug, info, warn, error")),
    FLAG("log.format", log_json, "text", log_formats, HELP("text or json")),
};
/* clang-format on */
const size_t n_config_options = sizeof config_options / sizeof *config_options;

const struct config_option *config_option_find(const char *key) {
    for (size_t i = 0; i < n_config_options; i++)
        if (strcmp(config_options[i].key, key) == 0)
            return &config_options[i];
    return NULL;
}

static bool starts(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0 && text[strlen(with)] != '\0';
}

bool config_key_check(const char *key, struct error *error) {
    if (config_option_find(key) != NULL || starts(key, "kafka.") || starts(key, "feed.") || starts(key, "currency.rate."))
        return true;
    const char **keys = xcalloc(n_config_options, sizeof *keys);
    for (size_t i = 0; i < n_config_options; i++)
        keys[i] = config_options[i].key;
    const char *nearest = nearest_word(key, keys, n_config_options);
    free(keys);
    if (nearest == NULL)
        return error_set(error, "unknown option '%s'", key);
    return error_set(error, "unknown option '%s' (did you mean '%s'?)", key, nearest);
}

enum secrecy config_key_secrecy(const char *key) {
    const struct config_option *option = config_option_find(key);
    if (option != NULL)
        return option->secrecy;
    static const char *const words[] = { "password", "secret", "token", "ssl.key.pem", "jaas", "sasl.oauthbearer.config" };
    if (strncmp(key, "kafka.", 6) != 0 || strstr(key, "token.endpoint") != NULL)
        return NO_SECRET;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(key, words[i]) != NULL)
            return SECRET;
    return NO_SECRET;
}
