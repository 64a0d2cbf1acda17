/* The two forms of `obek show`. Private to tools/show*.c. */
#ifndef OBEK_SHOW_PARTS_H
#define OBEK_SHOW_PARTS_H

#include "reading.h"

#include <jansson.h>

void show_table(const struct reading *reading, struct slice id, const struct customer *customer);
/* docs/formats.md, "obek show -o json". Owned by the caller. */
json_t *show_json(const struct reading *reading, struct slice id, const struct customer *customer);

#endif
