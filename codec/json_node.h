/* Reading a JSON document that a person wrote, with the path at hand: every error names where it was found. */
#ifndef OBEK_JSON_NODE_H
#define OBEK_JSON_NODE_H

#include "obek/error.h"
#include "obek/name.h"

#include <jansson.h>

/* Parses; duplicate keys are refused. NULL with "line 3, column 7: ...". */
json_t *json_document(struct slice bytes, struct error *error);
/* The same of a file of at most `bytes_max` bytes; the error begins with its path. */
json_t *json_document_load(const char *path, size_t bytes_max, struct error *error);

/* A place in the document; parents outlive their children (they are on the stack above). */
struct node {
    const struct node *parent; /* NULL: the document */
    const char *key;           /* of an object's member; NULL: an array's item */
    size_t index;
    json_t *json; /* borrowed; NULL: there is no such member */
};

struct node node_member(const struct node *parent, const char *key);
struct node node_item(const struct node *parent, size_t index);
/* "schemes[0].features[2].clip: ..."; returns false. */
bool node_error(const struct node *node, struct error *error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Each says what is wrong when the value is missing or of another kind. */
bool node_is_object(const struct node *node, const char *const *known_keys, struct error *error); /* NULL: any key */
bool node_is_array(const struct node *node, size_t min, size_t max, struct error *error);
bool node_text(const struct node *node, const char **text, struct error *error); /* 1..255 bytes, no control characters */
bool node_name(const struct node *node, struct name *name, struct error *error);
bool node_number(const struct node *node, double *number, struct error *error); /* finite */
bool node_flag(const struct node *node, bool *flag, struct error *error);
/* Epoch ms, or RFC 3339 with a zone (a model means the same whatever the process's timezone). */
bool node_instant(const struct node *node, int64_t *ms, struct error *error);

#endif
