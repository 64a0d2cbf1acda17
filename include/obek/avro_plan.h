/* A bounds-checked decode plan, compiled once per writer's schema and feed. */
#ifndef OBEK_AVRO_PLAN_H
#define OBEK_AVRO_PLAN_H

#include "obek/error.h"
#include "obek/feed.h"

/* A writer's schema, checked (sizes, depth, names) and ready to be compiled for any feed; caches one plan per feed
   (feeds must live as long). Thread-safe. */
struct avro_schema_plan;
struct avro_schema_plan *avro_schema_plan_new(struct slice schema_json, struct error *error);
void avro_schema_plan_free(struct avro_schema_plan *schema);
/* CRC-64-AVRO of the parsing canonical form. */
uint64_t avro_schema_plan_fingerprint(const struct avro_schema_plan *schema);

#endif
