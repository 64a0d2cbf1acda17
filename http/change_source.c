#include "change_source.h"
#include "../consumer/kafka_conf.h"
#include "../consumer/metrics.h"
#include "obek/buffer.h"
#include "obek/clock.h"

#include <stdlib.h>

#define CALL_TIMEOUT_MS 2000
#define SEARCH_EVERY_MS 1000 /* while there are no partitions */
#define LOOK_EVERY_MS 30000  /* for more of them */
#define BACK_MS INT64_C(86400000)

struct watched_partition {
    int64_t next;
    bool ended; /* was read to its end */
};

struct change_source {
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    int32_t n;
    struct watched_partition *partitions;
    int64_t look_ms;      /* monotonic: when to look for partitions again */
    struct error problem; /* empty: none */
};

struct change_source *change_source_new(const struct config *config, struct error *error) {
    rd_kafka_t *client = kafka_reader_new(config, CLIENT_WATCH, error);
    if (client == NULL)
        return NULL;
    struct change_source *source = xcalloc(1, sizeof *source);
    source->client = client;
    source->topic = rd_kafka_topic_new(client, config->campaign_topic, NULL);
    if (source->topic != NULL)
        return source;
    error_set(error, "%s: %s", config->campaign_topic, rd_kafka_err2str(rd_kafka_last_error()));
    change_source_free(source);
    return NULL;
}

void change_source_free(struct change_source *source) {
    if (source == NULL)
        return;
    if (source->topic != NULL)
        rd_kafka_topic_destroy(source->topic);
    rd_kafka_consumer_close(source->client);
    rd_kafka_destroy(source->client);
    free(source->partitions);
    free(source);
}

static bool failed(struct change_source *source, const char *what, rd_kafka_resp_err_t err) {
    counter_add(SERIES(METRIC_KAFKA_ERRORS, "changes", rd_kafka_err2name(err)), 1);
    return error_set(&source->problem, "%s: %s", what, rd_kafka_err2str(err));
}

static bool count_partitions(struct change_source *source, int32_t *n) {
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(source->client, 0, source->topic, &metadata, CALL_TIMEOUT_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return failed(source, rd_kafka_topic_name(source->topic), err);
    err = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    *n = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR || failed(source, rd_kafka_topic_name(source->topic), err);
}

/* The ends of the partitions from `first` on, as they are now. */
static bool find_ends(struct change_source *source, rd_kafka_topic_partition_list_t *ends, int32_t first, int32_t n) {
    const char *name = rd_kafka_topic_name(source->topic);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int32_t i = first; i < n && err == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        int64_t low, high;
        err = rd_kafka_query_watermark_offsets(source->client, name, i, &low, &high, CALL_TIMEOUT_MS);
        rd_kafka_topic_partition_list_add(ends, name, i)->offset = high;
    }
    return err == RD_KAFKA_RESP_ERR_NO_ERROR || failed(source, name, err);
}

/* Their first records of the last day. Where there is none the answer is "the end", which librdkafka would look for once more,
   and later: what came in between would never be read. */
static bool find_times(struct change_source *source, rd_kafka_topic_partition_list_t *list,
                       const rd_kafka_topic_partition_list_t *ends) {
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(source->client, list, CALL_TIMEOUT_MS);
    for (int i = 0; i < list->cnt && err == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        err = list->elems[i].err;
        if (list->elems[i].offset < 0)
            list->elems[i].offset = ends->elems[i].offset;
    }
    return err == RD_KAFKA_RESP_ERR_NO_ERROR || failed(source, rd_kafka_topic_name(source->topic), err);
}

/* Where the partitions from `first` on begin: at their first record of the last day, else at their end. */
static bool find_begin(struct change_source *source, rd_kafka_topic_partition_list_t *list, int32_t first, int32_t n) {
    rd_kafka_topic_partition_list_t *ends = rd_kafka_topic_partition_list_new(n - first);
    for (int32_t i = first; i < n; i++)
        rd_kafka_topic_partition_list_add(list, rd_kafka_topic_name(source->topic), i)->offset = wall_ms() - BACK_MS;
    bool ok = find_ends(source, ends, first, n) && find_times(source, list, ends);
    rd_kafka_topic_partition_list_destroy(ends);
    return ok;
}

/* All of them, the known ones where they were. */
static bool assign(struct change_source *source) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(source->n);
    for (int32_t i = 0; i < source->n; i++)
        rd_kafka_topic_partition_list_add(list, rd_kafka_topic_name(source->topic), i)->offset = source->partitions[i].next;
    rd_kafka_resp_err_t err = rd_kafka_assign(source->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR || failed(source, rd_kafka_topic_name(source->topic), err);
}

static bool take_up(struct change_source *source, int32_t n) {
    int32_t first = n < source->n ? 0 : source->n; /* fewer: the topic was made anew */
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(n - first);
    bool ok = find_begin(source, list, first, n);
    if (ok) {
        source->partitions = xrealloc(source->partitions, (size_t)n * sizeof *source->partitions);
        for (int32_t i = first; i < n; i++)
            source->partitions[i] = (struct watched_partition){ .next = list->elems[i - first].offset };
        source->n = n;
        ok = assign(source);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return ok;
}

static void look(struct change_source *source) {
    int32_t n = 0;
    if (monotonic_ms() < source->look_ms)
        return;
    bool ok = count_partitions(source, &n) && n > 0 && (n == source->n || take_up(source, n));
    source->look_ms = monotonic_ms() + (ok ? LOOK_EVERY_MS : SEARCH_EVERY_MS);
    if (ok)
        *source->problem.text = '\0';
}

static bool is_watched(const struct change_source *source, int32_t partition) {
    return partition >= 0 && partition < source->n;
}

static void take_error(struct change_source *source, const rd_kafka_message_t *message) {
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && is_watched(source, message->partition))
        source->partitions[message->partition].ended = true;
    else {
        failed(source, "the campaign topic", message->err);
        source->look_ms = monotonic_ms() + SEARCH_EVERY_MS; /* whether that is still so */
    }
}

rd_kafka_message_t *change_source_next(struct change_source *source, int timeout_ms) {
    look(source);
    rd_kafka_message_t *message = rd_kafka_consumer_poll(source->client, timeout_ms);
    if (message == NULL)
        return NULL;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && is_watched(source, message->partition)) {
        source->partitions[message->partition].next = message->offset + 1;
        return message;
    }
    take_error(source, message);
    rd_kafka_message_destroy(message);
    return NULL;
}

bool change_source_complete(const struct change_source *source) {
    for (int32_t i = 0; i < source->n; i++)
        if (!source->partitions[i].ended)
            return false;
    return source->n > 0;
}

const char *change_source_problem(const struct change_source *source) {
    return *source->problem.text == '\0' ? NULL : source->problem.text;
}
