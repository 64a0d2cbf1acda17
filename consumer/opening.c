/* Opening and closing the pipeline: servers are waited for, what does not fit halts before anything is written. */
#include "health.h"
#include "housekeeping.h"
#include "obek/log.h"
#include "proposal.h"
#include "topics.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_MS 500
#define COMMITTED_TIMEOUT_MS 10000

void pipeline_revoked(void *context);
void pipeline_drain(struct pipeline *pipeline);
bool pipeline_admit(void *context, const struct batch *batch);
bool pipeline_is_safe(void *context, const struct batch *batch);

/* For Redis. */
static bool keep_waiting(void *context, int64_t ms) {
    health_set(HEALTH_REDIS_DOWN, true);
    return pipeline_wait(context, ms);
}

static bool wait_for_kafka(void *context, const struct error *error) {
    health_set(HEALTH_KAFKA_DOWN, true);
    log_event(LOG_LEVEL_WARN, "kafka_down", { "error", LOG_S(error->text) });
    return pipeline_wait(context, WAIT_MS);
}

/* Told to stop while a server was waited for: that is no failure. */
static bool failed(struct pipeline *pipeline, enum exit_status status, const char *reason, const struct error *error) {
    if (status == EXIT_FAILED && *pipeline->stop != 0)
        return false;
    return halt_raise(&pipeline->halt, status, reason, "%s", error->text);
}

/* One live process for an instance.id: the kernel lets go of the name when the process ends, however it ends. */
static bool lock_instance(struct pipeline *pipeline) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int len = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "obek/%016" PRIx64 "/%016" PRIx64,
                       order_hash(slice_of(pipeline->config->group_id)), order_hash(slice_of(pipeline->config->instance_id)));
    pipeline->instance_lock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
    if (pipeline->instance_lock >= 0 && bind(pipeline->instance_lock, (struct sockaddr *)&address, size) == 0)
        return true;
    return halt_raise(&pipeline->halt, EXIT_FAILED, "instance", "another process with instance.id %s of group %s is running here",
                      pipeline->config->instance_id, pipeline->config->group_id);
}

