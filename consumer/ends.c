#include "ends.h"
#include "obek/buffer.h"

#include <stdlib.h>

#define COMMITTED_TIMEOUT_MS 5000

struct ends {
    rd_kafka_topic_partition_list_t *list; /* offset: the end */
};

static bool add_topic(struct ends *ends, struct kafka_look *look, const char *topic, struct error *error) {
    int n = kafka_look_partitions(look, topic, error);
    if (n <= 0)
        return n == 0 ? error_set(error, "topic %s does not exist", topic) : false;
    for (int32_t p = 0; p < n; p++) {
        int64_t low, high;
        if (!kafka_look_range(look, topic, p, &low, &high, error))
            return false;
        if (high > low)
            rd_kafka_topic_partition_list_add(ends->list, topic, p)->offset = high;
    }
    return true;
}

struct ends *ends_take(struct kafka_look *look, const struct config *config, struct error *error) {
    struct ends *ends = xcalloc(1, sizeof *ends);
    ends->list = rd_kafka_topic_partition_list_new(16);
    bool ok = add_topic(ends, look, config->control_topic, error);
    for (size_t i = 0; ok && i < config->n_feeds; i++)
        ok = add_topic(ends, look, config->feeds[i]->topic, error);
    if (ok)
        return ends;
    ends_free(ends);
    return NULL;
}

void ends_free(struct ends *ends) {
    if (ends == NULL)
        return;
    rd_kafka_topic_partition_list_destroy(ends->list);
    free(ends);
}

int64_t ends_of(const struct ends *ends, const char *source) {
    const char *slash = strrchr(source, '/');
    size_t len = (size_t)(slash - source);
    for (int i = 0; i < ends->list->cnt; i++) {
        const rd_kafka_topic_partition_t *end = &ends->list->elems[i];
        if (end->partition == atoi(slash + 1) && strncmp(end->topic, source, len) == 0 && end->topic[len] == '\0')
            return end->offset;
    }
    return 0;
}

bool ends_own_reached(const struct ends *ends, const struct sources *sources) {
    for (size_t i = 0; i < sources->n; i++)
        if (sources->items[i].feed != NULL && sources->items[i].position < ends_of(ends, sources->items[i].name))
            return false;
    return true;
}

void ends_raise(struct ends *ends, const char *topic, int32_t partition, int64_t end) {
    rd_kafka_topic_partition_t *at = rd_kafka_topic_partition_list_find(ends->list, topic, partition);
    if (at == NULL) {
        at = rd_kafka_topic_partition_list_add(ends->list, topic, partition);
        at->offset = 0;
    }
    if (at->offset < end)
        at->offset = end;
}

static int64_t others_end(const struct ends *ends, const rd_kafka_topic_partition_t *other) {
    for (int i = 0; i < ends->list->cnt; i++)
        if (ends->list->elems[i].partition == other->partition && strcmp(ends->list->elems[i].topic, other->topic) == 0)
            return ends->list->elems[i].offset;
    return 0;
}

static bool others_reached(struct kafka_in *in, rd_kafka_topic_partition_list_t *others, const struct ends *ends) {
    struct error error;
    if (others->cnt == 0)
        return true;
    if (!kafka_in_committed(in, others, COMMITTED_TIMEOUT_MS, &error))
        return false;
    for (int i = 0; i < others->cnt; i++)
        if (others->elems[i].offset < others_end(ends, &others->elems[i]))
            return false;
    return true;
}

bool ends_reached(struct ends *ends, struct kafka_in *in, const struct sources *sources) {
    rd_kafka_topic_partition_list_t *others = rd_kafka_topic_partition_list_new(1);
    bool reached = true;
    for (int i = 0; reached && i < ends->list->cnt; i++) {
        const rd_kafka_topic_partition_t *end = &ends->list->elems[i];
        const struct source *own = NULL;
        for (size_t k = 0; k < sources->n; k++)
            if (sources->items[k].partition == end->partition && strcmp(sources->items[k].topic, end->topic) == 0)
                own = &sources->items[k];
        if (own != NULL) /* both: what Redis has lost is applied again below the committed offset (design, section 6) */
            reached = own->done >= end->offset && own->position >= end->offset; /* behind markers, too: see intake.c */
        else
            rd_kafka_topic_partition_list_add(others, end->topic, end->partition);
    }
    reached = reached && others_reached(in, others, ends);
    rd_kafka_topic_partition_list_destroy(others);
    return reached;
}

int64_t ends_lag(struct kafka_in *in, const struct sources *sources) {
    int64_t lag = 0;
    for (size_t i = 0; i < sources->n; i++) {
        const struct source *source = &sources->items[i];
        int64_t low = 0, high = 0;
        if (source->feed != NULL &&
            rd_kafka_get_watermark_offsets(kafka_in_handle(in), source->topic, source->partition, &low, &high) ==
                RD_KAFKA_RESP_ERR_NO_ERROR &&
            high > source->position)
            lag += high - source->position;
    }
    return lag;
}
