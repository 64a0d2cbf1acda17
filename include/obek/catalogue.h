/* The campaign catalogue: what to do with the customers of a segment, in English and Turkish (schemas/campaigns.schema.json,
   docs/report.md). One is built into the program (config/campaigns.json); a recipe's and a user's go before it. */
#ifndef OBEK_CATALOGUE_H
#define OBEK_CATALOGUE_H

#include "obek/error.h"
#include "obek/slice.h"

#include <jansson.h>

#define CATALOGUE_BYTES_MAX (4 * 1024 * 1024)

struct catalogue;

/* An empty one. What is added later comes before what is there already. */
struct catalogue *catalogue_new(void);
void catalogue_free(struct catalogue *catalogue);
void catalogue_add_built_in(struct catalogue *catalogue);
/* Each says what is wrong, and where: `source` names the document in messages. The json is shared, not copied. */
bool catalogue_add(struct catalogue *catalogue, json_t *json, const char *source, struct error *error);
bool catalogue_parse(struct catalogue *catalogue, struct slice bytes, const char *source, struct error *error);
/* The file may be a recipe that carries a catalogue as its member `campaigns`. */
bool catalogue_load(struct catalogue *catalogue, const char *path, struct error *error);
/* As campaign.catalogue says: nothing for an empty text, the built-in one alone for "built-in", else a file alone. */
bool catalogue_configure(struct catalogue *catalogue, const char *setting, struct error *error);

/* What the catalogue says of a segment: {goal, next, actions, products, campaigns}; borrowed, NULL when it says nothing. Of
   several documents the last one added that has an entry counts; within it one with the segment's id, and the scheme's name when
   it gives one, comes before one whose traits are all part of the id ("high_recency_days-low_orders_online" has two); of
   those more traits before fewer. */
const json_t *catalogue_entry(const struct catalogue *catalogue, const char *scheme, const char *segment);
/* The ids of the segment's campaigns: an array of texts, or NULL; borrowed. */
const json_t *catalogue_campaigns(const struct catalogue *catalogue, const char *scheme, const char *segment);
/* A campaign by its id: {id, name, about}; borrowed, or NULL. */
const json_t *catalogue_campaign(const struct catalogue *catalogue, const char *id);

#endif
