#include "../../consumer/config_parts.h"
#include "obek/buffer.h"
#include "obek/config.h"
#include "obek/ledger.h"
#include "obek/properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/obek-test-config-XXXXXX";

static int make_file(void **state) {
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state) {
    (void)state;
    return unlink(path);
}

static void write_file(const char *text) {
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

#define REQUIRED "currency.base = EUR\nmodel.file = m.json\n"

static struct config *load_text(const char *text) {
    struct error error;
    write_file(text);
    struct config *config = config_load(path, NULL, 0, &error);
    if (config == NULL)
        fail_msg("%s", error.text);
    return config;
}

static void defaults_are_the_contracts(void **state) {
    (void)state;
    struct config *config = load_text(REQUIRED);
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    assert_string_equal(config->group_id, "obek");
    assert_string_equal(config->instance_id, host);
    assert_string_equal(config->redis_url, "redis://127.0.0.1:6379");
    assert_string_equal(config->redis_prefix, "obek");
    assert_int_equal(config->redis_readable, READABLE_SEGMENTS);
    assert_string_equal(config->schema_registry_url, "");
    assert_string_equal(config->campaign_topic, "segment-changes");
    assert_int_equal(config->campaign_format, CAMPAIGN_DEFAULT);
    assert_string_equal(config->dead_letter_topic, "orders-dead");
    assert_true(config->dead_letter_share_max == 0.5);
    assert_int_equal(config->dead_letter_window, 1000);
    assert_string_equal(config->control_topic, "obek-control");
    assert_true(config->topics_create);
    assert_int_equal(config->delivery, DELIVERY_EXACTLY_ONCE);
    assert_int_equal(config->clock, CLOCK_WALL);
    assert_true(config->clock_event_until == TIME_NONE);
    assert_int_equal(config->time_grace_ms, 5000);
    assert_int_equal(config->align_ms, 86400000);
    assert_int_equal(config->buckets, 256);
    assert_int_equal(config->ledger_orders, 32);
    assert_string_equal(config->http_listen, "127.0.0.1:8420");
    assert_string_equal(config->timezone, "UTC");
    assert_int_equal(config->log_level, LOG_LEVEL_INFO);
    assert_false(config->log_json);
    assert_int_equal(config->n_channels_offline, 2);
    assert_string_equal(config->channels_offline[1], "Store");
    assert_int_equal(config->n_feeds, 1);
    assert_string_equal(config->feeds[0]->topic, "orders");
    assert_int_equal(config->n_kafka, 1);
    assert_string_equal(config->kafka[0].name, "bootstrap.servers");
    assert_string_equal(config->kafka[0].value, "127.0.0.1:9092");
    config_free(config);
}

/* What is wrong, and the message after the file's name. */
static const struct {
    const char *text, *message;
} bad[] = {
    { "model.file = m\n", "currency.base is required: ISO 4217 code of the base currency, such as currency.base = EUR" },
    { "currency.base = EUR\n", "model.file is required: the model, such as model.file = config/model.json" },
    { REQUIRED "bukets = 3\n", ":3: unknown option 'bukets' (did you mean 'buckets'?)" },
    { REQUIRED "nothing.like.it = 3\n", ":3: unknown option 'nothing.like.it'" },
    { REQUIRED "buckets = 3\nbuckets = 4\n", ":4: 'buckets' is given twice: in line 3 and in line 4" },
    { REQUIRED "buckets = many\n", ":3: buckets: 'many' is not an integer" },
    { REQUIRED "buckets = 100\n", ":3: buckets: 100 is not a power of two from 1 to 16384" },
    { REQUIRED "buckets = 32768\n", ":3: buckets: 32768 is not a power of two from 1 to 16384" },
    { REQUIRED "ledger.orders = 129\n", ":3: ledger.orders: 129 is not in the range from 1 to 128" },
    { REQUIRED "batch.orders.max = 99999999999999999999\n",
      ":3: batch.orders.max: 99999999999999999999 is not in the range from 1 to 1000000" },
    { REQUIRED "dead.letter.share.max = 1.5\n", ":3: dead.letter.share.max: 1.5 is not in the range from 0 to 1" },
    { REQUIRED "dead.letter.share.max = nan\n", ":3: dead.letter.share.max: 'nan' is not a number" },
    { REQUIRED "clock = sun\n", ":3: clock: 'sun' is none of wall, event, manual" },
    { REQUIRED "topics.create = yes\n", ":3: topics.create: 'yes' is none of false, true" },
    { REQUIRED "topics.retention.ms = 7d\n",
      ":3: topics.retention.ms: '7d' is not a number of milliseconds, -1 (keep everything) or empty (the broker's)" },
    { REQUIRED "control.topic = a b\n", ":3: control.topic: 'a b' is no topic name (1 to 249 of A-Z a-z 0-9 . _ -)" },
    { REQUIRED "control.topic = orders\n", "topic 'orders' is used twice: by control.topic and by feed orders" },
    { REQUIRED "campaign.topic = x\ndead.letter.topic = x\n",
      "topic 'x' is used twice: by campaign.topic and by dead.letter.topic" },
    { REQUIRED "feeds = a, b\nfeed.a.topic = t\nfeed.b.topic = t\n", "topic 't' is used twice: by feed a and by feed b" },
    { REQUIRED "feeds = a, a\n", ":3: feeds: feed 'a' is named twice" },
    { REQUIRED "feeds = a,,b\n", ":3: feeds: a part between commas is empty" },
    { REQUIRED "feeds =\n", ":3: feeds: names no feed" },
    { REQUIRED "feeds = a.b\n", ":3: feeds: 'a.b' is no feed name (at most 63 of A-Z a-z 0-9 _ -)" },
    { REQUIRED "feed.web.topic = t\n", ":3: feed.web.topic: there is no feed 'web' in 'feeds = orders'" },
    { REQUIRED "feed.orders.topics = t\n", ":3: feed.orders.topics: a feed has no option 'topics' (did you mean 'topic'?)" },
    { REQUIRED "feed.orders.field.customer = t\n", ":3: feed.orders.field.customer: an order has no field 'customer'" },
    { REQUIRED "feed.orders.kind.map = refunded\n",
      ":3: feed.orders.kind.map: 'refunded' is not text:KIND, such as refunded:RETURN" },
    { REQUIRED "feed.orders.kind.map = a:RETURNED\n",
      ":3: feed.orders.kind.map: 'RETURNED' is none of ORDER, CANCELLATION, RETURN" },
    { REQUIRED "feed.orders.kind.map = a:RETURN, a : ORDER\n", ":3: feed.orders.kind.map: 'a' is given twice" },
    { REQUIRED "feed.orders.format = xml\n",
      ":3: feed.orders.format: 'xml' is none of auto, json, confluent-avro, avro-single-object" },
    { REQUIRED "feed.orders.format = confluent-avro\n", "feed.orders.format = confluent-avro needs schema.registry.url" },
    { REQUIRED "feed.orders.format = json\nfeed.orders.schema.file = x\n",
      "feed.orders.schema.file needs format = avro-single-object or auto" },
    { REQUIRED "feed.orders.channel = Web\nfeed.orders.field.channel = x\n",
      "feed.orders: both channel (a constant) and field.channel are given; keep one" },
    { REQUIRED "feed.orders.idle.after = 5\n", ":3: feed.orders.idle.after: '5' does not end with ms, s, m, h or d" },
    { REQUIRED "feed.orders.idle.after = 0h\n", ":3: feed.orders.idle.after: '0h' is no time at all; empty means never" },
    { REQUIRED "campaign.format = confluent-avro\n", "campaign.format = confluent-avro needs schema.registry.url" },
    { REQUIRED "clock.event.until = 2021-06-01\n", "clock.event.until needs clock = event" },
    { REQUIRED "kafka.enable.auto.commit = true\n",
      ":3: kafka.enable.auto.commit: obek sets this itself: obek commits what it has saved" },
    { REQUIRED "kafka.consumer.group.id = x\n",
      ":3: kafka.consumer.group.id: obek sets this itself: set group.id, without kafka." },
    { REQUIRED "kafka.lingerms = 5\n", ":3: kafka.lingerms: No such configuration property: \"lingerms\"" },
    { REQUIRED "kafka.linger.ms = soon\n", NULL },
    { REQUIRED "currency.rate.XYZ = 2\n", NULL },
    { REQUIRED "currency.rate.USD = cheap\n", NULL },
    { REQUIRED "timezone = Middle/Earth\n", NULL },
    { REQUIRED "clock = event\nclock.event.until = soon\n", NULL },
    { REQUIRED "http.listen = localhost\n", ":3: http.listen: 'localhost' is not address:port, such as 127.0.0.1:8420" },
    { REQUIRED "http.listen = 127.0.0.1:99999\n",
      ":3: http.listen: '127.0.0.1:99999' is not address:port, such as 127.0.0.1:8420" },
    { REQUIRED "redis.prefix = a{b}\n", ":3: redis.prefix: 'a{b}' must not contain blanks or braces" },
    { REQUIRED "schema.registry.url = registry:8081\n",
      ":3: schema.registry.url: 'registry:8081' is not an http:// or https:// address" },
    { REQUIRED "http.token = @file:/nonexistent/token\n",
      ":3: http.token: cannot open /nonexistent/token: No such file or directory" },
};

static void bad_ones_say_what_and_where(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error error = { "" };
        write_file(bad[i].text);
        struct config *config = config_load(path, NULL, 0, &error);
        if (config != NULL)
            fail_msg("loaded: %s", bad[i].text);
        const char *message = error.text;
        if (strncmp(message, path, strlen(path)) == 0)
            message += strlen(path);
        else if (bad[i].message == NULL)
            fail_msg("no file and line: %s", error.text);
        if (bad[i].message != NULL)
            assert_string_equal(message, bad[i].message);
        else
            assert_true(*message == ':' && message[1] >= '3');
    }
}

