/* A message of an order topic as codec/ takes it: the same for all who read orders. */
#ifndef OBEK_DECODING_H
#define OBEK_DECODING_H

#include "obek/decode.h"

#include <librdkafka/rdkafka.h>

/* decode_order() of the message's key, value, timestamp and headers. The order's slices point into the message or the decoder. */
enum decode_status decode_message(struct decoder *decoder, const struct feed *feed, const rd_kafka_message_t *message,
                                  int64_t wall_now, struct order *order, struct decode_failure *failure);

#endif
