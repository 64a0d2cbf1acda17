/* The kinds of control records, and what reading them has in common. */
#ifndef CODEC_CONTROL_PARTS_H
#define CODEC_CONTROL_PARTS_H

#include "obek/control_record.h"

#include <jansson.h>

/* RFC 3339 or epoch milliseconds, within the years 0000 to 9999. */
bool control_read_instant(int64_t *ms, const json_t *value, struct error *error);
/* A customer's id. */
bool control_read_id(struct slice *id, const json_t *value, struct arena *memory, struct error *error);

bool control_tick_read(struct control_record *record, json_t *object, struct error *error);
bool control_import_read(struct control_record *record, json_t *object, struct error *error);
bool control_erase_read(struct control_record *record, json_t *object, struct error *error);

#endif
