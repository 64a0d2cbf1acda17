/* `obek segments --members`: who is in a segment. */
#ifndef OBEK_MEMBERS_H
#define OBEK_MEMBERS_H

#include "../lookup/sizes.h"

/* "[SCHEME/]SEGMENT" -> names that occur in `sizes`; false with the error. */
bool members_choose(const struct sizes *sizes, const char *text, struct name *scheme, struct name *segment, struct error *error);
/* CSV with a header line (customer_id, since, value, last_order, due), or the same as one JSON object a line. Returns how many
   records could not be read (told on stderr), or -1 with the error. */
int64_t members_write(struct reading *reading, const struct name *scheme, const struct name *segment, bool as_json,
                      struct error *error);

#endif
