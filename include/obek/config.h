/* The configuration (contract "Configuration"): a Java-style .properties file, then OBEK_* environment, then -X key=value; an
   option is one row of a table in consumer/config_table.c. Unknown keys are errors that name file and line. */
#ifndef OBEK_CONFIG_H
#define OBEK_CONFIG_H

#include "obek/feed.h"
#include "obek/log.h"
#include "obek/money.h"

#include <stdio.h>

enum redis_readable { READABLE_OFF, READABLE_SEGMENTS, READABLE_FULL };
enum delivery { DELIVERY_EXACTLY_ONCE, DELIVERY_AT_LEAST_ONCE };
enum clock_mode { CLOCK_WALL, CLOCK_EVENT, CLOCK_MANUAL };
enum campaign_format { CAMPAIGN_DEFAULT /* avro with a registry, else json */, CAMPAIGN_JSON, CAMPAIGN_CONFLUENT_AVRO };

/* A property passed through to librdkafka. */
struct kafka_property {
    char *name, *value;
    enum { KAFKA_BOTH, KAFKA_CONSUMER, KAFKA_PRODUCER } who;
};

struct settings;

struct config {
    char *group_id, *instance_id; /* [obek], [host name] */
    char *redis_url, *redis_prefix;
    enum redis_readable redis_readable;
    char *schema_registry_url; /* "" : none */
    char *schema_registry_basic_auth, *schema_registry_bearer_token, *schema_registry_ssl_ca, *schema_registry_ssl_certificate,
        *schema_registry_ssl_key, *schema_registry_ssl_key_password;
    char *model_file;
    char *campaign_catalogue; /* "" : none */
    char *campaign_topic;
    enum campaign_format campaign_format;
    char *dead_letter_topic;
    double dead_letter_share_max;
    int64_t dead_letter_window;
    char *control_topic;
    bool topics_create;
    int64_t topics_partitions, topics_replication_factor; /* -1: the broker's */
    char *topics_retention_ms;                            /* "-1": keep everything; "": the broker's */
    enum delivery delivery;
    enum clock_mode clock;
    int64_t clock_event_until; /* ms; TIME_NONE: not set */
    int64_t time_grace_ms, align_ms, time_events_per_second_max;
    int64_t buckets, ledger_orders;
    int64_t batch_orders_max, batch_wait_ms, cache_customers;
    char *http_listen, *http_token; /* "" : none */
    char *currency_base, *timezone;
    enum log_level log_level;
    bool log_json;
    size_t n_channels_offline;
    char **channels_offline;
    size_t n_feeds;
    struct feed **feeds;
    struct currency_table *currencies;
    size_t n_kafka; /* those of both clients come first: set in this order, the more special ones win */
    struct kafka_property *kafka;
    struct settings *settings; /* the texts as given, with their origins, for config_print */
};

/* Reads file (NULL: none), environment and overrides ("key=value"). NULL with the error: exit 2. Sets the log's level and format
   and the process's time zone, since both decide how the rest is read and told. Once, before threads are started. */
struct config *config_load(const char *path, char *const *overrides, size_t n_overrides, struct error *error);
void config_free(struct config *config);
/* Every option with its value, as a .properties file; secrets masked. */
void config_print(const struct config *config, FILE *out);

#endif
