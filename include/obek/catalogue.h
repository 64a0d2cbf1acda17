/* The campaign catalogue: what to do with the customers of a segment, in English and Turkish (schemas/campaigns.schema.json,
   docs/report.md). One is built into the program (config/campaigns.json); a file of the user's goes before it. */
#ifndef OBEK_CATALOGUE_H
#define OBEK_CATALOGUE_H

#include "obek/error.h"
#include "obek/slice.h"

#include <jansson.h>

#define CATALOGUE_BYTES_MAX (4 * 1024 * 1024)

struct catalogue;

/* The built-in one. */
struct catalogue *catalogue_new(void);
/* The built-in one, and before it the file's entries; `source` names the file in messages, which say where in it something is
   wrong. NULL on failure. */
struct catalogue *catalogue_parse(struct slice json, const char *source, struct error *error);
struct catalogue *catalogue_load(const char *path, struct error *error);
void catalogue_free(struct catalogue *catalogue);

/* What the catalogue says of a segment: {goal, next, actions, products, campaigns}; borrowed, NULL when it says nothing. The
   user's entries come first; within a file one with the segment's id, and the scheme's name when it gives one, comes before one
   whose traits are all part of the id ("high_recency_days-low_orders_online" has two). */
const json_t *catalogue_entry(const struct catalogue *catalogue, const char *scheme, const char *segment);
/* A campaign by its id: {id, name, about}; borrowed, or NULL. */
const json_t *catalogue_campaign(const struct catalogue *catalogue, const char *id);

#endif
