/* RFM: a score for each of recency, frequency and monetary value, by quantiles of equal shares (quintiles for five scores), and a
   segment for each pair of the first two. Two ways to score:
     frozen   cut points at the quantiles of the values; a function of a customer's state alone, so it can be served;
     ranked   as notebooks do it: a chosen measure is scored by its rank, ties in the order of the file; for agreement only. */
#ifndef OBEK_TRAINER_RFM_FIT_H
#define OBEK_TRAINER_RFM_FIT_H

#include "../core/rfm.h"
#include "fit_warnings.h"
#include "obek/error.h"

#define RFM_MEASURES 3
#define RFM_SCORES_MAX 15

/* Indices of a customer's measures. */
enum rfm_measure { RFM_RECENCY, RFM_FREQUENCY, RFM_MONETARY };

struct rfm_customer {
    double measures[RFM_MEASURES]; /* days; orders; major units: finite, not negative */
};

struct rfm_fit {
    int scores;
    double edges[RFM_MEASURES][RFM_SCORES_MAX + 1]; /* least value, scores - 1 cut points, greatest value */
    struct fit_warnings warnings;
};

/* 2 <= scores <= RFM_SCORES_MAX. False: no customer, or a measure that cannot be; the error names the customer, counted from 1.
 */
bool rfm_fit(const struct rfm_customer *customers, size_t n, int scores, struct rfm_fit *fit, struct error *error);
/* The grid as the core scores by it (rfm_score, rfm_segment) and a model holds it. Borrows both arguments; table: segments by
   recency score, then frequency score, scores rows of as many. */
struct rfm rfm_grid(struct rfm_fit *fit, uint8_t *table);

/* Scores of all customers that rfm_fit took, by rank for those measures of which by_rank is true; notebooks rank the frequency
   alone. Returns how many customers share a ranked value with someone of another score. */
size_t rfm_score_ranked(const struct rfm_customer *customers, size_t n, const struct rfm *grid, const bool by_rank[RFM_MEASURES],
                        struct rfm_score *scores);
/* How many are in another segment by these scores than by the frozen cut points. */
size_t rfm_differing(const struct rfm_customer *customers, size_t n, const struct rfm *grid, const struct rfm_score *scores);

/* The ten named segments by five scores that marketers know (oracles, "RFM"). */
#define RFM_NAMED 10
extern const struct rfm_named { const char *id, *label_en, *label_tr; } rfm_named[RFM_NAMED];
extern const uint8_t rfm_named_table[5][5]; /* indices of rfm_named */

#endif
