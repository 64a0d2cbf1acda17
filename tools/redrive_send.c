#include "redrive_send.h"
#include "../consumer/kafka_out.h"
#include "obek/buffer.h"
#include "obek/clock.h"

#include <stdlib.h>

#define BATCH_RECORDS_MAX 1000
#define BATCH_BYTES_MAX ((size_t)16 * 1024 * 1024)

/* One transaction: records read, and how far. */
struct sending {
    const struct config *config;
    struct dead_topic *topic;
    struct judge *judge;
    struct kafka_out *out;
    int64_t *next; /* by partition: to be committed; -1: nothing read */
    int64_t *left; /* by partition: how many may still go */
    size_t records, bytes;
    int64_t went, moved;
    char *asked; /* the topic asked for last, and how many partitions it has */
    int asked_partitions;
};

/* A customer's records stay in one partition, if the topic still has it. */
static bool find_partition(struct sending *sending, const struct origin *origin, int32_t *partition, struct error *error) {
    if (sending->asked == NULL || strcmp(sending->asked, origin->topic) != 0) {
        free(sending->asked);
        sending->asked = xstrdup(origin->topic);
        sending->asked_partitions = kafka_look_partitions(sending->topic->look, origin->topic, error);
    }
    if (sending->asked_partitions == 0)
        return error_set(error, "there is no topic %s any more", origin->topic);
    *partition = origin->partition < sending->asked_partitions ? origin->partition : RD_KAFKA_PARTITION_UA;
    return sending->asked_partitions > 0;
}

static rd_kafka_headers_t *headers_of(const struct raw_record *record) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->n_headers);
    for (size_t i = 0; i < record->n_headers; i++) {
        const struct record_header *header = &record->headers[i];
        rd_kafka_header_add(headers, header->name.data, (ssize_t)header->name.len, header->value.data,
                            header->value.data == NULL ? 0 : (ssize_t)header->value.len);
    }
    return headers;
}

static bool send_back(struct sending *sending, const struct dead_letter *dead, const struct verdict *verdict,
                      struct error *error) {
    int32_t partition = RD_KAFKA_PARTITION_UA;
    if (!find_partition(sending, &dead->origin, &partition, error))
        return false;
    const struct raw_record *record = &verdict->record;
    if (kafka_out_send_at(sending->out, dead->origin.topic, partition, record->timestamp, record->key, record->value,
                          headers_of(record), error) != OUT_OK)
        return false;
    if (verdict->file != NULL)
        verdict->file->taken = true;
    sending->went++;
    return true;
}

/* Offsets are committed past it, so it goes to the end: byte for byte, headers and timestamp too. */
static bool put_behind(struct sending *sending, const rd_kafka_message_t *message, struct error *error) {
    rd_kafka_headers_t *own = NULL, *headers = NULL;
    if (rd_kafka_message_headers(message, &own) == RD_KAFKA_RESP_ERR_NO_ERROR)
        headers = rd_kafka_headers_copy(own);
    struct slice key = { message->key, message->key_len }, value = { message->payload, message->len };
    if (kafka_out_send_at(sending->out, sending->topic->name, message->partition, rd_kafka_message_timestamp(message, NULL), key,
                          value, headers, error) != OUT_OK)
        return false;
    sending->moved++;
    return true;
}

static bool take(struct sending *sending, const rd_kafka_message_t *message, struct error *error) {
    struct arena arena = { 0 };
    struct dead_letter dead;
    dead_letter_read(&dead, message, &arena);
    struct verdict verdict = judge_dead_letter(sending->judge, &dead, wall_ms());
    bool ok = true;
    if (verdict.fate == FATE_GOES && sending->left[message->partition]-- <= 0)
        judge_spare(&verdict);
    if (sending->records == 0)
        ok = kafka_out_begin(sending->out, error) == OUT_OK;
    if (verdict.fate == FATE_UNKNOWN) {
        *error = verdict.error;
        ok = false;
    }
    if (ok)
        ok = verdict.fate == FATE_GOES ? send_back(sending, &dead, &verdict, error) : put_behind(sending, message, error);
    sending->records++;
    sending->bytes += message->len + message->key_len;
    sending->next[message->partition] = message->offset + 1;
    arena_free(&arena);
    return ok;
}

static bool commit(struct sending *sending, struct redrive_sent *sent, struct error *error) {
    if (sending->records == 0)
        return true;
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(sending->topic->n);
    for (int i = 0; i < sending->topic->n; i++)
        if (sending->next[i] >= 0)
            rd_kafka_topic_partition_list_add(offsets, sending->topic->name, i)->offset = sending->next[i];
    enum out_result result = kafka_out_commit(sending->out, offsets, kafka_in_metadata(sending->topic->in), error);
    rd_kafka_topic_partition_list_destroy(offsets);
    if (result != OUT_OK)
        return false;
    sent->went += sending->went;
    sent->moved += sending->moved;
    sending->records = sending->bytes = 0;
    sending->went = sending->moved = 0;
    return true;
}

/* Those whose records are out; a file that was read in a former batch is gone from here already. */
static bool move_files(struct dead_files *files, bool *moved, struct redrive_sent *sent, struct error *error) {
    for (size_t i = 0; files != NULL && i < files->n; i++) {
        if (!files->items[i].taken || moved[i])
            continue;
        if (!dead_file_move(files, &files->items[i], error))
            return false;
        moved[i] = true;
        sent->files_moved++;
    }
    return true;
}

static bool send_all(struct sending *sending, bool *moved, struct redrive_sent *sent, struct error *error) {
    enum look_result result;
    do {
        rd_kafka_message_t *message = NULL;
        result = dead_topic_next(sending->topic, &message, error);
        if (result == LOOK_FAILED)
            return false;
        bool ok = result == LOOK_END || take(sending, message, error);
        if (message != NULL)
            rd_kafka_message_destroy(message);
        bool full = result == LOOK_END || sending->records >= BATCH_RECORDS_MAX || sending->bytes >= BATCH_BYTES_MAX;
        if (!ok || (full && !(commit(sending, sent, error) && move_files(sending->judge->files, moved, sent, error))))
            return false;
    } while (result != LOOK_END);
    return true;
}

bool redrive_send(const struct config *config, struct dead_topic *topic, struct judge *judge, const int64_t *goes,
                  struct redrive_sent *sent, struct error *error) {
    struct sending sending = { .config = config, .topic = topic, .judge = judge };
    sending.out = kafka_out_new(config, kafka_in_handle(topic->in), error);
    if (sending.out == NULL)
        return false;
    sending.next = xcalloc((size_t)topic->n, sizeof *sending.next);
    sending.left = xcalloc((size_t)topic->n, sizeof *sending.left);
    for (int i = 0; i < topic->n; i++) {
        sending.next[i] = -1;
        sending.left[i] = goes[i];
    }
    bool *moved = xcalloc(judge->files == NULL ? 1 : judge->files->n + 1, sizeof *moved);
    bool ok = dead_topic_begin(topic, error) && send_all(&sending, moved, sent, error);
    if (!ok)
        kafka_out_abort(sending.out);
    kafka_out_free(sending.out);
    free(sending.next);
    free(sending.left);
    free(sending.asked);
    free(moved);
    return ok;
}
