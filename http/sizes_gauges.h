/* What /metrics tells of all customers: sizes of segments, and who is due. Told by one instance only, the one that owns the
   control topic, so that sums over instances are right. */
#ifndef OBEK_SIZES_GAUGES_H
#define OBEK_SIZES_GAUGES_H

#include "../lookup/reading.h"

/* Is it this instance that tells? If not, what it told before is hidden. */
bool sizes_gauges_wanted(void);
bool sizes_gauges_read(struct reading *reading, struct error *error);
void sizes_gauges_hide(void);

#endif
