/* What the JSON and the Avro form of an event share. Private to codec/event*.c. */
#ifndef OBEK_EVENT_INTERNAL_H
#define OBEK_EVENT_INTERNAL_H

#include "obek/event.h"

/* "ORDER", "CANCELLATION", ... as the contract spells them. */
const char *event_cause_text(enum cause cause);

#endif
