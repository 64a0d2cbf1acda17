/* The parts of the model file's reader. Private to codec/model_*.c. */
#ifndef OBEK_MODEL_FILE_INTERNAL_H
#define OBEK_MODEL_FILE_INTERNAL_H

#include "json_node.h"
#include "obek/model.h"

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
