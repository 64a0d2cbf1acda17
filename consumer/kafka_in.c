#include "kafka_in.h"
#include "kafka_conf.h"
#include "obek/buffer.h"
#include "obek/log.h"

#include <stdlib.h>

struct kafka_in {
    rd_kafka_t *client;
    struct kafka_in_listener listener;
    rd_kafka_topic_partition_list_t *topics;
    rd_kafka_topic_partition_list_t *offered; /* from the callback; kept while assigned, for assigning again in place */
    rd_kafka_consumer_group_metadata_t *metadata;
    bool waiting; /* offered, not begun */
    bool held;    /* paused while something is waited for */
    bool assigned;
    char fatal[256];
};

static void let_go_of_offer(struct kafka_in *in) {
    if (in->offered != NULL)
        rd_kafka_topic_partition_list_destroy(in->offered);
    if (in->metadata != NULL)
        rd_kafka_consumer_group_metadata_destroy(in->metadata);
    in->offered = NULL;
    in->metadata = NULL;
    in->waiting = false;
}

static void on_assigned(struct kafka_in *in, const rd_kafka_topic_partition_list_t *partitions) {
    let_go_of_offer(in);
    in->offered = rd_kafka_topic_partition_list_copy(partitions);
    /* asked later it may already speak for the next generation (design, section 6) */
    in->metadata = rd_kafka_consumer_group_metadata(in->client);
    in->waiting = true;
    /* Nothing is read before the sources are claimed. But until assign is called, librdkafka takes the rebalance for unfinished
       and does not even join again when the group has forgotten this member. */
    rd_kafka_topic_partition_list_t *nothing = rd_kafka_topic_partition_list_new(0);
    rd_kafka_assign(in->client, nothing);
    rd_kafka_topic_partition_list_destroy(nothing);
}

static void on_revoked(struct kafka_in *in) {
    /* a group that has gone on without us need not wait for what is under way here; one that asks us does */
    bool lost = rd_kafka_assignment_lost(in->client) != 0;
    if (lost)
        rd_kafka_assign(in->client, NULL);
    in->listener.revoked(in->listener.context);
    in->assigned = false;
    let_go_of_offer(in);
    if (!lost)
        rd_kafka_assign(in->client, NULL);
}

static void on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *partitions, void *opaque) {
    (void)client;
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        on_assigned(opaque, partitions);
    else
        on_revoked(opaque);
}

static void on_error(rd_kafka_t *client, int err, const char *reason, void *opaque) {
    (void)client;
    (void)opaque;
    if (err != RD_KAFKA_RESP_ERR__FATAL) /* asked for in kafka_in_fatal */
        log_event(LOG_LEVEL_WARN, "kafka", { "client", LOG_S("consumer") }, { "error", LOG_S(reason) });
}

struct kafka_in *kafka_in_new(const struct config *config, struct kafka_in_listener listener, struct error *error) {
    rd_kafka_conf_t *conf = kafka_conf_new(config, CLIENT_GROUP, error);
    if (conf == NULL)
        return NULL;
    struct kafka_in *in = xcalloc(1, sizeof *in);
    in->listener = listener;
    rd_kafka_conf_set_opaque(conf, in);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_error_cb(conf, on_error);
    char text[256];
    in->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (in->client == NULL) {
        error_set(error, "kafka consumer: %s", text);
        rd_kafka_conf_destroy(conf);
        free(in);
        return NULL;
    }
    rd_kafka_poll_set_consumer(in->client);
    return in;
}

void kafka_in_free(struct kafka_in *in) {
    if (in == NULL)
        return;
    rd_kafka_consumer_close(in->client);
    let_go_of_offer(in);
    if (in->topics != NULL)
        rd_kafka_topic_partition_list_destroy(in->topics);
    rd_kafka_destroy(in->client);
    free(in);
}

rd_kafka_t *kafka_in_handle(struct kafka_in *in) {
    return in->client;
}

bool kafka_in_subscribe(struct kafka_in *in, char *const *topics, size_t n, struct error *error) {
    in->topics = rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(in->topics, topics[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(in->client, in->topics);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR || error_set(error, "subscribe: %s", rd_kafka_err2str(err));
}

bool kafka_in_rejoin(struct kafka_in *in, struct error *error) {
    rd_kafka_resp_err_t err = rd_kafka_unsubscribe(in->client);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        err = rd_kafka_subscribe(in->client, in->topics);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR || error_set(error, "subscribe: %s", rd_kafka_err2str(err));
}

rd_kafka_message_t *kafka_in_poll(struct kafka_in *in, int timeout_ms) {
    return rd_kafka_consumer_poll(in->client, timeout_ms);
}

/* Asked, not told: a consumer's fatal error comes as a message of the poll in which it happens to be. */
const char *kafka_in_fatal(struct kafka_in *in) {
    char text[200];
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(in->client, text, sizeof text);
    if (fatal == RD_KAFKA_RESP_ERR_NO_ERROR)
        return NULL;
    snprintf(in->fatal, sizeof in->fatal, "%s: %s", rd_kafka_err2name(fatal), text);
    return in->fatal;
}

const rd_kafka_topic_partition_list_t *kafka_in_offered(struct kafka_in *in) {
    return in->waiting ? in->offered : NULL;
}

const rd_kafka_consumer_group_metadata_t *kafka_in_metadata(struct kafka_in *in) {
    return in->metadata;
}

bool kafka_in_begin(struct kafka_in *in, rd_kafka_topic_partition_list_t *offsets, struct error *error) {
    rd_kafka_resp_err_t err = rd_kafka_assign(in->client, offsets);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(error, "assign: %s", rd_kafka_err2str(err));
    kafka_in_pause(in, offsets, false);
    in->waiting = false;
    in->held = false;
    in->assigned = true;
    return true;
}

void kafka_in_hold(struct kafka_in *in) {
    if (in->held || !in->assigned)
        return;
    kafka_in_pause(in, in->offered, true);
    in->held = true;
}

bool kafka_in_release(struct kafka_in *in) {
    bool held = in->held;
    in->held = false;
    if (held && in->assigned)
        kafka_in_pause(in, in->offered, false);
    return held;
}

void kafka_in_suspend(struct kafka_in *in) {
    if (in->offered == NULL)
        return;
    kafka_in_pause(in, in->offered, true);
    in->waiting = true;
    in->assigned = false;
}

bool kafka_in_is_assigned(const struct kafka_in *in) {
    return in->assigned;
}

void kafka_in_pause(struct kafka_in *in, rd_kafka_topic_partition_list_t *partitions, bool pause) {
    if (pause)
        rd_kafka_pause_partitions(in->client, partitions);
    else
        rd_kafka_resume_partitions(in->client, partitions);
}

bool kafka_in_committed(struct kafka_in *in, rd_kafka_topic_partition_list_t *partitions, int timeout_ms, struct error *error) {
    rd_kafka_resp_err_t err = rd_kafka_committed(in->client, partitions, timeout_ms);
    for (int i = 0; err == RD_KAFKA_RESP_ERR_NO_ERROR && i < partitions->cnt; i++)
        err = partitions->elems[i].err;
    return err == RD_KAFKA_RESP_ERR_NO_ERROR || error_set(error, "committed offsets: %s", rd_kafka_err2str(err));
}
