/* The score grid (design, section 3, "RFM"): what scheme.c and due.c share. */
#ifndef CORE_RFM_H
#define CORE_RFM_H

#include "obek/due.h"

/* From 1, best last. */
struct rfm_score {
    int recency, frequency, monetary;
};

struct rfm_score rfm_score(const struct rfm *rfm, double recency_days, double frequency, double monetary);
int rfm_segment(const struct rfm *rfm, const struct rfm_score *score);

struct scheme_answer rfm_evaluate(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major,
                                  int64_t now);
int rfm_values(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int64_t now,
               struct scheme_value values[SCHEME_VALUES_MAX]);
/* The first instant in (after, until] at which rfm_evaluate answers another segment than `present`. */
struct due rfm_due(const struct scheme *scheme, const struct ledger_summary *summary, int present, int64_t after, int64_t until);

#endif
