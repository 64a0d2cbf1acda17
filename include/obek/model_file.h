/* The model file: versioned JSON (contract "A model"; design, section 8; schemas/model.schema.json). */
#ifndef OBEK_MODEL_FILE_H
#define OBEK_MODEL_FILE_H

#include "obek/error.h"
#include "obek/model.h"

#define MODEL_FILE_BYTES_MAX (16 * 1024 * 1024)

/* Parses, validates (clear error naming the JSON path), and holds the model against its own probes. `source` names the file in
   messages. A model that says that it cannot be served is refused with its reason. Returns an owned model (number -1, in_force_from TIME_NONE) or NULL. */
struct model *model_parse(struct slice json, const char *source, struct error *error);
struct model *model_load(const char *path, struct error *error);
/* The same, of a model too that says that it cannot be served: that one may have no scheme at all, and features of kmeans that
   are no features of the state. */
struct model *model_parse_to_look_at(struct slice json, const char *source, struct error *error);
struct model *model_load_to_look_at(const char *path, struct error *error);
void model_free(struct model *model);
/* Was it written for a newer obek? (its obek_model is a number beyond ours) */
bool model_is_newer(struct slice json);

#endif
