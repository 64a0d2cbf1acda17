/* Bytes in JSON: a string when they are UTF-8, else base64 under "<key>_base64"; null when there are none (data NULL). */
#ifndef OBEK_TEXT_JSON_H
#define OBEK_TEXT_JSON_H

#include "obek/arena.h"

#include <jansson.h>

void text_json_set(json_t *object, const char *key, struct slice bytes);
/* Reads what text_json_set wrote; false when it is something else. A null gives data NULL. */
bool text_json_get(const json_t *object, const char *key, struct arena *arena, struct slice *bytes);

#endif
