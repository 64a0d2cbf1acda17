/* How far today's customers are from those the model was learned from, and what they are still worth: by a random sample of them,
   evaluated now. Told by one instance only, as sizes are (sizes_gauges.h). */
#ifndef OBEK_DRIFT_H
#define OBEK_DRIFT_H

#include "../lookup/reading.h"

struct drift;

struct drift *drift_new(void);
void drift_free(struct drift *drift);
/* Looks, where it is time to: every two minutes, every 15 s where the sample has all customers, at once where another model
   has come into force. On the reading's own connection, 200 customers at a time. */
bool drift_look(struct drift *drift, struct reading *reading, struct error *error);
/* Takes back what was told. */
void drift_hide(struct drift *drift);

#endif
