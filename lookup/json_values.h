/* Values as JSON, as every answer tells them (docs/formats.md). Each is owned by the caller. */
#ifndef OBEK_JSON_VALUES_H
#define OBEK_JSON_VALUES_H

#include "obek/name.h"

#include <jansson.h>
#include <stdint.h>

/* ms as RFC 3339; null for TIME_NONE and TIME_NEVER. */
json_t *instant_json(int64_t ms);
/* null when it is empty. */
json_t *name_json(const struct name *name);
/* null when it is not finite. */
json_t *number_json(double number);

#endif
