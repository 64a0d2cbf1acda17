/* What the outbox keeps and the publisher sends: an event, or the verdict on a dead letter (its bytes are the record's own).
   Packed: 'e' | 'd', then length-prefixed (4 bytes, little endian) texts: event: key, value, then pairs of header name and value;
   dead letter: reason, message, then "stage" and the stage. One form for what was just made and for what is found again. */
#ifndef OBEK_OUTGOING_H
#define OBEK_OUTGOING_H

#include "obek/buffer.h"
#include "obek/error.h"

enum outgoing_kind { OUTGOING_EVENT = 'e', OUTGOING_DEAD = 'd' };

#define OUTGOING_HEADERS_MAX 16

/* Stages of a dead letter, by Kafka Connect's names */
#define STAGE_DECODE "VALUE_CONVERTER"
#define STAGE_STEP "TASK_PUT"

struct outgoing_view {
    enum outgoing_kind kind;
    struct slice key, value; /* dead letter: reason, message */
    size_t n_headers;
    struct slice names[OUTGOING_HEADERS_MAX], values[OUTGOING_HEADERS_MAX];
};

void outgoing_begin(struct buffer *out, enum outgoing_kind kind);
void outgoing_text(struct buffer *out, struct slice text);
bool outgoing_read(struct outgoing_view *view, struct slice packed, struct error *error);

#endif
