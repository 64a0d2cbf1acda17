/* Recency, frequency, monetary: by frozen cut points, as it is served, and by rank, as notebooks do it. */
#include "learn.h"
#include "rfm_fit.h"

#include <stdlib.h>

struct rfm_learning {
    const struct learning *learning;
    struct learned *learned;
    size_t n;
    struct rfm_customer *customers;
    int scores;
    uint8_t *table; /* scores rows of as many: segments */
    struct rfm_fit fit;
    struct rfm grid;
};

static bool take_measures(struct rfm_learning *rfm, struct error *error) {
    static const enum feature measures[RFM_MEASURES] = { FEATURE_RECENCY_DAYS, FEATURE_FREQUENCY, FEATURE_MONETARY };
    const struct customers *customers = rfm->learning->customers;
    rfm->n = customers->frame.n;
    rfm->customers = xcalloc(rfm->n, sizeof *rfm->customers);
    for (int m = 0; m < RFM_MEASURES; m++) {
        if (!customers_have(customers, measures[m], feature_name(measures[m]), error))
            return false;
        for (size_t i = 0; i < rfm->n; i++)
            rfm->customers[i].measures[m] = customers_value(customers, i, measures[m], NULL);
    }
    return true;
}

static void name(struct learned_segment *segment, const char *id, const char *label_en, const char *label_tr) {
    name_set(&segment->id, slice_of(id));
    segment->label_en = label_en != NULL ? xstrdup(label_en) : NULL;
    segment->label_tr = label_tr != NULL ? xstrdup(label_tr) : NULL;
}

/* The recipe's segments and table, else the usual ten. */
static void take_table(struct rfm_learning *rfm) {
    struct learned *learned = rfm->learned;
    const struct recipe_scheme *recipe = learned->recipe;
    size_t cells = (size_t)rfm->scores * (size_t)rfm->scores;
    rfm->table = xcalloc(cells, 1);
    memcpy(rfm->table, recipe->rfm.table != NULL ? recipe->rfm.table : &rfm_named_table[0][0], cells);
    if (recipe->rfm.table != NULL) {
        learned_take_segments(learned);
        return;
    }
    learned->n_segments = RFM_NAMED;
    learned->segments = xcalloc(RFM_NAMED, sizeof *learned->segments);
    for (int s = 0; s < RFM_NAMED; s++)
        name(&learned->segments[s], rfm_named[s].id, rfm_named[s].label_en, rfm_named[s].label_tr);
}

static json_t *reals(const double *values, int n) {
    json_t *array = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(array, json_real(values[i]));
    return array;
}

static json_t *cuts_json(const struct rfm_fit *fit) {
    return json_pack("{s:o, s:o, s:o}", "recency_days", reals(fit->edges[RFM_RECENCY] + 1, fit->scores - 1), "frequency",
                     reals(fit->edges[RFM_FREQUENCY] + 1, fit->scores - 1), "monetary",
                     reals(fit->edges[RFM_MONETARY] + 1, fit->scores - 1));
}

static json_t *table_json(const struct rfm_learning *rfm) {
    json_t *rows = json_array();
    for (int r = 0; r < rfm->scores; r++) {
        json_t *row = json_array();
        for (int f = 0; f < rfm->scores; f++)
            json_array_append_new(row, json_string(rfm->learned->segments[rfm->table[r * rfm->scores + f]].id.text));
        json_array_append_new(rows, row);
    }
    return rows;
}

static void put_scores(struct rfm_learning *rfm, const struct rfm_score *scores) {
    double *columns[RFM_MEASURES];
    bool second = false; /* of two rfm schemes the second one's scores bear its name */
    const struct recipe *recipe = rfm->learning->recipe;
    for (const struct recipe_scheme *other = recipe->schemes; other < rfm->learned->recipe; other++)
        second = second || other->type == RECIPE_RFM;
    const char *prefix = second ? rfm->learned->recipe->name.text : "", *mark = second ? "_" : "";
    for (int m = 0; m < RFM_MEASURES; m++)
        columns[m] = xcalloc(rfm->n + 1, sizeof(double));
    for (size_t i = 0; i < rfm->n; i++) {
        columns[RFM_RECENCY][i] = scores[i].recency;
        columns[RFM_FREQUENCY][i] = scores[i].frequency;
        columns[RFM_MONETARY][i] = scores[i].monetary;
        rfm->learned->segment_of[i] = rfm->table[(scores[i].recency - 1) * rfm->scores + scores[i].frequency - 1];
    }
    learned_add(rfm->learned, columns[RFM_RECENCY], "%s%srecency_score", prefix, mark);
    learned_add(rfm->learned, columns[RFM_FREQUENCY], "%s%sfrequency_score", prefix, mark);
    learned_add(rfm->learned, columns[RFM_MONETARY], "%s%smonetary_score", prefix, mark);
}

