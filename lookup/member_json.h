/* A member of a segment, as `obek segments --members -o json` and /api/v1/segments/.../members tell them, one a line. */
#ifndef OBEK_MEMBER_JSON_H
#define OBEK_MEMBER_JSON_H

#include "reading.h"

#include <jansson.h>

/* The customer's state in that scheme if they are in that segment, else NULL. */
const struct scheme_state *member_state(const struct customer *customer, const struct name *scheme, const struct name *segment);
/* Owned by the caller. */
json_t *member_json(const struct reading *reading, struct slice id, const struct customer *customer,
                    const struct scheme_state *state);

#endif
