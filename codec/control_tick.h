/* The ticks among the control records. */
#ifndef OBEK_CONTROL_TICK_H
#define OBEK_CONTROL_TICK_H

#include "obek/control_record.h"

#include <jansson.h>

bool control_tick_read(struct control_record *record, json_t *object, struct error *error);

#endif