static void a_later_layer_wins(void **state) {
    (void)state;
    struct error error;
    write_file(REQUIRED "buckets = 2\nbatch.wait.ms = 2\ncache.customers = 2\n");
    setenv("OBEK_BATCH_WAIT_MS", "3", 1);
    setenv("OBEK_CACHE_CUSTOMERS", "3", 1);
    struct config *config = config_load(path, (char *[]){ "cache.customers=4", "cache.customers = 5 " }, 2, &error);
    assert_non_null(config);
    assert_int_equal(config->buckets, 2);
    assert_int_equal(config->batch_wait_ms, 3);
    assert_int_equal(config->cache_customers, 5);
    config_free(config);
    setenv("OBEK_BATCH_WAIT_MS", "x", 1);
    assert_null(config_load(path, NULL, 0, &error));
    assert_string_equal(error.text, "OBEK_BATCH_WAIT_MS: batch.wait.ms: 'x' is not an integer");
    unsetenv("OBEK_BATCH_WAIT_MS");
    unsetenv("OBEK_CACHE_CUSTOMERS");
    assert_null(config_load(path, (char *[]){ "buckets" }, 1, &error));
    assert_string_equal(error.text, "-X buckets: not key=value");
    assert_null(config_load(path, (char *[]){ "bucket=1" }, 1, &error));
    assert_string_equal(error.text, "-X: unknown option 'bucket' (did you mean 'buckets'?)");
    static const char *const secrets[] = { "http.token=geheim", "kafka.sasl.password=geheim", "redis.url=redis://:geheim@h" };
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        assert_null(config_load(NULL, (char *[]){ (char *)secrets[i] }, 1, &error));
        assert_non_null(strstr(error.text, "a secret on the command line"));
        assert_null(strstr(error.text, "geheim"));
    }
}

