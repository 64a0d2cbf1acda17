#include "message_queue.h"
#include "obek/buffer.h"

#include <assert.h>
#include <stdlib.h>

rd_kafka_message_t **message_queue_room(struct message_queue *queue) {
    assert(queue->first == queue->end);
    if (queue->items == NULL)
        queue->items = xcalloc(1 + MESSAGE_QUEUE_MAX, sizeof *queue->items);
    queue->first = queue->end = 1;
    return queue->items + 1;
}

void message_queue_filled(struct message_queue *queue, size_t n) {
    assert(n <= MESSAGE_QUEUE_MAX);
    queue->end = queue->first + n;
}

rd_kafka_message_t *message_queue_head(const struct message_queue *queue) {
    return queue->first < queue->end ? queue->items[queue->first] : NULL;
}

void message_queue_pop(struct message_queue *queue) {
    assert(queue->first < queue->end);
    queue->first++;
}

void message_queue_put_back(struct message_queue *queue, rd_kafka_message_t *message) {
    assert(queue->first > 0);
    queue->items[--queue->first] = message;
}

void message_queue_free(struct message_queue *queue) {
    for (size_t i = queue->first; i < queue->end; i++)
        rd_kafka_message_destroy(queue->items[i]);
    free(queue->items);
    *queue = (struct message_queue){ 0 };
}
