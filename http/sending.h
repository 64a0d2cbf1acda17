/* An answer as MHD sends it: at once, or piece by piece. */
#ifndef OBEK_SENDING_H
#define OBEK_SENDING_H

#include "answer.h"
#include "lookups.h"

#include <microhttpd.h>

/* Takes body, stream or listener out of the answer. NULL: MHD has no memory. */
struct MHD_Response *response_of(struct answer *answer, struct MHD_Connection *connection, struct lookups *lookups);

#endif