static void environment_names_come_from_known_keys(void **state) {
    (void)state;
    struct settings settings = { 0 }, overrides = { 0 };
    struct buffer unknown = { 0 };
    settings_put(&settings, "feeds", "web-shop", "file:1");
    settings_put(&settings, "kafka.statistics.interval.ms", "1", "file:2");
    char *environment[] = { "OBEK_KAFKA_BOOTSTRAP_SERVERS=b:1",
                            "OBEK_KAFKA_STATISTICS_INTERVAL_MS=5",
                            "OBEK_KAFKA_LINGER_MS=5",
                            "OBEK_FEED_WEB_SHOP_FIELD_CUSTOMER_ID=buyer.id",
                            "OBEK_FEED_STORE_TOPIC=t",
                            "OBEK_CURRENCY_RATE_USD=2",
                            "OBEK_CURRENCY_RATE_XXX1=2",
                            "OBEK_HTTP_LISTEN=",
                            "OBEK_NO_INSTALL=1",
                            "OBEK_SHARED=/x",
                            "OBEK_FAILPOINT_AFTER=1",
                            "OBEK_BUKETS=1",
                            "HOME=/",
                            NULL };
    environment_layer(&settings, &overrides, environment, &unknown);
    assert_string_equal(settings_find(&settings, "kafka.bootstrap.servers")->value, "b:1");
    assert_string_equal(settings_find(&settings, "kafka.bootstrap.servers")->origin, "OBEK_KAFKA_BOOTSTRAP_SERVERS");
    assert_string_equal(settings_find(&settings, "kafka.statistics.interval.ms")->value, "5");
    assert_string_equal(settings_find(&settings, "feed.web-shop.field.customer_id")->value, "buyer.id");
    assert_string_equal(settings_find(&settings, "currency.rate.USD")->value, "2");
    assert_string_equal(settings_find(&settings, "http.listen")->value, "");
    assert_string_equal(unknown.data, "OBEK_KAFKA_LINGER_MS OBEK_FEED_STORE_TOPIC OBEK_CURRENCY_RATE_XXX1 OBEK_BUKETS");
    buffer_clear(&unknown);
    settings_put(&overrides, "feeds", "store", "-X"); /* the feeds that will be in force count */
    environment_layer(&settings, &overrides, (char *[]){ "OBEK_FEED_STORE_TOPIC=t", NULL }, &unknown);
    assert_string_equal(settings_find(&settings, "feed.store.topic")->value, "t");
    assert_int_equal(unknown.len, 0);
    buffer_free(&unknown);
    settings_free(&settings);
    settings_free(&overrides);
}

