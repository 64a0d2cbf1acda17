/* Reading the model file's JSON with the path at hand: every error names where it was found. Private to codec/model_*.c. */
#ifndef OBEK_MODEL_FILE_INTERNAL_H
#define OBEK_MODEL_FILE_INTERNAL_H

#include "obek/error.h"
#include "obek/model.h"

#include <jansson.h>

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

/* The schemes' readers, one per type: fill all of the scheme but its name and type. */
bool scheme_read_kmeans(const struct node *node, struct scheme *scheme, struct error *error);
bool scheme_read_rfm(const struct node *node, struct scheme *scheme, struct error *error);
bool scheme_read_cltv(const struct node *node, struct scheme *scheme, struct error *error);
/* Segments with their ids and labels, in the file's order; known_keys are those a segment of this type may have. */
bool scheme_read_segments(const struct node *segments, const char *const *known_keys, struct scheme *scheme, struct error *error);

/* Up to SCHEME_CUTS_MAX ascending numbers, none below 0; `may_repeat`: neighbours may be equal, and 0 is one. */
bool scheme_read_cuts(const struct node *node, bool may_repeat, struct cuts *cuts, struct error *error);

/* Golden probes (design, section 8): a model that does not meet them is refused. */
bool model_check_probes(const struct node *probes, struct model *model, struct error *error);

#endif
