/* obek replay: order rows of CSV files to a feed's topic (contract: Commands). */
#include "../consumer/topics.h"
#include "obek/clock.h"
#include "obek/command.h"
#include "obek/options.h"
#include "obek/progress.h"
#include "obek/registry.h"
#include "replay_send.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COPIES_MAX 100000
#define REGISTRY_TIMEOUT_MS 10000

static const struct command_usage usage = {
    .name = "replay",
    .operands = "ORDERS.csv[.gz]...",
    .about = "Sends the order rows of CSV files to a feed's topic, in time order, in the shape that the feed's\n"
             "configuration expects. The first line of a file names its columns. An order has the fields order_id,\n"
             "customer_id, occurred_at (RFC 3339 or epoch milliseconds), amount and, if there are such columns, kind\n"
             "(ORDER, CANCELLATION, RETURN), return_id, channel, currency and categories (a; b; c).\n"
             "Every row is checked first: when one is wrong, nothing is sent. The key is the customer's id, the Kafka\n"
             "timestamp the time of sending (old timestamps would make a topic with a retention delete the records).\n"
             "A missing topic is created as `obek run` does it.",
    .examples = "obek replay -c obek.properties orders.csv\n"
                "obek replay -c obek.properties --map occurred_at=timestamp --where channel=Offline --feed store orders.csv.gz\n"
                "obek replay -c obek.properties --copies 10 --rate 5000/s orders.csv",
    .exits = "1  a row is wrong, a file cannot be read, or not everything was delivered",
};

struct arguments {
    struct common_options common;
    const char *feed, *rate, *format, *copies;
    struct option_values maps, wheres;
};

/* What the arguments mean. */
struct plan {
    struct config *config;
    const struct feed *feed;
    struct csv_selection selection;
    unsigned copies;
    double rate;
    bool avro;
};

static bool find_feed(struct plan *plan, const char *name, struct error *error) {
    const struct config *config = plan->config;
    if (name == NULL && config->n_feeds > 1)
        return error_set(error, "there are %zu feeds; --feed says to which one", config->n_feeds);
    for (size_t i = 0; i < config->n_feeds; i++)
        if (name == NULL || strcmp(config->feeds[i]->name, name) == 0) {
            plan->feed = config->feeds[i];
            return true;
        }
    return error_set(error, "there is no feed '%s' in the configuration", name);
}

static bool parse_copies(struct plan *plan, const char *text, struct error *error) {
    char *end = NULL;
    unsigned long copies = text == NULL ? 1 : strtoul(text, &end, 10);
    if (text != NULL && (*text < '0' || *text > '9' || *end != '\0' || copies < 1 || copies > COPIES_MAX))
        return error_set(error, "--copies %s: not a number from 1 to %d", text, COPIES_MAX);
    plan->copies = (unsigned)copies;
    return true;
}

static bool parse_rate(struct plan *plan, const char *text, struct error *error) {
    char *end = NULL;
    plan->rate = text == NULL ? 0 : strtod(text, &end);
    if (text != NULL && (end == text || (*end != '\0' && strcmp(end, "/s") != 0) || !(plan->rate > 0 && plan->rate <= 1e9)))
        return error_set(error, "--rate %s: not a number of records per second, such as 5000/s", text);
    return true;
}

/* A feed that reads one format only would make dead letters of the other. */
static bool choose_format(struct plan *plan, const char *text, struct error *error) {
    static const char *const names[] = { "auto", "json", "confluent-avro", "avro-single-object" };
    enum feed_format reads = plan->feed->format;
    plan->avro = text == NULL ? reads == FEED_CONFLUENT_AVRO : strcmp(text, "confluent-avro") == 0;
    if (text != NULL && !plan->avro && strcmp(text, "json") != 0)
        return error_set(error, "--format %s: neither json nor confluent-avro", text);
    if (reads != FEED_AUTO && reads != (plan->avro ? FEED_CONFLUENT_AVRO : FEED_JSON))
        return error_set(error, "feed %s reads %s (feed.%s.format), not %s", plan->feed->name, names[reads], plan->feed->name,
                         plan->avro ? "confluent-avro" : "json");
    return !plan->avro || *plan->config->schema_registry_url != '\0' ||
           error_set(error, "confluent-avro needs schema.registry.url in the configuration");
}

static bool understand(struct plan *plan, const struct arguments *arguments, struct error *error) {
    for (size_t i = 0; i < arguments->maps.n; i++)
        if (!csv_selection_map(&plan->selection, arguments->maps.items[i], error))
            return false;
    for (size_t i = 0; i < arguments->wheres.n; i++)
        if (!csv_selection_where(&plan->selection, arguments->wheres.items[i], error))
            return false;
    return parse_copies(plan, arguments->copies, error) && parse_rate(plan, arguments->rate, error) &&
           find_feed(plan, arguments->feed, error) && choose_format(plan, arguments->format, error);
}

static const char *or_null(const char *text) {
    return *text == '\0' ? NULL : text;
}

