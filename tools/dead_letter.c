#include "dead_letter.h"

#include <errno.h>
#include <stdlib.h>

bool is_topic_name(struct slice text) {
    if (text.len == 0 || text.len > 249 || slice_is(text, ".") || slice_is(text, ".."))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool good =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
        if (!good)
            return false;
    }
    return true;
}

/* A number from 0 to `max`, or -1. */
static int64_t parse_number(struct arena *arena, struct slice text, int64_t max) {
    const char *digits = arena_printf(arena, "%.*s", (int)text.len, text.data).data;
    char *end;
    errno = 0;
    long long number = strtoll(digits, &end, 10);
    return errno == 0 && end != digits && *end == '\0' && number >= 0 && number <= max ? number : -1;
}

struct headers {
    struct record_header *items;
    size_t n;
};

static struct headers headers_of(const rd_kafka_message_t *message, struct arena *arena) {
    rd_kafka_headers_t *list;
    struct headers headers = { 0 };
    if (rd_kafka_message_headers(message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return headers;
    headers.items = arena_alloc(arena, (rd_kafka_header_cnt(list) + 1) * sizeof *headers.items);
    const char *name;
    const void *value;
    size_t len;
    while (rd_kafka_header_get_all(list, headers.n, &name, &value, &len) == RD_KAFKA_RESP_ERR_NO_ERROR)
        headers.items[headers.n++] = (struct record_header){ slice_of(name), { value, len } };
    return headers;
}

/* Takes out and returns the last header of that name: obek's come after the record's own, which may be dead letters of others. */
static struct slice take(struct headers *headers, const char *name) {
    for (size_t i = headers->n; i-- > 0;)
        if (slice_is(headers->items[i].name, name)) {
            struct slice value = headers->items[i].value;
            memmove(&headers->items[i], &headers->items[i + 1], (--headers->n - i) * sizeof *headers->items);
            return value.data == NULL ? (struct slice){ "", 0 } : value;
        }
    return (struct slice){ "", 0 };
}

static int64_t timestamp_of(const rd_kafka_message_t *message) {
    rd_kafka_timestamp_type_t type;
    int64_t ms = rd_kafka_message_timestamp(message, &type);
    return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : ms;
}

void dead_letter_read(struct dead_letter *dead, const rd_kafka_message_t *message, struct arena *arena) {
    struct headers headers = headers_of(message, arena);
    struct slice topic = take(&headers, DEAD_LETTER_HEADER "topic");
    struct slice partition = take(&headers, DEAD_LETTER_HEADER "partition"), offset = take(&headers, DEAD_LETTER_HEADER "offset");
    int64_t timestamp = parse_number(arena, take(&headers, DEAD_LETTER_TIMESTAMP), INT64_MAX);
    *dead = (struct dead_letter){ .stage = take(&headers, DEAD_LETTER_HEADER "stage"),
                                  .reason = take(&headers, DEAD_LETTER_HEADER "class.name"),
                                  .message = take(&headers, DEAD_LETTER_HEADER "exception.message") };
    dead->origin.partition = (int32_t)parse_number(arena, partition, INT32_MAX);
    dead->origin.offset = parse_number(arena, offset, INT64_MAX);
    if (is_topic_name(topic) && dead->origin.partition >= 0 && dead->origin.offset >= 0)
        dead->origin.topic = arena_printf(arena, "%.*s", (int)topic.len, topic.data).data;
    dead->record = (struct raw_record){ .key = { message->key, message->key_len },
                                        .value = { message->payload, message->len },
                                        .timestamp = timestamp >= 0 ? timestamp : timestamp_of(message),
                                        .n_headers = headers.n,
                                        .headers = headers.items };
}
