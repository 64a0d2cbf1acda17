/* Where writers' schemas come from: the registry by id; our own and the feeds' schema files by fingerprint. One thread. */
#ifndef OBEK_SCHEMAS_H
#define OBEK_SCHEMAS_H

#include "obek/config.h"
#include "obek/registry.h"

struct schemas {
    struct registry *registry; /* NULL: none configured */
    size_t n;
    struct avro_schema_plan **plans;
};

bool schemas_init(struct schemas *schemas, const struct config *config, struct error *error);
void schemas_free(struct schemas *schemas);
struct schema_source schemas_source(struct schemas *schemas);

#endif
