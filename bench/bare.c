/* What obek is held against: the least that a program with the same promises to Kafka and Redis could do, and no more. Reads a
   topic in a consumer group, and for each batch MGETs and MSETs a state of fixed size per customer and commits a transaction with
   the batch's offsets; one thing after the other. The client settings are obek's. Ends after --orders N. */
#include "obek/buffer.h"
#include "options.h"

#include <hiredis/hiredis.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

#define STATE_BYTES 120
#define KEYS_PER_CALL 1000
#define PARTITIONS_MAX 64
#define CALL_TIMEOUT_MS 30000
#define STALLED_POLLS_MAX 600
#define POLL_TIMEOUT_MS 50

static const char *bootstrap, *topic, *group, *redis_socket, *orders, *batch_size = "10000";
static const struct bench_option options[] = {
    { "bootstrap", &bootstrap },       { "topic", &topic },   { "group", &group },
    { "redis-socket", &redis_socket }, { "orders", &orders }, { "batch", &batch_size },
};

struct bare {
    rd_kafka_t *consumer, *producer;
    redisContext *redis;
    rd_kafka_message_t **messages; /* of the batch */
    size_t n_messages, n_messages_max;
    struct slice *customers; /* of the batch, each once */
    size_t n_customers;
    uint32_t *slots; /* open addressing: index into customers + 1 */
    size_t n_slots;
    struct buffer *states; /* of the batch's customers */
    struct buffer keys;
};

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char text[256];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK)
        bench_fail("bare: %s", text);
}

/* Only newer librdkafka knows it. */
static void set_where_known(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char text[256];
    rd_kafka_conf_set(conf, name, value, text, sizeof text);
}

static rd_kafka_t *new_client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
    set(conf, "bootstrap.servers", bootstrap);
    set(conf, "socket.nagle.disable", "true");
    char text[256];
    rd_kafka_t *client = rd_kafka_new(type, conf, text, sizeof text);
    if (client == NULL)
        bench_fail("bare: %s", text);
    return client;
}

static rd_kafka_t *new_consumer(void) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "group.id", group);
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.auto.offset.store", "false");
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "isolation.level", "read_committed");
    set(conf, "fetch.wait.max.ms", "50");
    set(conf, "queued.min.messages", "1000000");
    set(conf, "queued.max.messages.kbytes", "262144");
    set_where_known(conf, "fetch.queue.backoff.ms", "10");
    rd_kafka_t *consumer = new_client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        bench_fail("bare: subscribe: %s", rd_kafka_err2str(err));
    return consumer;
}

static void must(rd_kafka_error_t *error, const char *call) {
    if (error != NULL)
        bench_fail("bare: %s: %s", call, rd_kafka_error_string(error));
}

static rd_kafka_t *new_producer(void) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "transactional.id", group);
    set(conf, "transaction.timeout.ms", "15000");
    set(conf, "retry.backoff.ms", "20");
    rd_kafka_t *producer = new_client(RD_KAFKA_PRODUCER, conf);
    must(rd_kafka_init_transactions(producer, CALL_TIMEOUT_MS), "init transactions");
    return producer;
}

/* poll(t), then poll(0) until the batch is full or nothing is there. */
static void gather(struct bare *bare) {
    bare->n_messages = 0;
    int timeout_ms = POLL_TIMEOUT_MS;
    while (bare->n_messages < bare->n_messages_max) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(bare->consumer, timeout_ms);
        if (message == NULL)
            return;
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            bench_fail("bare: %s", rd_kafka_message_errstr(message));
        bare->messages[bare->n_messages++] = message;
        timeout_ms = 0;
    }
}

static size_t hash(struct slice key) {
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < key.len; i++)
        h = (h ^ (unsigned char)key.data[i]) * UINT64_C(1099511628211);
    return (size_t)h;
}

static void add_customer(struct bare *bare, struct slice key) {
    size_t slot = hash(key) & (bare->n_slots - 1);
    for (; bare->slots[slot] != 0; slot = (slot + 1) & (bare->n_slots - 1))
        if (slice_equal(bare->customers[bare->slots[slot] - 1], key))
            return;
    bare->customers[bare->n_customers++] = key;
    bare->slots[slot] = (uint32_t)bare->n_customers;
}

static void find_customers(struct bare *bare) {
    memset(bare->slots, 0, bare->n_slots * sizeof *bare->slots);
    bare->n_customers = 0;
    for (size_t i = 0; i < bare->n_messages; i++)
        add_customer(bare, (struct slice){ bare->messages[i]->key, bare->messages[i]->key_len });
}

static redisReply *answer(struct bare *bare, int type) {
    void *reply = NULL;
    if (redisGetReply(bare->redis, &reply) != REDIS_OK)
        bench_fail("bare: Redis: %s", bare->redis->errstr);
    if (((redisReply *)reply)->type != type)
        bench_fail("bare: an answer of Redis of another type: %s", ((redisReply *)reply)->str);
    return reply;
}

static size_t chunk_end(const struct bare *bare, size_t from) {
    return from + KEYS_PER_CALL < bare->n_customers ? from + KEYS_PER_CALL : bare->n_customers;
}

