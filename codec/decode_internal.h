/* The two ways from a record's value to its fields. */
#ifndef OBEK_DECODE_INTERNAL_H
#define OBEK_DECODE_INTERNAL_H

#include "obek/buffer.h"
#include "order_fields.h"

#include <jansson.h>

/* The fields' texts live in *document, which the caller releases; `scratch` is memory to reuse. */
bool decode_json(struct order_fields *fields, const struct feed *feed, struct slice value, struct buffer *scratch,
                 json_t **document, struct decode_failure *failure);

/* Avro: the plan of a writer's schema for a feed; it lives as long as the schema, and the feed must too. NULL: the schema is
   too large for a plan. */
struct avro_plan;
const struct avro_plan *avro_schema_plan_for(const struct avro_schema_plan *schema, const struct feed *feed, struct error *error);
/* Reads the datum that begins at `start` and ends with the value; texts point into it. On failure the fields that came before
   are set. */
bool avro_plan_read(const struct avro_plan *plan, struct slice value, size_t start, struct order_fields *fields,
                    struct error *error);

#endif
