/* A bench order as the bytes of a Kafka record. */
#ifndef BENCH_ORDER_BYTES_H
#define BENCH_ORDER_BYTES_H

#include "obek/buffer.h"
#include "obek/error.h"
#include "orders.h"

/* How to write obek.v1.Order by one schema: its fields in their order. */
struct order_writer;

/* From the text of an Avro schema whose fields are named as in obek.v1.Order; each may be a union with null, null is written
   where the order says nothing. */
struct order_writer *order_writer_new(const char *schema, size_t len, struct error *error);
void order_writer_free(struct order_writer *writer);

/* Appends Confluent framing (0, schema id) and Avro binary. */
void order_write_avro(const struct order_writer *writer, uint32_t schema_id, const struct bench_order *order, struct buffer *out);
void order_write_json(const struct bench_order *order, struct buffer *out);

#endif
