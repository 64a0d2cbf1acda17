/* When a scheme's answer changes while nothing arrives (design, section 4): found rigorously, never stepped over. */
#ifndef OBEK_DUE_H
#define OBEK_DUE_H

#include "obek/scheme.h"

#define DUE_HORIZON_MS (INT64_C(36525) * MS_PER_DAY) /* "never" means not within 100 years */

struct due {
    int64_t at;  /* the first integer ms after `after` at which scheme_evaluate answers another segment; TIME_NEVER */
    int segment; /* that other segment; -1 when never */
};

/* present: the index of the segment at `after` (what scheme_evaluate answered there); after: not before the last order. */
struct due scheme_due(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int present,
                      int64_t after);

#endif