static void feeds_are_mapped(void **state) {
    (void)state;
    struct config *config =
        load_text(REQUIRED "feeds = web, store\n"
                           "schema.registry.url = http://127.0.0.1:1\n"
                           "feed.web.topic = web-orders\nfeed.web.format = json\n"
                           "feed.web.field.customer_id = buyer.id\nfeed.web.kind.map = money back : RETURN, a:b:ORDER\n"
                           "feed.web.amount.unit = minor\nfeed.web.time.unit = us\nfeed.web.channel = Desktop\n"
                           "feed.web.idle.after = 36h\n"
                           "feed.store.format = confluent-avro\nfeed.store.idle.after =\n");
    assert_int_equal(config->n_feeds, 2);
    const struct feed *web = config->feeds[0], *store = config->feeds[1];
    assert_string_equal(web->topic, "web-orders");
    assert_int_equal(web->format, FEED_JSON);
    assert_true(web->mapped[FIELD_CUSTOMER_ID]);
    assert_int_equal(web->paths[FIELD_CUSTOMER_ID].n_steps, 2);
    assert_false(web->mapped[FIELD_ORDER_ID]);
    assert_int_equal(web->n_kinds, 2);
    assert_string_equal(web->kinds[0].text, "money back");
    assert_int_equal(web->kinds[0].kind, KIND_RETURN);
    assert_string_equal(web->kinds[1].text, "a:b");
    assert_true(web->amount_in_minor);
    assert_int_equal(web->time_unit, TIME_UNIT_US);
    assert_string_equal(web->channel, "Desktop");
    assert_int_equal(web->idle_after_ms, 36 * 3600000);
    assert_int_equal(store->idle_after_ms, 0);
    assert_string_equal(store->topic, "store");
    assert_int_equal(store->format, FEED_CONFLUENT_AVRO);
    assert_null(store->channel);
    config_free(config);
}

static void durations_have_a_unit(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = { { "0s", 0 },
                 { "1ms", 1 },
                 { "90s", 90000 },
                 { "15m", 900000 },
                 { "2h", 7200000 },
                 { "007d", 604800000 },
                 { "36500d", INT64_C(3153600000000) } };
    static const char *const refused[] = { "",
                                           "5",
                                           "s",
                                           "-5s",
                                           "+5s",
                                           "5 s",
                                           " 5s",
                                           "5s ",
                                           "1.5h",
                                           "5S",
                                           "5min",
                                           "0x5s",
                                           "1e3s",
                                           "5sd",
                                           "36501d",
                                           "3153600001s",
                                           "99999999999999999999d",
                                           "9223372036854775807ms" };
    struct error error;
    int64_t ms;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(duration_parse(&ms, good[i].text, &error));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (duration_parse(&ms, refused[i], &error) || strstr(error.text, refused[i]) == NULL)
            fail_msg("'%s' is taken for a duration, or not named: %s", refused[i], error.text);
}

static void kafka_properties_keep_their_rank(void **state) {
    (void)state;
    struct config *config =
        load_text(REQUIRED "kafka.consumer.client.id = c\nkafka.producer.linger.ms = 7\nkafka.client.id = both\n");
    assert_int_equal(config->n_kafka, 4);
    const struct kafka_property *last = &config->kafka[3], *before = &config->kafka[2];
    assert_int_equal(config->kafka[0].who, KAFKA_BOTH);
    assert_int_equal(config->kafka[1].who, KAFKA_BOTH);
    assert_int_equal(before->who, KAFKA_CONSUMER);
    assert_string_equal(before->name, "client.id");
    assert_int_equal(last->who, KAFKA_PRODUCER);
    assert_string_equal(last->name, "linger.ms");
    assert_string_equal(last->value, "7");
    config_free(config);
}

