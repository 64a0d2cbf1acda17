/* A decode plan: what to do with each part of a datum, for one writer's schema and one feed. */
#ifndef OBEK_AVRO_PLAN_INTERNAL_H
#define OBEK_AVRO_PLAN_INTERNAL_H

#include "avro_schema.h"
#include "decode_internal.h"

enum plan_code {
    PLAN_SKIP,   /* nobody wants it */
    PLAN_LEAF,   /* a value for `fields` */
    PLAN_RECORD, /* one child per field */
    PLAN_UNION,  /* one child per branch */
    PLAN_ARRAY,  /* first child: every element; others: the element `index` */
    PLAN_MAP,    /* first child: every value; others: the value of `key` */
};

struct plan_op {
    enum plan_code code;
    uint16_t fields; /* bit set of enum feed_field */
    uint16_t wrong;  /* fields whose path asks for something else at this place */
    const struct schema_node *node;
    size_t first, n;  /* children in avro_plan.ops */
    size_t index;     /* as a child of PLAN_ARRAY */
    struct slice key; /* as a child of PLAN_MAP */
};

struct avro_plan {
    struct avro_plan *next;
    const struct feed *feed;
    size_t n_ops, capacity;
    struct plan_op *ops; /* the first is the root's */
};

/* Compiles the plan; NULL: too large. */
struct avro_plan *avro_plan_compile(const struct schema_node *root, const struct feed *feed, struct error *error);

#endif
