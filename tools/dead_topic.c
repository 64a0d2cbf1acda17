#include "dead_topic.h"
#include "obek/buffer.h"
#include "obek/clock.h"

#include <stdlib.h>

#define TIMEOUT_MS 30000
#define POLL_MS 100

static void on_revoked(void *context) {
    ((struct dead_topic *)context)->lost = true;
}

/* Waits for the group's answer: which partitions are ours. */
static bool join_group(struct dead_topic *topic, struct error *error) {
    char *names[] = { (char *)(uintptr_t)topic->name };
    if (!kafka_in_subscribe(topic->in, names, 1, error))
        return false;
    for (int waited_ms = 0; kafka_in_offered(topic->in) == NULL; waited_ms += POLL_MS) {
        rd_kafka_message_t *message = kafka_in_poll(topic->in, POLL_MS);
        if (message != NULL)
            rd_kafka_message_destroy(message);
        if (kafka_in_fatal(topic->in) != NULL)
            return error_set(error, "%s", kafka_in_fatal(topic->in));
        if (waited_ms > TIMEOUT_MS)
            return error_set(error, "the group did not form within %d ms", TIMEOUT_MS);
    }
    const rd_kafka_topic_partition_list_t *offered = kafka_in_offered(topic->in);
    for (int i = 0; i < offered->cnt; i++)
        if (offered->elems[i].partition < topic->n)
            topic->partitions[offered->elems[i].partition].ours = true;
    return true;
}

/* What is there: stable ends, so that records of aborted transactions are not among it. */
static bool find_range(struct dead_topic *topic, int i, int64_t committed, struct error *error) {
    int64_t low, high;
    rd_kafka_resp_err_t err =
        rd_kafka_query_watermark_offsets(kafka_in_handle(topic->in), topic->name, i, &low, &high, TIMEOUT_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(error, "ends of %s/%d: %s", topic->name, i, rd_kafka_err2str(err));
    struct dead_partition *partition = &topic->partitions[i];
    partition->begin = committed > low ? committed : low;
    partition->end = high;
    return true;
}

static bool find_ranges(struct dead_topic *topic, struct error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(topic->n);
    rd_kafka_topic_partition_list_add_range(list, topic->name, 0, topic->n - 1);
    bool ok = kafka_in_committed(topic->in, list, TIMEOUT_MS, error);
    for (int i = 0; ok && i < topic->n; i++)
        ok = find_range(topic, list->elems[i].partition, list->elems[i].offset, error);
    rd_kafka_topic_partition_list_destroy(list);
    return ok;
}

bool dead_topic_open(struct dead_topic *topic, const struct config *config, bool join, struct error *error) {
    *topic = (struct dead_topic){ .name = config->dead_letter_topic };
    topic->look = kafka_look_new(config, error);
    topic->in = topic->look == NULL ? NULL : kafka_in_new(config, (struct kafka_in_listener){ topic, on_revoked }, error);
    topic->n = topic->in == NULL ? -1 : kafka_look_partitions(topic->look, topic->name, error);
    if (topic->n > 0)
        topic->partitions = xcalloc((size_t)topic->n, sizeof *topic->partitions);
    for (int i = 0; i < topic->n; i++)
        topic->partitions[i].ours = !join;
    if (topic->n >= 0 && (topic->n == 0 || !join || join_group(topic, error)) && (topic->n == 0 || find_ranges(topic, error)))
        return true;
    dead_topic_close(topic);
    return false;
}

void dead_topic_close(struct dead_topic *topic) {
    if (topic->in != NULL)
        kafka_in_free(topic->in);
    kafka_look_free(topic->look);
    free(topic->partitions);
    *topic = (struct dead_topic){ 0 };
}

bool dead_topic_begin(struct dead_topic *topic, struct error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(topic->n);
    for (int i = 0; i < topic->n; i++) {
        struct dead_partition *partition = &topic->partitions[i];
        partition->done = !partition->ours || partition->begin >= partition->end;
        if (!partition->done)
            rd_kafka_topic_partition_list_add(list, topic->name, i)->offset = partition->begin;
    }
    topic->n_begun = (size_t)list->cnt;
    bool ok = kafka_in_begin(topic->in, list, error);
    rd_kafka_topic_partition_list_destroy(list);
    return ok;
}

static bool all_done(const struct dead_topic *topic) {
    for (int i = 0; i < topic->n; i++)
        if (!topic->partitions[i].done)
            return false;
    return true;
}

/* Is it one of [begin, end)? Marks the partition as done when it is the last, or shows that there are no more. */
static bool is_wanted(struct dead_topic *topic, const rd_kafka_message_t *message) {
    if (message->partition < 0 || message->partition >= topic->n)
        return false;
    struct dead_partition *partition = &topic->partitions[message->partition];
    bool record = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    bool wanted = record && !partition->done && message->offset < partition->end;
    if (message->offset + (record ? 1 : 0) >= partition->end)
        partition->done = true;
    return wanted;
}

/* The next message of any partition, or of the group; NULL: none came for a while. */
static rd_kafka_message_t *poll_message(struct dead_topic *topic) {
    rd_kafka_message_t *message = kafka_in_poll(topic->in, 0);
    for (size_t i = 0; message == NULL && !topic->lost && i < topic->n_begun; i++)
        if (kafka_in_take(topic->in, i, &message, 1) == 0)
            message = NULL;
    if (message == NULL && !topic->lost)
        kafka_in_wait(topic->in, POLL_MS);
    return message;
}

enum look_result dead_topic_next(struct dead_topic *topic, rd_kafka_message_t **message, struct error *error) {
    int64_t since_ms = monotonic_ms();
    while (!all_done(topic)) {
        *message = poll_message(topic);
        if (topic->lost || kafka_in_fatal(topic->in) != NULL)
            error_set(error, "%s",
                      topic->lost ? "another redrive has joined the group: run it again when that is done"
                                  : kafka_in_fatal(topic->in));
        else if (*message == NULL && monotonic_ms() - since_ms > TIMEOUT_MS)
            error_set(error, "no answer from the broker within %d ms", TIMEOUT_MS);
        else if (*message == NULL)
            continue;
        else if ((*message)->err != RD_KAFKA_RESP_ERR_NO_ERROR && (*message)->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
            error_set(error, "%s: %s", topic->name, rd_kafka_message_errstr(*message));
        else if (is_wanted(topic, *message))
            return LOOK_RECORD;
        else {
            rd_kafka_message_destroy(*message);
            continue;
        }
        if (*message != NULL)
            rd_kafka_message_destroy(*message);
        return LOOK_FAILED;
    }
    return LOOK_END;
}
