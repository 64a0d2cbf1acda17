#include "ends_query.h"
#include "metrics.h"
#include "obek/buffer.h"
#include "obek/clock.h"

#include <inttypes.h>
#include <stdlib.h>

struct asked_topic {
    const char *name;
    rd_kafka_topic_t *handle; /* kept, because rd_kafka_metadata() asks for the topics that the client has handles of */
    size_t n;
    int64_t *highest; /* by partition: the highest end that was ever answered; OFFSET_NONE */
};

struct ends_query {
    struct kafka_look *look;
    uint64_t asked;
    size_t n;
    struct asked_topic *topics;
};

/* One round's state. */
struct asking {
    struct ends_query *query;
    const struct rd_kafka_metadata *metadata;
    struct ends_answer *answer;
    struct asked_topic **topics; /* of the answer's items */
    int32_t *leaders;            /* of them; -1: none, or already asked */
    int timeout_ms;
    const atomic_bool *stop;
};

struct ends_query *ends_query_new(struct kafka_look *look, const struct config *config, struct error *error) {
    struct ends_query *query = xcalloc(1, sizeof *query);
    query->look = look;
    query->topics = xcalloc(config->n_feeds + 1, sizeof *query->topics);
    for (; query->n <= config->n_feeds; query->n++) {
        struct asked_topic *topic = &query->topics[query->n];
        topic->name = query->n < config->n_feeds ? config->feeds[query->n]->topic : config->control_topic;
        topic->handle = rd_kafka_topic_new(kafka_look_handle(look), topic->name, NULL);
        if (topic->handle == NULL) {
            error_set(error, "%s: %s", topic->name, rd_kafka_err2str(rd_kafka_last_error()));
            ends_query_free(query);
            return NULL;
        }
    }
    return query;
}

void ends_query_free(struct ends_query *query) {
    if (query == NULL)
        return;
    for (size_t i = 0; i < query->n; i++) {
        rd_kafka_topic_destroy(query->topics[i].handle);
        free(query->topics[i].highest);
    }
    free(query->topics);
    free(query);
}

static void failed(struct ends_answer *answer, const char *what, rd_kafka_resp_err_t err) {
    if (*answer->error.text == '\0')
        error_set(&answer->error, "%s: %s", what, rd_kafka_err2str(err));
}

static bool stopped(const struct asking *asking) {
    return asking->stop != NULL && atomic_load(asking->stop);
}

static const struct rd_kafka_metadata_topic *topic_of(const struct rd_kafka_metadata *metadata, const char *topic) {
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, topic) == 0)
            return &metadata->topics[i];
    return NULL;
}

/* ---- which partitions there are, and who leads them ---- */

static int by_partition(const void *a, const void *b) {
    int32_t x = (*(const struct rd_kafka_metadata_partition *const *)a)->id,
            y = (*(const struct rd_kafka_metadata_partition *const *)b)->id;
    return (x > y) - (x < y);
}

