/* Messages of one source that were fetched and wait to be drawn, in the order of their offsets. What lies behind them is kept by
   librdkafka, in the partition's own queue (kafka_in.h). */
#ifndef OBEK_MESSAGE_QUEUE_H
#define OBEK_MESSAGE_QUEUE_H

#include <librdkafka/rdkafka.h>

#include <stddef.h>

#define MESSAGE_QUEUE_MAX 512 /* messages fetched at once */

struct message_queue {
    rd_kafka_message_t **items; /* [first, end) wait; before them there is always room for one that is put back */
    size_t first, end;
};

/* Where MESSAGE_QUEUE_MAX messages may be laid down; the queue is empty. message_queue_filled() says how many came. */
rd_kafka_message_t **message_queue_room(struct message_queue *queue);
void message_queue_filled(struct message_queue *queue, size_t n);

/* NULL: empty. The queue still owns it. */
rd_kafka_message_t *message_queue_head(const struct message_queue *queue);
/* The head belongs to the caller from here on. */
void message_queue_pop(struct message_queue *queue);
/* The message that was popped last is the head again. */
void message_queue_put_back(struct message_queue *queue, rd_kafka_message_t *message);

/* Destroys what waits. */
void message_queue_free(struct message_queue *queue);

#endif
