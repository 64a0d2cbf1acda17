/* Why a customer is where they are, in numbers (contract: `obek explain`; design, section 3). Pure: the instant is an argument.
 */
#ifndef OBEK_EXPLAIN_H
#define OBEK_EXPLAIN_H

#include "obek/customer.h"

/* One feature's part in a comparison of two centroids. */
struct feature_part {
    enum feature feature;
    double value;         /* as used: clipped, raw units */
    double typical_here;  /* where the centroid of the segment lies, and that of the runner-up, in raw units */
    double typical_there; /* (the transform inverted) */
    double advantage;     /* (z - c_r)^2 - (z - c_i)^2: positive speaks for the segment, negative for the runner-up */
};

struct kmeans_explanation {
    double square, runner_up_square; /* d_i^2, d_r^2; runner_up_square NAN without a runner-up */
    double advantage;                /* d_r^2 - d_i^2: the sum of the features' parts (rounding aside); NAN without a runner-up */
    double leaves_below;             /* the runner-up takes over once the advantage is below this: -2 h D_ir^2 */
    int n;                           /* 0 without a runner-up */
    struct feature_part features[SCHEME_FEATURES_MAX];
};

/* A value between two cuts. */
struct band_explanation {
    enum feature feature;
    double value;
    double above, up_to; /* the cuts around it: above < value <= up_to; -INFINITY and INFINITY where there is none */
    int score, scores;   /* 1 (worst) to scores */
};

struct rfm_explanation {
    struct band_explanation recency, frequency, monetary; /* monetary does not count for the segment */
};

struct cltv_explanation {
    double cltv, p_alive, purchases, order_value; /* order_value: expected of a purchase */
    double purchases_so_far;                      /* x, capped */
    double avg_order_value;                       /* m, capped */
    double above, up_to;                          /* the band: above < cltv <= up_to; -INFINITY and INFINITY */
    double to_lower, to_upper;                    /* distances to the cuts; INFINITY where there is none */
};

struct scheme_explanation {
    enum scheme_type type;
    struct scheme_answer answer;
    struct due due;
    union {
        struct kmeans_explanation kmeans;
        struct rfm_explanation rfm;
        struct cltv_explanation cltv;
    };
};

/* The answer at `now` and what it is made of. present: the index of the segment the customer is in, or -1. The customer has at
   least one live order. */
void scheme_explain(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int present,
                    int64_t now, struct scheme_explanation *out);

/* One more order of the usual size at `now`: their mean value (half up), on the side where they have more live orders, on a tie
   where the last one was; its hash is that of no order in the ledger. False without a live order. */
bool explain_usual_order(const struct ledger *ledger, int64_t now, struct order *order);

#endif
