/* The line that says how far a catch-up is, every few seconds, on a terminal only (contract: "progress only to a terminal"). */
#ifndef OBEK_PROGRESS_H
#define OBEK_PROGRESS_H

#include <stdint.h>

struct progress;

struct progress *progress_new(void);
void progress_free(struct progress *progress); /* ends the line */
/* records: taken so far; lag: still to come; now: monotonic ms. */
void progress_show(struct progress *progress, uint64_t records, int64_t lag, int64_t now_ms);

#endif