/* One MGET, or MSET with the states, of the customers [from, to). */
static void append_call(struct bare *bare, size_t from, size_t to, bool write) {
    static const char *argv[1 + 2 * KEYS_PER_CALL];
    static size_t lengths[1 + 2 * KEYS_PER_CALL];
    static size_t ends[KEYS_PER_CALL];
    int argc = 0;
    argv[argc] = write ? "MSET" : "MGET";
    lengths[argc++] = 4;
    buffer_clear(&bare->keys);
    for (size_t i = from; i < to; i++) {
        buffer_append_text(&bare->keys, "bare:customer:");
        buffer_append_slice(&bare->keys, bare->customers[i]);
        ends[i - from] = bare->keys.len;
    }
    for (size_t i = from; i < to; i++) {
        size_t start = i == from ? 0 : ends[i - from - 1];
        argv[argc] = bare->keys.data + start;
        lengths[argc++] = ends[i - from] - start;
        if (write) {
            argv[argc] = bare->states[i].data;
            lengths[argc++] = bare->states[i].len;
        }
    }
    if (redisAppendCommandArgv(bare->redis, argc, argv, lengths) != REDIS_OK)
        bench_fail("bare: Redis: %s", bare->redis->errstr);
}

/* A state is a count of batches and filler. */
static void change_state(struct buffer *state, const redisReply *old) {
    uint64_t count = 0;
    if (old->type == REDIS_REPLY_STRING && old->len == STATE_BYTES)
        memcpy(&count, old->str, sizeof count);
    count++;
    buffer_clear(state);
    memset(buffer_reserve(state, STATE_BYTES), 'x', STATE_BYTES);
    memcpy(state->data, &count, sizeof count);
    state->len = STATE_BYTES;
}

static void load_states(struct bare *bare) {
    for (size_t from = 0; from < bare->n_customers; from = chunk_end(bare, from))
        append_call(bare, from, chunk_end(bare, from), false);
    for (size_t from = 0; from < bare->n_customers; from = chunk_end(bare, from)) {
        redisReply *reply = answer(bare, REDIS_REPLY_ARRAY);
        for (size_t i = 0; i < reply->elements; i++)
            change_state(&bare->states[from + i], reply->element[i]);
        freeReplyObject(reply);
    }
}

static void save_states(struct bare *bare) {
    for (size_t from = 0; from < bare->n_customers; from = chunk_end(bare, from))
        append_call(bare, from, chunk_end(bare, from), true);
    for (size_t from = 0; from < bare->n_customers; from = chunk_end(bare, from))
        freeReplyObject(answer(bare, REDIS_REPLY_STATUS));
}

static void commit(struct bare *bare) {
    int64_t next[PARTITIONS_MAX] = { 0 };
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(PARTITIONS_MAX);
    for (size_t i = 0; i < bare->n_messages; i++) {
        const rd_kafka_message_t *message = bare->messages[i];
        if (message->partition >= PARTITIONS_MAX)
            bench_fail("bare: more than %d partitions", PARTITIONS_MAX);
        next[message->partition] = message->offset + 1;
    }
    for (int32_t partition = 0; partition < PARTITIONS_MAX; partition++)
        if (next[partition] > 0)
            rd_kafka_topic_partition_list_add(offsets, topic, partition)->offset = next[partition];
    rd_kafka_consumer_group_metadata_t *metadata = rd_kafka_consumer_group_metadata(bare->consumer);
    must(rd_kafka_begin_transaction(bare->producer), "begin transaction");
    must(rd_kafka_send_offsets_to_transaction(bare->producer, offsets, metadata, CALL_TIMEOUT_MS), "send offsets");
    must(rd_kafka_commit_transaction(bare->producer, CALL_TIMEOUT_MS), "commit transaction");
    rd_kafka_consumer_group_metadata_destroy(metadata);
    rd_kafka_topic_partition_list_destroy(offsets);
}

static void drain(struct bare *bare, size_t n) {
    size_t done = 0, transactions = 0;
    for (int stalled = 0; done < n && stalled < STALLED_POLLS_MAX;) {
        gather(bare);
        stalled = bare->n_messages == 0 ? stalled + 1 : 0;
        if (bare->n_messages == 0)
            continue;
        find_customers(bare);
        load_states(bare);
        save_states(bare);
        commit(bare);
        transactions++;
        done += bare->n_messages;
        for (size_t i = 0; i < bare->n_messages; i++)
            rd_kafka_message_destroy(bare->messages[i]);
    }
    if (done != n)
        bench_fail("bare: %zu orders of %zu came", done, n);
    printf("{\"orders\": %zu, \"transactions\": %zu}\n", done, transactions);
}

static void bare_init(struct bare *bare) {
    size_t n = (size_t)option_number("batch", batch_size);
    if (n == 0)
        bench_fail("bare: a batch has one order at least");
    *bare = (struct bare){ .n_messages_max = n, .n_slots = 1 };
    while (bare->n_slots < 2 * n)
        bare->n_slots *= 2;
    bare->messages = xcalloc(n, sizeof(rd_kafka_message_t *));
    bare->customers = xcalloc(n, sizeof *bare->customers);
    bare->states = xcalloc(n, sizeof *bare->states);
    bare->slots = xcalloc(bare->n_slots, sizeof *bare->slots);
    bare->redis = redisConnectUnix(redis_socket);
    if (bare->redis == NULL || bare->redis->err != 0)
        bench_fail("bare: cannot connect to Redis at %s", redis_socket);
    bare->producer = new_producer();
    bare->consumer = new_consumer();
}

static void bare_free(struct bare *bare) {
    rd_kafka_consumer_close(bare->consumer);
    rd_kafka_destroy(bare->consumer);
    rd_kafka_destroy(bare->producer);
    redisFree(bare->redis);
    for (size_t i = 0; i < bare->n_messages_max; i++)
        buffer_free(&bare->states[i]);
    buffer_free(&bare->keys);
    free(bare->states);
    free(bare->slots);
    free(bare->customers);
    free(bare->messages);
}

int main(int argc, char **argv) {
    options_read(argc, argv, options, sizeof options / sizeof *options);
    struct bare bare;
    bare_init(&bare);
    drain(&bare, (size_t)option_number("orders", orders));
    bare_free(&bare);
    return 0;
}