static bool register_schema(const struct plan *plan, struct replay_writer *writer, struct error *error) {
    const struct config *config = plan->config;
    const struct registry_settings settings = {
        .url = config->schema_registry_url,
        .basic_auth_user_info = or_null(config->schema_registry_basic_auth),
        .bearer_auth_token = or_null(config->schema_registry_bearer_token),
        .ssl_ca_location = or_null(config->schema_registry_ssl_ca),
        .ssl_certificate_location = or_null(config->schema_registry_ssl_certificate),
        .ssl_key_location = or_null(config->schema_registry_ssl_key),
        .ssl_key_password = or_null(config->schema_registry_ssl_key_password),
        .timeout_ms = REGISTRY_TIMEOUT_MS,
    };
    uint32_t id;
    struct buffer subject = { 0 };
    struct registry *registry = registry_new(&settings, error);
    buffer_printf(&subject, "%s-value", plan->feed->topic);
    bool good =
        registry != NULL && registry_register(registry, subject.data, replay_writer_schema(writer), &id, error) == REGISTRY_OK;
    if (good)
        replay_writer_set_schema_id(writer, id);
    else
        error_context(error, "registering the schema of %s", subject.data);
    registry_free(registry);
    buffer_free(&subject);
    return good;
}

static bool do_not_wait(void *context, const struct error *error) {
    (void)context;
    (void)error;
    return false;
}

/* A missing topic is made as `obek run` makes it (or refused): one that the broker makes by itself has another retention. */
static bool ensure_topic(const struct plan *plan, struct error *error) {
    struct kafka_look *look = kafka_look_new(plan->config, error);
    int partitions = look == NULL ? -1 : kafka_look_partitions(look, plan->feed->topic, error);
    bool good = partitions > 0 || (partitions == 0 && topics_ensure(look, plan->config, do_not_wait, NULL, error));
    kafka_look_free(look);
    return good;
}

/* Every row once, so that a row that cannot be written is found before the first is sent. */
static bool try_rows(const struct plan *plan, const struct csv_orders *orders, struct replay_writer *writer,
                     struct error *error) {
    struct replay_record record = { 0 };
    bool good = true;
    for (size_t i = 0; i < orders->n && good; i++) {
        const struct order_row *row = &orders->rows[i];
        good = replay_write(writer, row, plan->copies, &record, error) ||
               error_context(error, "%s:%u", orders->files[row->file], row->line);
    }
    replay_record_free(&record);
    return good;
}

static bool send_rows(const struct plan *plan, const struct csv_orders *orders, struct replay_writer *writer,
                      struct error *error) {
    const struct replay_job job = { plan->config, plan->feed, orders, writer, plan->copies, plan->rate, progress_wanted() };
    int64_t began_ms = monotonic_ms();
    uint64_t sent;
    bool good = replay_send(&job, &sent, error);
    fprintf(stderr, "%" PRIu64 " of %" PRIu64 " orders sent to topic %s in %.1f s\n", sent, (uint64_t)orders->n * plan->copies,
            plan->feed->topic, (double)(monotonic_ms() - began_ms) / 1000);
    return good;
}

static bool replay(const struct plan *plan, char **files, int n_files, struct error *error) {
    struct csv_orders orders = { 0 };
    int64_t now = (int64_t)time(NULL) * 1000;
    bool good = true;
    for (int i = 0; i < n_files && good; i++)
        good = csv_orders_read(&orders, files[i], &plan->selection, plan->config->currencies, now, error);
    csv_orders_sort(&orders);
    struct replay_writer *writer = good ? replay_writer_new(plan->feed, plan->config->currencies, plan->avro, error) : NULL;
    good = writer != NULL && try_rows(plan, &orders, writer, error) && (!plan->avro || register_schema(plan, writer, error)) &&
           ensure_topic(plan, error) && send_rows(plan, &orders, writer, error);
    replay_writer_free(writer);
    csv_orders_free(&orders);
    return good;
}

static int run(struct arguments *arguments, char **files, int n_files) {
    struct error error;
    struct plan plan = { .config = options_config(&arguments->common, &usage) };
    if (plan.config == NULL)
        return EXIT_USAGE;
    csv_selection_init(&plan.selection);
    int status = EXIT_DONE;
    if (!understand(&plan, arguments, &error))
        status = options_wrong(&usage, "%s", error.text);
    else if (!replay(&plan, files, n_files, &error)) {
        fprintf(stderr, "obek replay: %s\n", error.text);
        status = EXIT_FAILED;
    }
    csv_selection_free(&plan.selection);
    config_free(plan.config);
    return status;
}

int command_replay(int argc, char **argv) {
    struct arguments arguments = { 0 };
    const struct command_option options[] = {
        OPTION_CONFIG_FILE(arguments.common),
        OPTION_OVERRIDE(arguments.common),
        { .name = "feed", .argument = "NAME", .help = "the feed; needed when there are several", .text = &arguments.feed },
        { .name = "map",
          .argument = "FIELD=COLUMN,...",
          .help = "which columns are which fields, where they are called otherwise",
          .values = &arguments.maps },
        { .name = "where",
          .argument = "COLUMN=VALUE",
          .help = "only such rows (or COLUMN!=VALUE); may be repeated",
          .values = &arguments.wheres },
        { .name = "rate", .argument = "N/s", .help = "at most N records a second", .text = &arguments.rate },
        { .name = "format",
          .argument = "FORMAT",
          .help = "json or confluent-avro; default: what the feed reads (json where it reads both)",
          .text = &arguments.format },
        { .name = "copies",
          .argument = "N",
          .help = "each customer N times, ids ending in -2, -3, ... (for load tests)",
          .text = &arguments.copies },
    };
    int first, status;
    if (options_parse(argc, argv, &usage, options, sizeof options / sizeof *options, &first, &status))
        status = first < argc ? run(&arguments, argv + first, argc - first) : options_wrong(&usage, "no file is given");
    option_values_free(&arguments.common.overrides);
    option_values_free(&arguments.maps);
    option_values_free(&arguments.wheres);
    return status;
}
