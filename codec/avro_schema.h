/* A writer's Avro schema as a graph of nodes (Avro 1.11 specification, "Schema Declaration"). avro-c would drop what decoding
   needs (logical types, aliases), and schemas from outside can overflow its heap (avro #3891); so obek reads them itself. */
#ifndef OBEK_AVRO_SCHEMA_H
#define OBEK_AVRO_SCHEMA_H

#include "obek/arena.h"
#include "obek/error.h"

#include <stdint.h>

#define SCHEMA_DEPTH_MAX 64

enum node_type {
    NODE_NULL,
    NODE_BOOLEAN,
    NODE_INT,
    NODE_LONG,
    NODE_FLOAT,
    NODE_DOUBLE,
    NODE_BYTES,
    NODE_STRING,
    NODE_PRIMITIVES, /* the number of those above */
    NODE_RECORD = NODE_PRIMITIVES,
    NODE_ENUM,
    NODE_FIXED,
    NODE_ARRAY,
    NODE_MAP,
    NODE_UNION,
};

enum logical_type { LOGICAL_NONE, LOGICAL_DECIMAL, LOGICAL_DATE, LOGICAL_TIMESTAMP, LOGICAL_LOCAL_TIMESTAMP };

struct schema_field {
    struct slice name;
    size_t n_aliases;
    struct slice *aliases;
    struct schema_node *node;
};

struct schema_node {
    enum node_type type;
    enum logical_type logical;
    int scale;            /* LOGICAL_DECIMAL */
    int64_t units_per_ms; /* LOGICAL_TIMESTAMP, LOGICAL_LOCAL_TIMESTAMP: 1 (millis), 1000 (micros), 1000000 (nanos) */
    size_t size;          /* NODE_FIXED: bytes */
    struct slice name;    /* full name of a record, enum or fixed */
    bool written;         /* in the canonical form so far */
    size_t n;             /* of those below */
    struct schema_field *fields;
    struct slice *symbols;
    struct schema_node **children; /* branches of a union; items of an array, values of a map: one */
};

/* The root; nodes live in the arena. */
struct schema_node *avro_schema_parse(struct slice text, struct arena *arena, struct error *error);
const char *schema_type_name(enum node_type type);
/* CRC-64-AVRO of the parsing canonical form (specification, "Parsing Canonical Form for Schemas"). */
uint64_t avro_schema_fingerprint(struct schema_node *root);

#endif