/* Has this group ever committed an offset of obek's? */
static bool group_has_commits(struct pipeline *pipeline, bool *has, struct error *error) {
    const struct config *config = pipeline->config;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
    bool ok = true;
    for (size_t i = 0; ok && i <= config->n_feeds; i++) {
        const char *topic = i < config->n_feeds ? config->feeds[i]->topic : config->control_topic;
        int n = kafka_look_partitions(pipeline->look, topic, error);
        ok = n >= 0;
        for (int p = 0; p < n; p++)
            rd_kafka_topic_partition_list_add(list, topic, p);
    }
    rd_kafka_resp_err_t err =
        !ok ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_committed(kafka_look_handle(pipeline->look), list, COMMITTED_TIMEOUT_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        ok = error_set(error, "committed offsets: %s", rd_kafka_err2str(err));
    *has = false;
    for (int i = 0; ok && i < list->cnt; i++) {
        struct commit_note note;
        *has |= list->elems[i].offset >= 0 &&
                commit_note_parse(&note, (struct slice){ list->elems[i].metadata, list->elems[i].metadata_size });
    }
    rd_kafka_topic_partition_list_destroy(list);
    return ok;
}

static bool start_in_redis(struct pipeline *pipeline, const struct store_meta *meta) {
    struct error error = { "" };
    bool has_commits = false;
    while (!meta->present && !group_has_commits(pipeline, &has_commits, &error))
        if (!wait_for_kafka(pipeline, &error))
            return false;
    if (has_commits && !pipeline->assignment.rebuild)
        return halt_raise(
            &pipeline->halt, EXIT_HALTED, "redis_emptied",
            "group %s has committed offsets, but this Redis has never seen obek (prefix %s): it was emptied or is another "
            "one; --rebuild makes the state anew from the logs",
            pipeline->config->group_id, pipeline->config->redis_prefix);
    if (pipeline->assignment.rebuild && meta->present && !meta->rebuilding)
        return halt_raise(
            &pipeline->halt, EXIT_HALTED, "not_emptied",
            "--rebuild makes the state anew, but this Redis still holds obek's (prefix %s): what is missing in it would "
            "stay missing; empty obek's keys first (docs/operations.md)",
            pipeline->config->redis_prefix);
    if (meta->rebuilding && !pipeline->assignment.rebuild &&
        !store_meta_note(pipeline->store, "rebuild", (struct slice){ NULL, 0 }, &error))
        return failed(pipeline, EXIT_FAILED, "redis", &error);
    if (meta->present && meta->ready && !pipeline->assignment.rebuild)
        return true;
    return store_first_start(pipeline->store, meta->present ? meta->buckets : pipeline->config->buckets,
                             meta->present ? meta->ledger_orders : pipeline->config->ledger_orders, pipeline->assignment.rebuild,
                             &error) ||
           failed(pipeline, EXIT_FAILED, "redis", &error);
}

static bool open_redis(struct pipeline *pipeline) {
    struct error error = { "" };
    struct store_meta meta;
    if (!store_meta_read(pipeline->store, &meta, &error))
        return failed(pipeline, redis_is_away(pipeline->store->redis) ? EXIT_FAILED : EXIT_HALTED, "redis", &error);
    if (meta.present && meta.version > STORE_FORMAT_VERSION)
        return halt_raise(&pipeline->halt, EXIT_HALTED, "newer_state",
                          "Redis holds format %" PRId64 ", this obek knows %d: a newer obek was here", meta.version,
                          STORE_FORMAT_VERSION);
    if (meta.evicted_keys > 0)
        return halt_raise(&pipeline->halt, EXIT_HALTED, "redis_evicted",
                          "Redis has evicted %" PRId64 " keys: state is lost; restore Redis, or empty obek's keys and --rebuild",
                          meta.evicted_keys);
    if (meta.present)
        store_adopt(pipeline->store, &meta);
    pipeline->dead = dead_window_new((size_t)pipeline->config->dead_letter_window, pipeline->config->dead_letter_share_max);
    dead_window_recall(pipeline->dead, (size_t)meta.dead_letters);
    pipeline->dead_recalled = meta.dead_letters > 0;
    pipeline->evicted_keys = -1;
    if (!housekeep_policy(pipeline) || !start_in_redis(pipeline, &meta))
        return false;
    if (pipeline->store->buckets != pipeline->config->buckets ||
        pipeline->store->ledger_orders != pipeline->config->ledger_orders)
        log_event(LOG_LEVEL_WARN, "fixed_at_first_start", { "buckets", LOG_I(pipeline->store->buckets) },
                  { "ledger.orders", LOG_I(pipeline->store->ledger_orders) });
    return true;
}

static bool open_stages(struct pipeline *pipeline) {
    const struct config *config = pipeline->config;
    models_init(&pipeline->models, config, pipeline->store, pipeline->look);
    pipeline->models.waiter = (struct redis_waiter){ .context = pipeline, .wait = keep_waiting };
    pipeline->cache = customer_cache_new((size_t)config->cache_customers);
    pipeline->catch_up = catch_up_new();
    struct saver *saver = &pipeline->saver;
    *saver = (struct saver){ .store = pipeline->store,
                             .cache = pipeline->cache,
                             .models = &pipeline->models,
                             .halt = &pipeline->halt,
                             .admit = pipeline_admit,
                             .is_safe = pipeline_is_safe,
                             .admit_context = pipeline };
    stepper_init(&saver->stepper, config, pipeline->store, &pipeline->models, &pipeline->events, &pipeline->halt);
    drops_init(&saver->drops, pipeline->store->buckets);
    struct schema_source schemas = schemas_source(pipeline->schemas);
    for (int i = 0; i < PIPELINE_BATCHES; i++)
        batch_init(&pipeline->batches[i],
                   decoder_new(config->currencies, config->channels_offline, config->n_channels_offline, &schemas),
                   (size_t)config->batch_orders_max);
    pipeline->publisher = publisher_new(config, pipeline->out, pipeline->store->incarnation);
    struct assignment *assignment = &pipeline->assignment;
    assignment->store = pipeline->store;
    assignment->in = pipeline->in;
    assignment->out = pipeline->out;
    assignment->look = pipeline->look;
    assignment->models = &pipeline->models;
    assignment->drops = &saver->drops;
    return true;
}

/* Events in Avro need the id of their schema. */
static bool register_schema(struct pipeline *pipeline) {
    if (!pipeline->events.as_avro)
        return true;
    struct error error = { "" };
    struct registry *registry = schemas_registry(pipeline->schemas);
    if (registry == NULL)
        return halt_raise(&pipeline->halt, EXIT_USAGE, "config", "campaign.format=confluent-avro needs schema.registry.url");
    struct buffer subject = { 0 };
    buffer_printf(&subject, "%s-value", pipeline->config->campaign_topic);
    buffer_append(&subject, "", 1);
    enum registry_status status;
    bool go_on = true;
    while (go_on && (status = registry_register(registry, subject.data, event_avro_schema(), &pipeline->events.schema_id,
                                                &error)) == REGISTRY_UNAVAILABLE) {
        registry_outage_goes_on(&pipeline->registry, &error, monotonic_ms());
        go_on = pipeline_wait(pipeline, WAIT_MS);
    }
    buffer_free(&subject);
    if (go_on)
        registry_outage_ends(&pipeline->registry, monotonic_ms());
    if (!go_on || status == REGISTRY_OK)
        return go_on;
    return failed(pipeline, EXIT_FAILED, "schema_refused", &error);
}

static bool open_clients(struct pipeline *pipeline) {
    struct error error = { "" };
    const struct config *config = pipeline->config;
    pipeline->store = store_new(config, &error);
    if (pipeline->store == NULL)
        return failed(pipeline, EXIT_USAGE, "config", &error);
    redis_set_waiter(pipeline->store->redis, (struct redis_waiter){ .context = pipeline, .wait = keep_waiting });
    redis_set_meter(pipeline->store->redis, "pipeline");
    pipeline->schemas = schemas_new(config, &error);
    if (pipeline->schemas == NULL || !event_maker_init(&pipeline->events, config, &error))
        return failed(pipeline, EXIT_USAGE, "config", &error);
    pipeline->look = kafka_look_new(config, &error);
    if (pipeline->look != NULL)
        pipeline->in =
            kafka_in_new(config, (struct kafka_in_listener){ .context = pipeline, .revoked = pipeline_revoked }, &error);
    if (pipeline->in != NULL)
        pipeline->out = kafka_out_new(config, kafka_in_handle(pipeline->in), &error);
    if (pipeline->out != NULL)
        kafka_out_stop_by(pipeline->out, pipeline->stop);
    return pipeline->out != NULL || failed(pipeline, EXIT_USAGE, "config", &error);
}

static bool take_ends(struct pipeline *pipeline) {
    struct error error = { "" };
    while ((pipeline->ends = ends_take(pipeline->look, pipeline->config, &error)) == NULL)
        if (!wait_for_kafka(pipeline, &error))
            return false;
    return true;
}

static bool open_ticker(struct pipeline *pipeline) {
    struct error error = { "" };
    return ticker_open(pipeline, &error) || failed(pipeline, EXIT_USAGE, "config", &error);
}

static bool join(struct pipeline *pipeline) {
    const struct config *config = pipeline->config;
    struct error error = { "" };
    char **topics = xcalloc(config->n_feeds + 1, sizeof *topics);
    for (size_t i = 0; i < config->n_feeds; i++)
        topics[i] = config->feeds[i]->topic;
    topics[config->n_feeds] = config->control_topic;
    bool ok = kafka_in_subscribe(pipeline->in, topics, config->n_feeds + 1, &error);
    free(topics);
    return ok || failed(pipeline, EXIT_FAILED, "kafka", &error);
}

bool pipeline_open(struct pipeline *pipeline, const struct config *config, const struct pipeline_options *options,
                   const volatile sig_atomic_t *stop) {
    *pipeline = (struct pipeline){ .config = config,
                                   .stop = stop,
                                   .reload = options->reload,
                                   .instance_lock = -1,
                                   .polled_ms = monotonic_ms(),
                                   .shown_model = -1 };
    pipeline->assignment = (struct assignment){
        .config = config, .rebuild = options->rebuild, .from_marks = options->from_marks, .halt = &pipeline->halt
    };
    notifier_open(&pipeline->notifier);
    struct error error = { "" };
    if (!lock_instance(pipeline) || !proposal_check(pipeline) || !open_clients(pipeline))
        return false;
    if (!topics_ensure(pipeline->look, config, wait_for_kafka, pipeline, &error))
        return failed(pipeline, EXIT_FAILED, "topics", &error);
    return open_redis(pipeline) && open_stages(pipeline) && register_schema(pipeline) && proposal_make(pipeline) &&
           (!options->exit_at_end || take_ends(pipeline)) && open_ticker(pipeline) && join(pipeline);
}

void pipeline_close(struct pipeline *pipeline) {
    if (pipeline->publisher != NULL) {
        pipeline_drain(pipeline);
        if (!pipeline->halt.raised && pipeline->sources.n > 0 && !pipeline->lost && !redis_is_away(pipeline->store->redis))
            housekeep_now(pipeline);
    }
    sources_free(&pipeline->sources); /* a client must outlive its messages */
    alignment_free(&pipeline->alignment);
    kafka_in_free(pipeline->in); /* its last revocation finds nothing under way */
    publisher_free(pipeline->publisher);
    kafka_out_free(pipeline->out);
    ticker_close(&pipeline->ticker);
    kafka_look_free(pipeline->look);
    if (pipeline->publisher != NULL) {
        for (int i = 0; i < PIPELINE_BATCHES; i++)
            batch_free(&pipeline->batches[i]);
        stepper_free(&pipeline->saver.stepper);
        drops_free(&pipeline->saver.drops);
        models_free(&pipeline->models);
    }
    event_maker_free(&pipeline->events);
    customer_cache_free(pipeline->cache);
    dead_window_free(pipeline->dead);
    catch_up_free(pipeline->catch_up);
    ends_free(pipeline->ends);
    schemas_free(pipeline->schemas);
    store_free(pipeline->store);
    if (pipeline->instance_lock >= 0)
        close(pipeline->instance_lock);
    notifier_close(&pipeline->notifier);
}
