/* A customer as `obek show -o json` and /api/v1/customers tell it (docs/formats.md). */
#ifndef OBEK_SHOW_JSON_H
#define OBEK_SHOW_JSON_H

#include "reading.h"

#include <jansson.h>

/* Owned by the caller. */
json_t *show_json(const struct reading *reading, struct slice id, const struct customer *customer);

#endif
