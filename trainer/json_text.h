/* JSON as a file of ours has it: innermost rows on one line each, numbers as short as they read back exactly. */
#ifndef OBEK_TRAINER_JSON_TEXT_H
#define OBEK_TRAINER_JSON_TEXT_H

#include "obek/buffer.h"

#include <jansson.h>

/* Objects keep the order of their keys. Ends with a line end. */
void json_text(struct buffer *out, const json_t *json);

#endif
