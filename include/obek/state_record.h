/* The state of a customer as stored in Redis (design, section 3 "The record has a version byte"; docs/formats.md). */
#ifndef OBEK_STATE_RECORD_H
#define OBEK_STATE_RECORD_H

#include "obek/buffer.h"
#include "obek/customer.h"
#include "obek/error.h"

enum state_status { STATE_OK, STATE_CORRUPT, STATE_NEWER /* written by a newer obek: halt */ };

/* Appends the packed record: 8 bytes revision (big endian), version byte, the rest. */
void state_record_write(struct buffer *out, const struct customer *customer);
/* Reads a record into customer (ledger capacity is taken from `ledger_capacity`). Bytes are hostile. */
enum state_status state_record_read(struct customer *customer, struct slice bytes, uint16_t ledger_capacity, struct error *error);
/* The first 8 bytes; 0 when there are fewer. */
uint64_t state_record_revision(struct slice bytes);

#endif
