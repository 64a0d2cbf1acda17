/* What was fetched comes out in its order, and what was drawn last can be put back. */
#include "../../consumer/message_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static rd_kafka_message_t messages[MESSAGE_QUEUE_MAX]; /* compared only: never handed to librdkafka */

static void fill(struct message_queue *queue, size_t n) {
    rd_kafka_message_t **room = message_queue_room(queue);
    for (size_t i = 0; i < n; i++)
        room[i] = &messages[i];
    message_queue_filled(queue, n);
}

static void comes_out_in_order(void **state) {
    (void)state;
    struct message_queue queue = { 0 };
    assert_null(message_queue_head(&queue));
    for (int round = 0; round < 3; round++) {
        size_t n = round == 0 ? MESSAGE_QUEUE_MAX : (size_t)round;
        fill(&queue, n);
        for (size_t i = 0; i < n; i++) {
            assert_ptr_equal(message_queue_head(&queue), &messages[i]);
            message_queue_pop(&queue);
        }
        assert_null(message_queue_head(&queue));
    }
    fill(&queue, 0);
    assert_null(message_queue_head(&queue));
    message_queue_free(&queue);
}

static void the_last_one_can_be_put_back(void **state) {
    (void)state;
    struct message_queue queue = { 0 };
    fill(&queue, MESSAGE_QUEUE_MAX);
    message_queue_pop(&queue);
    message_queue_put_back(&queue, &messages[0]);
    for (size_t i = 0; i < MESSAGE_QUEUE_MAX; i++) {
        assert_ptr_equal(message_queue_head(&queue), &messages[i]);
        message_queue_pop(&queue);
    }
    message_queue_put_back(&queue, &messages[MESSAGE_QUEUE_MAX - 1]); /* it was the only one left */
    assert_ptr_equal(message_queue_head(&queue), &messages[MESSAGE_QUEUE_MAX - 1]);
    message_queue_pop(&queue);
    message_queue_put_back(&queue, &messages[MESSAGE_QUEUE_MAX - 1]);
    message_queue_pop(&queue);
    message_queue_free(&queue);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_out_in_order),
        cmocka_unit_test(the_last_one_can_be_put_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
