#include "audit_logs.h"
#include "obek/buffer.h"
#include "obek/clock.h"
#include "obek/interrupt.h"

#include <inttypes.h>
#include <stdlib.h>

#define TIMEOUT_MS 30000
#define WAIT_MS 100

/* Nothing joins the group. */
static void on_revoked(void *context) {
    (void)context;
}

static void add_source(struct logs *logs, const char *topic, int32_t partition, const struct feed *feed) {
    struct buffer name = { 0 };
    buffer_printf(&name, "%s/%" PRId32, topic, partition);
    logs->sources = xrealloc(logs->sources, (logs->n + 1) * sizeof *logs->sources);
    logs->sources[logs->n++] = (struct log_source){ .name = xstrndup(name.data, name.len),
                                                    .topic = topic,
                                                    .partition = partition,
                                                    .feed = feed,
                                                    .committed = OFFSET_NONE,
                                                    .watermark = TIME_NONE };
    buffer_free(&name);
}

static bool add_topic(struct logs *logs, const char *topic, const struct feed *feed, struct error *error) {
    int partitions = kafka_look_partitions(logs->look, topic, error);
    for (int32_t p = 0; p < partitions; p++)
        add_source(logs, topic, p, feed);
    return partitions >= 0 && (partitions > 0 || error_set(error, "there is no topic %s", topic));
}

static bool read_committed(struct logs *logs, struct error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)logs->n);
    for (size_t i = 0; i < logs->n; i++)
        rd_kafka_topic_partition_list_add(list, logs->sources[i].topic, logs->sources[i].partition);
    bool ok = kafka_in_committed(logs->in, list, TIMEOUT_MS, error);
    for (int i = 0; ok && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &list->elems[i];
        struct log_source *source = &logs->sources[i];
        source->committed = at->offset < 0 ? OFFSET_NONE : at->offset;
        source->noted = commit_note_parse(&source->note, (struct slice){ at->metadata, at->metadata_size });
    }
    rd_kafka_topic_partition_list_destroy(list);
    return ok;
}

bool logs_open(struct logs *logs, const struct config *config, struct error *error) {
    *logs = (struct logs){ .config = config };
    logs->look = kafka_look_new(config, error);
    logs->in = logs->look == NULL ? NULL : kafka_in_new(config, (struct kafka_in_listener){ NULL, on_revoked }, error);
    bool ok = logs->in != NULL;
    for (size_t i = 0; ok && i < config->n_feeds; i++)
        ok = add_topic(logs, config->feeds[i]->topic, config->feeds[i], error);
    return ok && add_topic(logs, config->control_topic, NULL, error) && read_committed(logs, error);
}

static void drop_fetched(struct log_source *source) {
    for (; source->next < source->n; source->next++)
        rd_kafka_message_destroy(source->messages[source->next]);
}

void logs_close(struct logs *logs) {
    for (size_t i = 0; i < logs->n; i++) {
        drop_fetched(&logs->sources[i]);
        free(logs->sources[i].name);
    }
    kafka_in_free(logs->in);
    kafka_look_free(logs->look);
    free(logs->sources);
    free(logs->reading);
    *logs = (struct logs){ 0 };
}

bool logs_look(struct logs *logs, struct error *error) {
    for (size_t i = 0; i < logs->n; i++) {
        struct log_source *source = &logs->sources[i];
        if (!kafka_look_range(logs->look, source->topic, source->partition, &source->low, &source->high, error))
            return false;
    }
    return true;
}

long logs_find(const struct logs *logs, struct slice name) {
    for (size_t i = 0; i < logs->n; i++)
        if (slice_is(name, logs->sources[i].name))
            return (long)i;
    return -1;
}

static bool begin(struct logs *logs, struct error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)logs->n);
    logs->reading = xrealloc(logs->reading, (logs->n + 1) * sizeof *logs->reading);
    logs->n_reading = 0;
    for (size_t i = 0; i < logs->n; i++) {
        struct log_source *source = &logs->sources[i];
        drop_fetched(source);
        source->n = source->next = 0;
        if (source->position >= source->end)
            continue;
        rd_kafka_topic_partition_list_add(list, source->topic, source->partition)->offset = source->position;
        logs->reading[logs->n_reading++] = i;
    }
    bool ok = list->cnt == 0 || kafka_in_begin(logs->in, list, error);
    rd_kafka_topic_partition_list_destroy(list);
    return ok;
}

/* Is the source's next record here, or is there no other? The end of a partition is where [position, end) ends too: what lies
   between are markers of transactions. */
static bool has_head(struct logs *logs, size_t queue, struct error *error) {
    struct log_source *source = &logs->sources[logs->reading[queue]];
    while (source->position < source->end) {
        if (source->next == source->n) {
            source->next = 0;
            source->n = kafka_in_take(logs->in, queue, source->messages, LOG_MESSAGES);
        }
        if (source->n == 0)
            return false;
        rd_kafka_message_t *message = source->messages[source->next];
        bool record = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (record && message->offset < source->end)
            return true;
        if (!record && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
            return error_set(error, "%s: %s", source->name, rd_kafka_message_errstr(message));
        source->position = source->end;
    }
    return true;
}

static int64_t timestamp_of(const struct log_source *source) {
    return rd_kafka_message_timestamp(source->messages[source->next], NULL);
}

/* The queue whose record is the oldest; logs->n_reading: all are read. *waits: one has to come first. */
static size_t oldest(struct logs *logs, bool *waits, struct error *error) {
    size_t found = logs->n_reading;
    *waits = false;
    for (size_t q = 0; q < logs->n_reading; q++) {
        const struct log_source *source = &logs->sources[logs->reading[q]];
        if (!has_head(logs, q, error)) {
            *waits = true;
            return found;
        }
        if (source->position >= source->end)
            continue;
        if (found == logs->n_reading || timestamp_of(source) < timestamp_of(&logs->sources[logs->reading[found]]))
            found = q;
    }
    return found;
}

static bool read_all(struct logs *logs, const struct log_reader *reader, struct error *error) {
    int64_t since_ms = monotonic_ms();
    for (uint64_t n = 0;;) {
        bool waits;
        error->text[0] = '\0';
        size_t queue = oldest(logs, &waits, error);
        if (error->text[0] != '\0' || !interrupt_check(error))
            return false;
        if (waits && monotonic_ms() - since_ms > TIMEOUT_MS)
            return error_set(error, "no answer from the broker within %d ms", TIMEOUT_MS);
        if (waits) {
            kafka_in_wait(logs->in, WAIT_MS);
            continue;
        }
        if (queue == logs->n_reading)
            return true;
        struct log_source *source = &logs->sources[logs->reading[queue]];
        rd_kafka_message_t *message = source->messages[source->next++];
        bool ok = reader->read(reader->context, logs->reading[queue], message, error);
        source->position = message->offset + 1;
        rd_kafka_message_destroy(message);
        if (!ok)
            return false;
        since_ms = monotonic_ms();
        reader->progress(reader->context, ++n);
    }
}

bool logs_read(struct logs *logs, const struct log_reader *reader, struct error *error) {
    return begin(logs, error) && read_all(logs, reader, error);
}
