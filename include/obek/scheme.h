/* A scheme's answer for a customer at an instant (design, section 3). */
#ifndef OBEK_SCHEME_H
#define OBEK_SCHEME_H

#include "obek/model.h"

#define SCHEME_VALUES_MAX (SCHEME_FEATURES_MAX + 3)

struct scheme_value {
    const char *name; /* static */
    double value;
};

struct scheme_answer {
    int segment;   /* index into the scheme's segments */
    int runner_up; /* kmeans: the second nearest; rfm: where time moves to; cltv: the band behind the nearer cut. -1: none */
    double margin; /* from 0, on the border to the runner-up, to 1 (contract, "A segment change"); 1 when there is none:
                      kmeans: clamp((d_r^2 - d_i^2) / D_ir^2, 0, 1)
                      rfm: the share of the present recency band that is left; 1 in the last band, which has no end
                      cltv: distance to the nearer cut over the band's width (lowest band: its cut; highest: the cut below) */
};

/* The segment at `now` of a customer with at least one live order. present: the index of the present segment, or -1 for
   an entry (hysteresis does not apply then). */
struct scheme_answer scheme_evaluate(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major,
                                     int present, int64_t now);
/* The raw features as used (clipped or capped, so always finite), in the scheme's order, then what the scheme makes of them
   (rfm: the three scores; cltv: cltv, p_alive, purchases over the whole horizon); returns how many. */
int scheme_values(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int64_t now,
                  struct scheme_value values[SCHEME_VALUES_MAX]);
/* What a customer with at least one live order is expected to bring within the horizon of a scheme of type `cltv`, in major
   units: the value of that name among those above. */
double scheme_cltv(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int64_t now);

#endif
