/* The line that says how far a catch-up is, every few seconds, on a terminal only (contract: "progress only to a terminal"). */
#ifndef OBEK_CATCH_UP_H
#define OBEK_CATCH_UP_H

#include <stdint.h>

struct catch_up;

struct catch_up *catch_up_new(void);
void catch_up_free(struct catch_up *catch_up); /* ends the line */
/* records: taken so far; lag: still to come; now: monotonic ms. */
void catch_up_show(struct catch_up *catch_up, uint64_t records, int64_t lag, int64_t now_ms);

#endif
