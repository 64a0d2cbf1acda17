/* What an audit finds: a place, a field, what it should be and what it is. */
#ifndef OBEK_AUDIT_FINDINGS_H
#define OBEK_AUDIT_FINDINGS_H

#include "obek/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct finding {
    const char *kind;   /* "customer", "bucket", "source", "key", "model" */
    struct slice place; /* its id, number, name */
    const char *field;  /* e.g. "orders[00c0ffee00c0ffee].amount" */
    const char *wanted; /* NULL: nothing should be there */
    struct slice found; /* data NULL: nothing is there */
    bool undecided;     /* it depends on the order in which sources were read (design, section 3): no difference */
};

struct findings {
    bool as_json;
    bool silent; /* they are counted only */
    int64_t differences, undecided;
};

/* Writes the finding to stdout and counts it. */
void finding_tell(struct findings *findings, const struct finding *finding);

#endif
