#include "kafka_in.h"
#include "kafka_conf.h"
#include "metrics.h"
#include "obek/buffer.h"
#include "obek/clock.h"
#include "obek/log.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct partition {
    rd_kafka_topic_partition_t *at; /* in `begun` */
    rd_kafka_queue_t *queue;
};

struct kafka_in {
    rd_kafka_t *client;
    struct kafka_in_listener listener;
    rd_kafka_topic_partition_list_t *topics;
    rd_kafka_topic_partition_list_t *offered; /* from the callback; kept while assigned, for assigning again in place */
    rd_kafka_consumer_group_metadata_t *metadata;
    bool waiting; /* offered, not begun */
    bool assigned;
    rd_kafka_topic_partition_list_t *begun; /* what is being read */
    struct partition *partitions;           /* as many */
    rd_kafka_queue_t *group;                /* the group's own queue */
    int news;                               /* an eventfd: something came into a queue that was empty */
    char fatal[256];
};

/* ---- the partitions' queues ---- */

/* What is left in them, and what is still on its way, goes to the group's queue: it is of an assignment that is over, so the next
   poll drops it. */
static void let_go_of_queues(struct kafka_in *in) {
    for (int i = 0; in->begun != NULL && i < in->begun->cnt; i++) {
        rd_kafka_queue_forward(in->partitions[i].queue, in->group);
        rd_kafka_queue_destroy(in->partitions[i].queue);
    }
    if (in->begun != NULL)
        rd_kafka_topic_partition_list_destroy(in->begun);
    free(in->partitions);
    in->begun = NULL;
    in->partitions = NULL;
}

static void tell_of_news(const struct kafka_in *in, rd_kafka_queue_t *queue) {
    uint64_t one = 1;
    rd_kafka_queue_io_event_enable(queue, in->news, &one, sizeof one);
}

/* Before they are assigned: librdkafka would lead what it fetches into the group's queue. */
static void take_queues(struct kafka_in *in, const rd_kafka_topic_partition_list_t *partitions) {
    let_go_of_queues(in);
    in->begun = rd_kafka_topic_partition_list_copy(partitions);
    in->partitions = xcalloc((size_t)partitions->cnt, sizeof *in->partitions);
    for (int i = 0; i < partitions->cnt; i++) {
        struct partition *partition = &in->partitions[i];
        partition->at = &in->begun->elems[i];
        partition->queue = rd_kafka_queue_get_partition(in->client, partition->at->topic, partition->at->partition);
        assert(partition->queue != NULL); /* of a consumer, a number that the group has given */
        rd_kafka_queue_forward(partition->queue, NULL);
        tell_of_news(in, partition->queue);
    }
}

/* ---- rebalances ---- */

static rd_kafka_resp_err_t assign_nothing(struct kafka_in *in) {
    rd_kafka_topic_partition_list_t *nothing = rd_kafka_topic_partition_list_new(0);
    rd_kafka_resp_err_t err = rd_kafka_assign(in->client, nothing);
    rd_kafka_topic_partition_list_destroy(nothing);
    return err;
}

/* What was read is assigned no more; returns when all of it has stopped, and is as it was before a suspension. librdkafka stops
   and starts partitions in a thread of its own: a partition that is assigned before it has stopped is started later, a resumption
   that comes in between makes that start outdated, and the partition is never read again; a third assignment in between fails an
   assertion. The second call (the first, too, before librdkafka 2.4 or so) waits for that thread, behind the stops, and what it
   makes of them is queued before the next assignment. */
static void settle(struct kafka_in *in) {
    rd_kafka_topic_partition_list_t *now = NULL;
    rd_kafka_resume_partitions(in->client, in->begun);
    if (rd_kafka_assignment(in->client, &now) == RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_topic_partition_list_destroy(now);
}

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
    assign_nothing(in);
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
    if (in->begun != NULL)
        settle(in);
    let_go_of_queues(in);
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
    counter_add(SERIES(METRIC_KAFKA_ERRORS, "consumer", rd_kafka_err2name(err)), 1);
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
    in->group = rd_kafka_queue_get_consumer(in->client);
    in->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (in->news < 0) {
        perror("obek: eventfd");
        abort();
    }
    tell_of_news(in, in->group);
    return in;
}

void kafka_in_free(struct kafka_in *in) {
    if (in == NULL)
        return;
    /* before the close, which drops what the group's queue has: a record left in any queue holds its partition, that its broker,
       and rd_kafka_destroy would wait for it for ever */
    let_go_of_queues(in);
    rd_kafka_consumer_close(in->client);
    let_go_of_offer(in);
    rd_kafka_queue_destroy(in->group);
    if (in->topics != NULL)
        rd_kafka_topic_partition_list_destroy(in->topics);
    rd_kafka_destroy(in->client);
    close(in->news); /* until then the client may write to it */
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
    in->assigned = in->waiting = false; /* before the group says so: nothing is drawn any more */
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
    if (in->begun != NULL && assign_nothing(in) == RD_KAFKA_RESP_ERR_NO_ERROR)
        settle(in);
    take_queues(in, offsets);
    rd_kafka_resp_err_t err = rd_kafka_assign(in->client, offsets);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(error, "assign: %s", rd_kafka_err2str(err));
    in->waiting = false;
    in->assigned = true;
    return true;
}

size_t kafka_in_take(struct kafka_in *in, size_t partition, rd_kafka_message_t **messages, size_t max) {
    assert(in->begun != NULL && partition < (size_t)in->begun->cnt);
    ssize_t n = rd_kafka_consume_batch_queue(in->partitions[partition].queue, 0, messages, max);
    return n > 0 ? (size_t)n : 0;
}

int64_t kafka_in_end(struct kafka_in *in, size_t partition) {
    assert(in->begun != NULL && partition < (size_t)in->begun->cnt);
    const rd_kafka_topic_partition_t *at = in->partitions[partition].at;
    int64_t low, high;
    rd_kafka_resp_err_t err = rd_kafka_get_watermark_offsets(in->client, at->topic, at->partition, &low, &high);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : -1;
}

void kafka_in_wait(struct kafka_in *in, int timeout_ms) {
    struct pollfd news = { .fd = in->news, .events = POLLIN };
    uint64_t n;
    if (poll(&news, 1, timeout_ms) == 1 && read(in->news, &n, sizeof n) < 0)
        perror("obek: eventfd");
}

void kafka_in_suspend(struct kafka_in *in) {
    if (in->offered == NULL)
        return;
    rd_kafka_pause_partitions(in->client, in->offered);
    in->waiting = true;
    in->assigned = false;
}

bool kafka_in_is_assigned(const struct kafka_in *in) {
    return in->assigned;
}

bool kafka_in_committed(struct kafka_in *in, rd_kafka_topic_partition_list_t *partitions, int timeout_ms, struct error *error) {
    int64_t since = monotonic_ns();
    rd_kafka_resp_err_t err = rd_kafka_committed(in->client, partitions, timeout_ms);
    histogram_add_since(SERIES(METRIC_KAFKA_SECONDS, "committed"), since);
    for (int i = 0; err == RD_KAFKA_RESP_ERR_NO_ERROR && i < partitions->cnt; i++)
        err = partitions->elems[i].err;
    return err == RD_KAFKA_RESP_ERR_NO_ERROR || error_set(error, "committed offsets: %s", rd_kafka_err2str(err));
}
