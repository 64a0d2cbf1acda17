/* Where writers' schemas come from: the registry by id; by fingerprint obek.v1.Order and the feeds' schema files. One a thread.
 */
#ifndef OBEK_SCHEMAS_H
#define OBEK_SCHEMAS_H

#include "obek/config.h"
#include "obek/decode.h"
#include "obek/registry.h"

struct schemas;

/* NULL with the error when a schema file cannot be read or is no good. Nothing is asked of the registry yet. */
struct schemas *schemas_new(const struct config *config, struct error *error);
void schemas_free(struct schemas *schemas);
/* Valid as long as `schemas`. */
struct schema_source schemas_source(struct schemas *schemas);
/* NULL: none is configured. */
struct registry *schemas_registry(struct schemas *schemas);

#endif