static void times_without_a_zone_are_in_the_configured_one(void **state) {
    (void)state;
    struct config *config =
        load_text(REQUIRED "clock = event\nclock.event.until = 2021-06-01T03:00:00\ntimezone = Europe/Istanbul\n");
    assert_true(config->clock_event_until == INT64_C(1622505600000));
    config_free(config);
    config_free(load_text(REQUIRED)); /* back to UTC */
}

static char *printed(const struct config *config) {
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    config_print(config, out);
    fclose(out);
    return text;
}

static void secrets_are_masked(void **state) {
    (void)state;
    struct config *config = load_text(REQUIRED "redis.url = redis://me:pa:ss@w@h:1,rediss://:geheim@h2\nhttp.token = geheim\n"
                                               "kafka.sasl.password = geheim\nschema.registry.url = http://u:geheim@r\n"
                                               "kafka.ssl.key.password = geheim\nkafka.client.id = shown\n"
                                               "schema.registry.basic.auth.user.info = u:geheim\n");
    char *text = printed(config);
    assert_null(strstr(text, "geheim"));
    assert_null(strstr(text, "pa:ss"));
    assert_non_null(strstr(text, "redis.url = redis://me:********@h:1,rediss://:********@h2\n"));
    assert_non_null(strstr(text, "schema.registry.url = http://u:********@r\n"));
    assert_non_null(strstr(text, "kafka.client.id = shown\n"));
    assert_string_equal(config->http_token, "geheim");
    free(text);
    config_free(config);
}

static void a_secret_may_stand_in_a_file(void **state) {
    (void)state;
    char secret[] = "/tmp/obek-test-secret-XXXXXX";
    int fd = mkstemp(secret);
    assert_true(fd >= 0 && write(fd, "geheim\r\n", 8) == 8 && close(fd) == 0);
    char *text;
    assert_true(asprintf(&text, REQUIRED "http.token = @file:%s\ngroup.id = @file:%s\n", secret, secret) > 0);
    struct config *config = load_text(text);
    assert_string_equal(config->http_token, "geheim");
    assert_memory_equal(config->group_id, "@file:", 6); /* no secret: taken as it is */
    config_free(config);
    free(text);
    unlink(secret);
}

static void what_is_printed_reads_back(void **state) {
    (void)state;
    struct config *config = load_text(REQUIRED "feeds = web\nfeed.web.field.amount = a\\\\.b[0].c\nbuckets = 8\n"
                                               "currency.rate.USD = 0.9\nkafka.linger.ms = 3\nredis.prefix = \\u00f6bek\n");
    char *first = printed(config);
    config_free(config);
    config = load_text(first);
    assert_int_equal(config->buckets, 8);
    assert_string_equal(config->redis_prefix, "\xc3\xb6"
                                              "bek");
    assert_int_equal(config->feeds[0]->paths[FIELD_AMOUNT].n_steps, 3);
    assert_string_equal(config->feeds[0]->paths[FIELD_AMOUNT].steps[0].name, "a.b");
    config_free(config);
    free(first);
}

/* config/obek.properties: every option, with its default, or as a comment where there is none to write. */
static void the_example_is_complete_and_true(void **state) {
    (void)state;
    struct error error;
    static const char example[] = "config/obek.properties";
    char *required[] = { "currency.base=EUR", "model.file=m.json" };
    struct config *config = config_load(example, required, 2, &error);
    if (config == NULL)
        fail_msg("%s", error.text);
    config_free(config);
    struct properties properties;
    assert_true(properties_read(&properties, example, &error));
    assert_int_equal(properties.n, n_config_options - 3); /* model.file, currency.base, instance.id */
    for (size_t i = 0; i < properties.n; i++) {
        const struct config_option *option = config_option_find(properties.items[i].key);
        assert_non_null(option);
        assert_string_equal(properties.items[i].value, option->fallback);
    }
    properties_free(&properties);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_contracts),
        cmocka_unit_test(bad_ones_say_what_and_where),
        cmocka_unit_test(a_later_layer_wins),
        cmocka_unit_test(environment_names_come_from_known_keys),
        cmocka_unit_test(feeds_are_mapped),
        cmocka_unit_test(durations_have_a_unit),
        cmocka_unit_test(kafka_properties_keep_their_rank),
        cmocka_unit_test(times_without_a_zone_are_in_the_configured_one),
        cmocka_unit_test(secrets_are_masked),
        cmocka_unit_test(a_secret_may_stand_in_a_file),
        cmocka_unit_test(what_is_printed_reads_back),
        cmocka_unit_test(the_example_is_complete_and_true),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