static void score_frozen(struct rfm_learning *rfm, struct rfm_score *scores) {
    for (size_t i = 0; i < rfm->n; i++)
        scores[i] = rfm_score(&rfm->grid, rfm->customers[i].measures[RFM_RECENCY], rfm->customers[i].measures[RFM_FREQUENCY],
                              rfm->customers[i].measures[RFM_MONETARY]);
}

static void compare(struct rfm_learning *rfm) {
    static const bool by_rank[RFM_MEASURES] = { [RFM_FREQUENCY] = true };
    struct learned *learned = rfm->learned;
    struct rfm_score *ranked = xcalloc(rfm->n, sizeof *ranked), *frozen = xcalloc(rfm->n, sizeof *frozen);
    size_t straddling = rfm_score_ranked(rfm->customers, rfm->n, &rfm->grid, by_rank, ranked);
    size_t differing = rfm_differing(rfm->customers, rfm->n, &rfm->grid, ranked);
    score_frozen(rfm, frozen);
    learned->segment_of = xcalloc(rfm->n + 1, 1);
    put_scores(rfm, learned->recipe->rfm.rank ? ranked : frozen);
    json_t *edges = json_pack("{s:o, s:o, s:o}", "recency_days", reals(rfm->fit.edges[RFM_RECENCY], rfm->scores + 1), "frequency",
                              reals(rfm->fit.edges[RFM_FREQUENCY], rfm->scores + 1), "monetary",
                              reals(rfm->fit.edges[RFM_MONETARY], rfm->scores + 1));
    json_object_update_missing_new(learned->metrics,
                                   json_pack("{s:s, s:o, s:o, s:I, s:I}", "mode", learned->recipe->rfm.rank ? "rank" : "frozen",
                                             "edges", edges, "table", table_json(rfm), "straddling_ties",
                                             (json_int_t)straddling, "rank_differs_from_frozen", (json_int_t)differing));
    fprintf(stderr, "obek train: scheme %s: by rank and by frozen cut points %zu of %zu customers are in different segments\n",
            learned->recipe->name.text, differing, rfm->n);
    free(ranked);
    free(frozen);
}

static bool learn(struct rfm_learning *rfm, struct error *error) {
    struct learned *learned = rfm->learned;
    rfm->scores = learned->recipe->rfm.scores;
    if (!take_measures(rfm, error) || !rfm_fit(rfm->customers, rfm->n, rfm->scores, &rfm->fit, error))
        return false;
    take_table(rfm);
    rfm->grid = rfm_grid(&rfm->fit, rfm->table);
    compare(rfm);
    learned_warn_fit(learned, &rfm->fit.warnings);
    if (learned->recipe->rfm.rank)
        learned_not_served(learned, "scores by rank depend on the other customers and on the order of the file");
    if (rfm->learning->customers->cleaning.n_caps > 0)
        learned_not_served(learned, "it was learned from capped columns, which a state does not have");
    learned->scheme =
        json_pack("{s:s, s:s, s:o, s:o, s:o}", "name", learned->recipe->name.text, "type", "rfm", "cuts", cuts_json(&rfm->fit),
                  "table", table_json(rfm), "segments", learned_segments_json(learned));
    return true;
}

bool learn_rfm(const struct learning *learning, struct learned *learned, struct error *error) {
    struct rfm_learning rfm = { .learning = learning, .learned = learned };
    bool good = learn(&rfm, error);
    free(rfm.customers);
    free(rfm.table);
    return good;
}