static void list_topic(struct asking *asking, struct asked_topic *topic) {
    struct ends_answer *answer = asking->answer;
    const struct rd_kafka_metadata_topic *found = topic_of(asking->metadata, topic->name);
    rd_kafka_resp_err_t err = found == NULL ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART : found->err;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR || found->partition_cnt == 0) {
        answer->whole = false;
        failed(answer, topic->name, err == RD_KAFKA_RESP_ERR_NO_ERROR ? RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE : err);
        return;
    }
    size_t n = (size_t)found->partition_cnt;
    const struct rd_kafka_metadata_partition **sorted = arena_alloc(&answer->memory, n * sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &found->partitions[i];
    qsort(sorted, n, sizeof *sorted, by_partition);
    for (size_t i = 0; i < n; i++, answer->n++) {
        answer->items[answer->n] = (struct partition_end){ topic->name, sorted[i]->id, OFFSET_NONE, OFFSET_NONE };
        asking->topics[answer->n] = topic;
        asking->leaders[answer->n] = sorted[i]->leader;
        if (sorted[i]->leader < 0)
            failed(answer, topic->name, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
    }
}

static void list_all(struct asking *asking) {
    struct ends_answer *answer = asking->answer;
    size_t total = 1;
    for (int i = 0; i < asking->metadata->topic_cnt; i++)
        total += (size_t)asking->metadata->topics[i].partition_cnt;
    answer->items = arena_alloc(&answer->memory, total * sizeof *answer->items);
    asking->topics = arena_alloc(&answer->memory, total * sizeof(struct asked_topic *));
    asking->leaders = arena_alloc(&answer->memory, total * sizeof *asking->leaders);
    answer->whole = true;
    for (size_t i = 0; i < asking->query->n; i++)
        list_topic(asking, &asking->query->topics[i]);
}

/* ---- their ends ---- */

/* The answers of one leader: `logical` is RD_KAFKA_OFFSET_END or _BEGINNING, which is how ListOffsets wants the earliest and the
   latest asked for. False: it did not answer. One partition that fails takes the whole call's answers with it: librdkafka then
   refreshes what it knows of leaders, and the next round finds them. */
static bool ask_leader(const struct asking *asking, rd_kafka_topic_partition_list_t *list, int64_t logical) {
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = logical;
    int64_t since = monotonic_ns();
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(kafka_look_handle(asking->query->look), list, asking->timeout_ms);
    histogram_add_since(SERIES(METRIC_KAFKA_SECONDS, "list_offsets"), since);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        failed(asking->answer, "ends", err);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static int64_t offset_of(const rd_kafka_topic_partition_t *answered) {
    return answered->err == RD_KAFKA_RESP_ERR_NO_ERROR && answered->offset >= 0 ? answered->offset : OFFSET_NONE;
}

static int64_t *highest_of(struct asked_topic *topic, int32_t partition) {
    size_t i = (size_t)partition;
    if (i >= topic->n) {
        topic->highest = xrealloc(topic->highest, (i + 1) * sizeof *topic->highest);
        while (topic->n <= i)
            topic->highest[topic->n++] = OFFSET_NONE;
    }
    return &topic->highest[i];
}

/* An end never goes back, unless the log was cut off or made anew, which is for an operator to know. A leader that was replaced
   while it was frozen does not know better for a moment, and ListOffsets is asked without a leader epoch, by which it would. */
static void hold_against_the_highest(struct asking *asking, struct partition_end *item) {
    int64_t *highest = highest_of(asking->topics[item - asking->answer->items], item->partition);
    if (item->end >= *highest) {
        *highest = item->end;
        return;
    }
    if (item->end != OFFSET_NONE && *asking->answer->error.text == '\0')
        error_set(&asking->answer->error, "%s/%" PRId32 ": its end went back from %" PRId64 " to %" PRId64, item->topic,
                  item->partition, *highest, item->end);
    item->low = item->end = OFFSET_NONE;
}

/* The partitions of the leader of item `first`. */
static void ask_from(struct asking *asking, size_t first) {
    struct ends_answer *answer = asking->answer;
    int32_t leader = asking->leaders[first];
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
    struct partition_end **asked = arena_alloc(&answer->memory, (answer->n - first) * sizeof *asked);
    for (size_t i = first; i < answer->n; i++)
        if (asking->leaders[i] == leader) {
            asked[list->cnt] = &answer->items[i];
            rd_kafka_topic_partition_list_add(list, answer->items[i].topic, answer->items[i].partition);
            asking->leaders[i] = -1;
        }
    if (ask_leader(asking, list, RD_KAFKA_OFFSET_END)) {
        for (int i = 0; i < list->cnt; i++)
            asked[i]->end = offset_of(&list->elems[i]);
        bool answered = !stopped(asking) && ask_leader(asking, list, RD_KAFKA_OFFSET_BEGINNING);
        for (int i = 0; i < list->cnt; i++) {
            asked[i]->low = answered ? offset_of(&list->elems[i]) : OFFSET_NONE;
            if (asked[i]->low == OFFSET_NONE || asked[i]->end == OFFSET_NONE)
                asked[i]->low = asked[i]->end = OFFSET_NONE;
            hold_against_the_highest(asking, asked[i]);
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
}

struct ends_answer *ends_query_ask(struct ends_query *query, int timeout_ms, const atomic_bool *stop) {
    struct ends_answer *answer = xcalloc(1, sizeof *answer);
    answer->number = ++query->asked;
    answer->asked_wall_ms = wall_ms();
    answer->asked_ms = monotonic_ms();
    struct asking asking = { .query = query, .answer = answer, .timeout_ms = timeout_ms, .stop = stop };
    rd_kafka_resp_err_t err = rd_kafka_metadata(kafka_look_handle(query->look), 0, NULL, &asking.metadata, timeout_ms);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        failed(answer, "metadata", err);
        return answer;
    }
    list_all(&asking);
    for (size_t i = 0; i < answer->n && !stopped(&asking); i++)
        if (asking.leaders[i] >= 0)
            ask_from(&asking, i);
    rd_kafka_metadata_destroy(asking.metadata);
    return answer;
}

void ends_answer_free(struct ends_answer *answer) {
    if (answer == NULL)
        return;
    arena_free(&answer->memory);
    free(answer);
}

const struct partition_end *ends_answer_find(const struct ends_answer *answer, const char *topic, int32_t partition) {
    for (size_t i = 0; i < answer->n; i++)
        if (answer->items[i].partition == partition && strcmp(answer->items[i].topic, topic) == 0)
            return &answer->items[i];
    return NULL;
}
