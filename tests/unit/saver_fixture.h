/* Everything around a saver on the private Redis of redis_fixture.h, with two sources and records made by hand. Nothing of them
   is published: that would need messages. */
#ifndef SAVER_FIXTURE_H
#define SAVER_FIXTURE_H

#include "redis_fixture.h"

#include "../../consumer/saver.h"
#include "obek/bucket.h"

#include <openssl/evp.h>

#define INCARNATION "11111111111111111111111111111111"
#define ORDERED_AT INT64_C(1600000000000) /* all orders */

/* Of one order's value, and of the time since the last one: from fresh to late after 50 days. */
static const char model_file[] =
    "{\"obek_model\":1,\"name\":\"small\",\"version\":\"1\",\"created\":\"2024-01-01T00:00:00Z\",\"currency\":\"TRY\","
    "\"schemes\":[{\"name\":\"kmeans\",\"type\":\"kmeans\",\"hysteresis\":0,\"features\":[{\"name\":\"monetary\","
    "\"transform\":\"none\",\"clip\":[null,null],\"offset\":0,\"factor\":1}],\"segments\":["
    "{\"id\":\"small\",\"centroid\":[10]},{\"id\":\"large\",\"centroid\":[1000]}]},"
    "{\"name\":\"recency\",\"type\":\"kmeans\",\"hysteresis\":0,\"features\":[{\"name\":\"recency_days\","
    "\"transform\":\"none\",\"clip\":[null,1000],\"offset\":0,\"factor\":1}],\"segments\":["
    "{\"id\":\"fresh\",\"centroid\":[0]},{\"id\":\"late\",\"centroid\":[100]}]}]}";

struct bench {
    struct config config;
    struct halt halt;
    struct event_maker events;
    struct models models;
    struct saver saver;
    struct sources sources;
    struct batch batch;
    struct model_in_force *model;
    char note[128], ids[400][16];
};

static bool admit(void *context, const struct batch *batch) {
    (void)context;
    (void)batch;
    return true;
}

static void fill_redis(const struct bench *bench) {
    for (int b = 0; b < bench->config.buckets; b++) {
        redis_say("HSET obek:{%d}:marks incarnation %s model %s", b, INCARNATION, bench->model->text);
        for (size_t i = 0; i < bench->sources.n; i++)
            redis_say("HSET obek:{%d}:marks %s %s", b, bench->sources.items[i].name,
                      mark_text(&bench->sources.items[i].memory, 0, TIME_NONE, bench->sources.items[i].owner).data);
    }
}

static void note_model(struct model_note *note, int64_t number) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    *note = (struct model_note){ .number = number, .time = TIME_NONE };
    EVP_Digest(model_file, sizeof model_file - 1, digest, NULL, EVP_sha256(), NULL);
    for (int i = 0; i < 32; i++)
        snprintf(note->sha256 + 2 * i, 3, "%02x", digest[i]);
}

static struct bench *bench_new(int64_t buckets) {
    static char prefix[] = "obek", currency[] = "TRY", group[] = "test";
    struct bench *bench = xcalloc(1, sizeof *bench);
    struct error error = { "" };
    redis_server_empty();
    bench->config = (struct config){ .redis_prefix = prefix,
                                     .currency_base = currency,
                                     .group_id = group,
                                     .redis_url = server.url,
                                     .buckets = buckets,
                                     .ledger_orders = 32,
                                     .campaign_format = CAMPAIGN_JSON };
    bench->config.schema_registry_url = prefix + 4; /* "" */
    struct store *store = store_new(&bench->config, &error);
    memcpy(store->incarnation, INCARNATION, sizeof store->incarnation);
    models_init(&bench->models, &bench->config, store, NULL);
    struct model_note note;
    note_model(&note, 0);
    bench->model = models_add(&bench->models, &note, slice_of(model_file), &error);
    if (bench->model == NULL)
        fail_msg("%s", error.text);
    for (int64_t b = 0; b < buckets; b++)
        bench->models.by_bucket[b] = bench->model;
    bench->saver = (struct saver){ .store = store,
                                   .cache = customer_cache_new(1000),
                                   .models = &bench->models,
                                   .halt = &bench->halt,
                                   .admit = admit,
                                   .is_safe = admit };
    stepper_init(&bench->saver.stepper, &bench->config, store, &bench->models, &bench->events, &bench->halt);
    drops_init(&bench->saver.drops, buckets);
    bench->sources = (struct sources){ .n = 2, .items = xcalloc(2, sizeof(struct source)) };
    for (int32_t p = 0; p < 2; p++)
        source_init(&bench->sources.items[p], "orders", p, NULL, buckets);
    batch_init(&bench->batch, decoder_new(NULL, NULL, 0, NULL), 400);
    bench->batch.ends = xcalloc(2, sizeof *bench->batch.ends);
    bench->batch.n_ends = 2;
    fill_redis(bench);
    return bench;
}

static void bench_free(struct bench *bench) {
    bench->batch.n = 0; /* there are no messages to let go of */
    batch_free(&bench->batch);
    sources_free(&bench->sources);
    drops_free(&bench->saver.drops);
    stepper_free(&bench->saver.stepper);
    event_maker_free(&bench->events);
    customer_cache_free(bench->saver.cache);
    models_free(&bench->models);
    store_free(bench->saver.store);
    free(bench);
}

/* The next record of the partition, an order of the customer. */
static void add_order(struct bench *bench, int partition, const char *id) {
    struct source *source = &bench->sources.items[partition];
    char *text = bench->ids[bench->batch.n];
    snprintf(text, sizeof bench->ids[0], "%s", id);
    struct batch_record *record = &bench->batch.records[bench->batch.n++];
    struct slice customer = slice_of(text);
    *record = (struct batch_record){ .source = source, .offset = source->position++, .watermark = TIME_NONE, .applies = true };
    record->watermark_after = ORDERED_AT;
    record->order = (struct order){ .kind = KIND_ORDER, .customer_id = customer, .order_id = customer, .amount = 500 };
    record->order.occurred_at = ORDERED_AT;
    record->order.order_hash = order_hash(customer);
    record->bucket = bucket_of(customer, bench->config.buckets);
    record->customer = customer_cache_get(bench->saver.cache, customer, order_hash(customer), record->bucket);
}

static enum save_result save(struct bench *bench) {
    batch_split(&bench->batch, bench->config.buckets);
    enum save_result result = saver_save(&bench->saver, &bench->batch, 0);
    free(bench->batch.shares);
    bench->batch.shares = NULL;
    bench->batch.n_shares = bench->batch.n = 0;
    return result;
}

#endif
