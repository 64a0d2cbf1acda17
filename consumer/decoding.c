#include "decoding.h"

#define HEADERS_MAX 64

static size_t read_headers(const rd_kafka_message_t *message, struct record_header *headers) {
    rd_kafka_headers_t *list;
    size_t n = 0;
    const char *name;
    const void *value;
    size_t len;
    if (rd_kafka_message_headers(message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    while (n < HEADERS_MAX && rd_kafka_header_get_all(list, n, &name, &value, &len) == RD_KAFKA_RESP_ERR_NO_ERROR)
        headers[n++] = (struct record_header){ .name = slice_of(name), .value = { value, len } };
    return n;
}

enum decode_status decode_message(struct decoder *decoder, const struct feed *feed, const rd_kafka_message_t *message,
                                  int64_t wall_now, struct order *order, struct decode_failure *failure) {
    struct record_header headers[HEADERS_MAX];
    struct raw_record raw = { .key = { message->key, message->key_len },
                              .value = { message->payload, message->len },
                              .timestamp = rd_kafka_message_timestamp(message, NULL),
                              .n_headers = read_headers(message, headers),
                              .headers = headers };
    return decode_order(decoder, feed, &raw, wall_now, order, failure);
}
