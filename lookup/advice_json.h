/* What the campaign catalogue says of a segment, as `obek explain -o json`, `obek segments -o json` and the API tell it. */
#ifndef OBEK_LOOKUP_ADVICE_JSON_H
#define OBEK_LOOKUP_ADVICE_JSON_H

#include "obek/catalogue.h"
#include "obek/name.h"

/* Sets `advice`, in the words of the catalogue (null when it says nothing), and `campaigns`, their ids as in an event. segment:
   NULL for somebody who is in none. */
void advice_put(json_t *answer, const struct catalogue *catalogue, const struct name *scheme, const struct name *segment);

#endif
