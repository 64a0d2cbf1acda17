#include "rfm_fit.h"
#include "../core/cuts.h"
#include "obek/buffer.h"
#include "quantiles.h"

#include <math.h>
#include <stdlib.h>

static const char *const names[RFM_MEASURES] = { "recency", "frequency", "monetary value" };

static bool check(const struct rfm_customer *customers, size_t n, struct error *error) {
    if (n == 0)
        return error_set(error, "there is no customer to learn from");
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < RFM_MEASURES; k++) {
            double value = customers[i].measures[k];
            if (!(value >= 0 && isfinite(value)))
                return error_set(error, "customer %zu: a %s of %g", i + 1, names[k], value);
        }
    return true;
}

/* Scores that nobody can have. A band of recency from 0 to 0 days is one, too: time does not stand still. */
static void warn_of_equal(struct rfm_fit *fit) {
    for (int k = 0; k < RFM_MEASURES; k++) {
        const double *at = fit->edges[k];
        int i = k == RFM_RECENCY && at[1] == 0 ? 1 : 2;
        while (i > 1 && i <= fit->scores && at[i] > at[i - 1])
            i++;
        if (i <= fit->scores)
            fit_warn(&fit->warnings, FIT_EQUAL_CUTS, "%s: edge %d of %d is %g, as is the one before", names[k], i + 1,
                     fit->scores + 1, at[i]);
    }
}

static void measure(const struct rfm_customer *customers, size_t n, int k, double *values) {
    for (size_t i = 0; i < n; i++)
        values[i] = customers[i].measures[k];
}

static void cut(const double *values, size_t n, int scores, double *edges) {
    double shares[RFM_SCORES_MAX + 1];
    for (int i = 0; i <= scores; i++)
        shares[i] = (double)i / scores;
    quantiles(values, n, shares, scores + 1, edges);
}

bool rfm_fit(const struct rfm_customer *customers, size_t n, int scores, struct rfm_fit *fit, struct error *error) {
    *fit = (struct rfm_fit){ .scores = scores };
    if (!check(customers, n, error))
        return false;
    double *values = xmalloc(n * sizeof *values);
    for (int k = 0; k < RFM_MEASURES; k++) {
        measure(customers, n, k, values);
        cut(values, n, scores, fit->edges[k]);
    }
    free(values);
    warn_of_equal(fit);
    return true;
}

static struct cuts inner(int scores, double *edges) {
    return (struct cuts){ scores - 1, edges + 1 };
}

struct rfm rfm_grid(struct rfm_fit *fit, uint8_t *table) {
    return (struct rfm){ inner(fit->scores, fit->edges[RFM_RECENCY]), inner(fit->scores, fit->edges[RFM_FREQUENCY]),
                         inner(fit->scores, fit->edges[RFM_MONETARY]), table };
}

struct place {
    double value;
    size_t row;
};

static int by_value_and_row(const void *left, const void *right) {
    const struct place *a = left, *b = right;
    return a->value != b->value ? (a->value > b->value) - (a->value < b->value) : (a->row > b->row) - (a->row < b->row);
}

/* Cut points of the ranks 1..n. */
static void cut_ranks(size_t n, int scores, double *edges) {
    double *ranks = xmalloc(n * sizeof *ranks);
    for (size_t i = 0; i < n; i++)
        ranks[i] = (double)(i + 1);
    cut(ranks, n, scores, edges);
    free(ranks);
}

/* How many cuts of the ranks lie below each customer's; marks who shares a value with someone of another number. */
static void place_by_rank(const struct rfm_customer *customers, size_t n, int k, int scores, int *below, bool *torn) {
    struct place *places = xmalloc(n * sizeof *places);
    double edges[RFM_SCORES_MAX + 1];
    for (size_t i = 0; i < n; i++)
        places[i] = (struct place){ customers[i].measures[k], i };
    qsort(places, n, sizeof *places, by_value_and_row);
    cut_ranks(n, scores, edges);
    struct cuts cuts = inner(scores, edges);
    for (size_t i = 0; i < n; i++)
        below[places[i].row] = cuts_below(&cuts, (double)(i + 1));
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && places[end].value == places[i].value; end++)
            ;
        if (below[places[i].row] != below[places[end - 1].row])
            for (size_t j = i; j < end; j++)
                torn[places[j].row] = true;
    }
    free(places);
}

static void set_score(struct rfm_score *score, int k, int scores, int below) {
    if (k == RFM_RECENCY)
        score->recency = scores - below;
    else if (k == RFM_FREQUENCY)
        score->frequency = 1 + below;
    else
        score->monetary = 1 + below;
}

static struct rfm_score frozen_score(const struct rfm_customer *customer, const struct rfm *grid) {
    const double *m = customer->measures;
    return rfm_score(grid, m[RFM_RECENCY], m[RFM_FREQUENCY], m[RFM_MONETARY]);
}

size_t rfm_score_ranked(const struct rfm_customer *customers, size_t n, const struct rfm *grid, const bool by_rank[RFM_MEASURES],
                        struct rfm_score *scores) {
    int *below = xcalloc(n, sizeof *below), n_scores = grid->recency.n + 1;
    bool *torn = xcalloc(n, sizeof *torn);
    for (size_t i = 0; i < n; i++)
        scores[i] = frozen_score(&customers[i], grid);
    for (int k = 0; k < RFM_MEASURES; k++)
        if (by_rank[k]) {
            place_by_rank(customers, n, k, n_scores, below, torn);
            for (size_t i = 0; i < n; i++)
                set_score(&scores[i], k, n_scores, below[i]);
        }
    size_t shared = 0;
    for (size_t i = 0; i < n; i++)
        shared += torn[i] ? 1 : 0;
    free(below);
    free(torn);
    return shared;
}

size_t rfm_differing(const struct rfm_customer *customers, size_t n, const struct rfm *grid, const struct rfm_score *scores) {
    size_t differing = 0;
    for (size_t i = 0; i < n; i++) {
        struct rfm_score frozen = frozen_score(&customers[i], grid);
        differing += rfm_segment(grid, &frozen) != rfm_segment(grid, &scores[i]) ? 1 : 0;
    }
    return differing;
}
