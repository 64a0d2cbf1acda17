#ifndef OBEK_TRAINER_PROBES_H
#define OBEK_TRAINER_PROBES_H

#include "training.h"

/* One made-up customer for each segment of each scheme, and what the model says of them: `probes` of the model file. */
json_t *probes_json(const struct training *training, const struct model *model);

#endif
