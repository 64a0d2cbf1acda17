#include "kafka_look.h"
#include "kafka_conf.h"
#include "obek/buffer.h"

#include <stdlib.h>

#define LOOK_TIMEOUT_MS 10000

struct kafka_look {
    rd_kafka_t *client;
};

struct kafka_look *kafka_look_new(const struct config *config, struct error *error) {
    rd_kafka_t *client = kafka_reader_new(config, CLIENT_LOOK, error);
    if (client == NULL)
        return NULL;
    struct kafka_look *look = xcalloc(1, sizeof *look);
    look->client = client;
    return look;
}

void kafka_look_free(struct kafka_look *look) {
    if (look == NULL)
        return;
    rd_kafka_consumer_close(look->client);
    rd_kafka_destroy(look->client);
    free(look);
}

rd_kafka_t *kafka_look_handle(struct kafka_look *look) {
    return look->client;
}

int kafka_look_partitions(struct kafka_look *look, const char *topic, struct error *error) {
    rd_kafka_topic_t *handle = rd_kafka_topic_new(look->client, topic, NULL);
    if (handle == NULL) {
        error_set(error, "%s: %s", topic, rd_kafka_err2str(rd_kafka_last_error()));
        return -1;
    }
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(look->client, 0, handle, &metadata, LOOK_TIMEOUT_MS);
    int n = -1;
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1) {
        err = metadata->topics[0].err;
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
            n = metadata->topics[0].partition_cnt;
        else if (err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            n = 0;
    }
    if (n < 0)
        error_set(error, "topic %s: %s", topic, rd_kafka_err2str(err));
    if (metadata != NULL)
        rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    return n;
}

bool kafka_look_range(struct kafka_look *look, const char *topic, int32_t partition, int64_t *low, int64_t *high,
                      struct error *error) {
    rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(look->client, topic, partition, low, high, LOOK_TIMEOUT_MS);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR ||
           error_set(error, "ends of %s/%d: %s", topic, (int)partition, rd_kafka_err2str(err));
}

bool kafka_look_begin(struct kafka_look *look, const char *topic, int32_t partition, int64_t offset, struct error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
    rd_kafka_resp_err_t err = rd_kafka_assign(look->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR || error_set(error, "read %s/%d: %s", topic, (int)partition, rd_kafka_err2str(err));
}

enum look_result kafka_look_next(struct kafka_look *look, rd_kafka_message_t **message, struct error *error) {
    *message = rd_kafka_consumer_poll(look->client, LOOK_TIMEOUT_MS);
    if (*message == NULL) {
        error_set(error, "no answer from the broker within %d ms", LOOK_TIMEOUT_MS);
        return LOOK_FAILED;
    }
    if ((*message)->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return LOOK_RECORD;
    bool end = (*message)->err == RD_KAFKA_RESP_ERR__PARTITION_EOF || (*message)->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET;
    if (!end)
        error_set(error, "%s", rd_kafka_message_errstr(*message));
    rd_kafka_message_destroy(*message);
    *message = NULL;
    return end ? LOOK_END : LOOK_FAILED;
}

void kafka_look_done(struct kafka_look *look) {
    rd_kafka_assign(look->client, NULL);
}
