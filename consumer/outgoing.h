/* What the outbox keeps and the publisher sends: an event, or the verdict on a dead letter (its bytes are the record's own).
   Packed: a byte for the kind, then length-prefixed (4 bytes, little endian) texts. An event has what its headers are made of,
   not the headers: key, event_id, traceparent, tracestate (empty: none), occurred_at (8 bytes, little endian), value. A dead
   letter: reason, message, stage. One form for what was just made and for what is found again. */
#ifndef OBEK_OUTGOING_H
#define OBEK_OUTGOING_H

#include "obek/buffer.h"
#include "obek/error.h"

#include <stdint.h>

enum outgoing_kind { OUTGOING_AVRO_EVENT = 'a', OUTGOING_JSON_EVENT = 'j', OUTGOING_DEAD = 'd' };

/* Stages of a dead letter, by Kafka Connect's names */
#define STAGE_DECODE "VALUE_CONVERTER"
#define STAGE_STEP "TASK_PUT"

struct outgoing_view {
    enum outgoing_kind kind;
    /* an event */
    struct slice key, event_id, traceparent, tracestate, value;
    int64_t occurred_at;
    /* a dead letter */
    struct slice reason, message, stage;
};

void outgoing_begin(struct buffer *out, enum outgoing_kind kind);
void outgoing_text(struct buffer *out, struct slice text);
void outgoing_instant(struct buffer *out, int64_t ms);
/* A text that is written in place: what is appended between open and close. */
size_t outgoing_open(struct buffer *out);
void outgoing_close(struct buffer *out, size_t opened);
bool outgoing_read(struct outgoing_view *view, struct slice packed, struct error *error);

#endif
