/* Customer lifetime value: how often they will buy times how much. */
#include "../core/cuts.h"
#include "bands.h"
#include "holdout.h"
#include "obek/printing.h"
#include "purchase_fit.h"

#include <math.h>
#include <stdlib.h>

#define WEEKS_PER_MONTH 4.345 /* oracles, "CLTV" */
#define Q_MIN 1.001           /* a mean exists above 1 */

struct cltv_learning {
    const struct learning *learning;
    struct learned *learned;
    size_t n;
    struct history *histories;
    struct spending *spendings;
    struct purchase_fit purchases;
    struct gamma_gamma_fit values;
    double *p_alive, *bought[8], *mean, *cltv; /* of every customer */
    double cuts[SCHEME_CUTS_MAX];
    struct fit_warnings band_warnings;
};

/* Someone without any purchase that counts has no mean under q <= 1. */
static bool everyone_has_a_mean(const struct cltv_learning *cltv) {
    const struct gamma_gamma *model = &cltv->values.model;
    double least = INFINITY;
    for (size_t i = 0; i < cltv->n; i++)
        least = fmin(least, cltv->spendings[i].x);
    return model->p * least + model->q > 1;
}

static bool fit(struct cltv_learning *cltv, struct error *error) {
    const struct recipe_scheme *recipe = cltv->learned->recipe;
    double penalty = recipe->cltv.gamma_penalty;
    if (!purchase_fit(recipe->cltv.process, cltv->histories, cltv->n, recipe->cltv.penalty, &cltv->purchases, error) ||
        !gamma_gamma_fit(cltv->spendings, cltv->n, penalty, penalty > 0 ? 0 : Q_MIN, &cltv->values, error))
        return false;
    return everyone_has_a_mean(cltv) || gamma_gamma_fit(cltv->spendings, cltv->n, penalty, Q_MIN, &cltv->values, error);
}

static struct forecast_plan plan_of(const struct recipe_scheme *recipe) {
    struct forecast_plan plan = { .n_horizons = (int)recipe->cltv.n_horizons,
                                  .month = WEEKS_PER_MONTH * 7 / recipe->cltv.unit_days,
                                  .months = recipe->cltv.months,
                                  .discount = recipe->cltv.discount };
    for (int h = 0; h < plan.n_horizons; h++)
        plan.horizons[h] = recipe->cltv.horizons[h];
    return plan;
}

struct forecasting {
    struct cltv_learning *cltv;
    struct forecast_plan plan;
};
#define FORECAST_BLOCK 1024

static void forecast_block(void *context, size_t block) {
    const struct forecasting *forecasting = context;
    struct cltv_learning *cltv = forecasting->cltv;
    size_t end = (block + 1) * FORECAST_BLOCK;
    for (size_t i = block * FORECAST_BLOCK; i < end && i < cltv->n; i++) {
        struct forecast forecast;
        forecast_customer(&cltv->purchases.model, &cltv->histories[i], &forecasting->plan, &forecast);
        cltv->p_alive[i] = forecast.p_alive;
        for (int h = 0; h < forecasting->plan.n_horizons; h++)
            cltv->bought[h][i] = forecast.purchases[h];
        cltv->mean[i] = gamma_gamma_mean(&cltv->values.model, cltv->spendings[i].x, cltv->spendings[i].m);
        cltv->cltv[i] = forecast.discounted * cltv->mean[i];
    }
}

static void forecast_all(struct cltv_learning *cltv) {
    struct forecasting forecasting = { cltv, plan_of(cltv->learned->recipe) };
    for (int h = 0; h < forecasting.plan.n_horizons; h++)
        cltv->bought[h] = xcalloc(cltv->n + 1, sizeof(double));
    cltv->p_alive = xcalloc(cltv->n + 1, sizeof(double));
    cltv->mean = xcalloc(cltv->n + 1, sizeof(double));
    cltv->cltv = xcalloc(cltv->n + 1, sizeof(double));
    workers_run(cltv->learning->workers, (cltv->n + FORECAST_BLOCK - 1) / FORECAST_BLOCK, forecast_block, &forecasting);
}

static bool divide(struct cltv_learning *cltv, struct error *error) {
    struct learned *learned = cltv->learned;
    int n_bands = (int)learned->recipe->n_segments;
    if (!bands_fit(cltv->cltv, cltv->n, n_bands, cltv->cuts, &cltv->band_warnings, error))
        return false;
    const struct cuts cuts = { n_bands - 1, cltv->cuts };
    learned_take_segments(learned);
    learned->segment_of = xcalloc(cltv->n + 1, 1);
    for (size_t i = 0; i < cltv->n; i++)
        learned->segment_of[i] = (uint8_t)cuts_below(&cuts, cltv->cltv[i]);
    return true;
}

static json_t *parameters_json(const char *(*name)(enum purchase_model_type, int), enum purchase_model_type type,
                               const double *parameters, const double *errors, int n) {
    json_t *json = json_object();
    for (int i = 0; i < n; i++)
        json_object_set_new(json, name(type, i),
                            json_pack("{s:f, s:o}", "value", parameters[i], "standard_error", real_json(errors[i])));
    return json;
}

static const char *gamma_parameter(enum purchase_model_type type, int i) {
    static const char *const names[] = { "p", "q", "v" };
    (void)type;
    return names[i];
}

static json_t *process_json(const struct cltv_learning *cltv) {
    const struct purchase_fit *fit = &cltv->purchases;
    enum purchase_model_type type = fit->model.type;
    return json_pack(
        "{s:s, s:o, s:f, s:f, s:o, s:I, s:I}", "model", purchase_model_name(type), "parameters",
        parameters_json(purchase_parameter_name, type, fit->model.parameters, fit->standard_errors, PURCHASE_PARAMETERS),
        "penalty", cltv->learned->recipe->cltv.penalty, "log_likelihood", fit->log_likelihood, "nbd_log_likelihood",
        real_json(fit->nbd_log_likelihood), "customers", (json_int_t)fit->customers, "repeaters", (json_int_t)fit->repeaters);
}

static json_t *values_json(const struct cltv_learning *cltv) {
    const struct gamma_gamma_fit *fit = &cltv->values;
    const double parameters[] = { fit->model.p, fit->model.q, fit->model.v };
    return json_pack("{s:o, s:f, s:f, s:o, s:I, s:I, s:I}", "parameters",
                     parameters_json(gamma_parameter, PURCHASE_BGNBD, parameters, fit->standard_errors, 3), "penalty",
                     cltv->learned->recipe->cltv.gamma_penalty, "log_likelihood", fit->log_likelihood, "mean",
                     real_json(fit->mean), "customers", (json_int_t)fit->customers, "without_purchases",
                     (json_int_t)fit->without_purchases, "without_value", (json_int_t)fit->without_value);
}

/* Sums of a column by band, and of all. */
static json_t *sums_json(const struct cltv_learning *cltv, const double *values) {
    const struct learned *learned = cltv->learned;
    json_t *json = json_object();
    double all = 0;
    for (int s = 0; s < learned->n_segments; s++) {
        double sum = 0;
        size_t n = 0;
        for (size_t i = 0; i < cltv->n; i++)
            if (learned->segment_of[i] == s) {
                sum += values[i];
                n++;
            }
        all += sum;
        json_object_set_new(
            json, learned->segments[s].id.text,
            json_pack("{s:I, s:f, s:o}", "customers", (json_int_t)n, "sum", sum, "mean", real_json(sum / (double)n)));
    }
    json_t *total = json_pack("{s:I, s:f, s:f}", "customers", (json_int_t)cltv->n, "sum", all, "mean", all / (double)cltv->n);
    return json_pack("{s:o, s:o}", "segments", json, "all", total);
}

static void report(struct cltv_learning *cltv) {
    struct learned *learned = cltv->learned;
    const struct recipe_scheme *recipe = learned->recipe;
    json_t *sums = json_object(), *cuts = json_array();
    char text[64];
    for (size_t h = 0; h < recipe->cltv.n_horizons; h++) {
        char horizon[32];
        real_text(recipe->cltv.horizons[h], horizon);
        snprintf(text, sizeof text, "purchases_%s", horizon);
        json_object_set_new(sums, text, sums_json(cltv, cltv->bought[h]));
    }
    json_object_set_new(sums, "cltv", sums_json(cltv, cltv->cltv));
    for (int c = 0; c + 1 < learned->n_segments; c++)
        json_array_append_new(cuts, json_real(cltv->cuts[c]));
    json_object_update_missing_new(
        learned->metrics, json_pack("{s:o, s:o, s:f, s:s, s:i, s:f, s:o, s:o, s:o}", "process", process_json(cltv), "gamma_gamma",
                                    values_json(cltv), "unit_days", recipe->cltv.unit_days, "x",
                                    recipe->cltv.all_orders ? "frequency" : "repeat_frequency", "months", recipe->cltv.months,
                                    "discount", recipe->cltv.discount, "cuts", cuts, "bands", sums, "holdout",
                                    holdout_json(cltv->learning->customers, recipe, cltv->histories, cltv->bought)));
    learned_warn_fit(learned, &cltv->purchases.warnings);
    learned_warn_fit(learned, &cltv->values.warnings);
    learned_warn_fit(learned, &cltv->band_warnings);
}

/* Hands the columns over. */
static void put_columns(struct cltv_learning *cltv) {
    struct learned *learned = cltv->learned;
    const struct recipe *recipe = cltv->learning->recipe;
    bool second = false; /* of two such schemes the second one's columns bear its name */
    for (const struct recipe_scheme *other = recipe->schemes; other < learned->recipe; other++)
        second = second || other->type == RECIPE_CLTV;
    const char *prefix = second ? learned->recipe->name.text : "", *mark = second ? "_" : "";
    learned_add(learned, cltv->p_alive, "%s%sp_alive", prefix, mark);
    for (size_t h = 0; h < learned->recipe->cltv.n_horizons; h++) {
        char horizon[32];
        real_text(learned->recipe->cltv.horizons[h], horizon);
        learned_add(learned, cltv->bought[h], "%s%spurchases_%s", prefix, mark, horizon);
    }
    learned_add(learned, cltv->mean, "%s%sexpected_value", prefix, mark);
    learned_add(learned, cltv->cltv, "%s", learned->recipe->name.text);
}

static json_t *caps_json(const struct cltv_learning *cltv) {
    static const char *const columns[] = { "orders_online", "orders_offline", "value_online", "value_offline" };
    const struct cleaning *cleaning = &cltv->learning->customers->cleaning;
    json_t *caps = json_object();
    size_t followed = 0;
    for (int c = 0; c < 4; c++) {
        const struct cap *cap = cleaning_cap(cleaning, columns[c]);
        if (cap == NULL)
            continue;
        followed++;
        if (isfinite(cap->high))
            json_object_set_new(caps, columns[c], c < 2 ? json_integer((json_int_t)cap->high) : json_real(cap->high));
        if (cap->low > 0)
            learned_not_served(cltv->learned, "%s was capped from below, which obek run does not do", columns[c]);
        if (c < 2 && isfinite(cap->high) && cap->high != floor(cap->high))
            learned_not_served(cltv->learned, "%s was capped at no whole number: \"whole\" in the recipe's step", columns[c]);
    }
    if (followed < cleaning->n_caps)
        learned_not_served(cltv->learned, "it was learned from capped columns, which a state does not have");
    return caps;
}

static void say_what_is_not_served(struct learned *learned) {
    const struct recipe_scheme *recipe = learned->recipe;
    if (recipe->cltv.process != PURCHASE_BGNBD)
        learned_not_served(learned, "obek run serves bgnbd, not %s", purchase_model_name(recipe->cltv.process));
    if (recipe->cltv.merge_days)
        learned_not_served(learned, "it counts purchases of one day as one, which a state does not tell");
    if (recipe->cltv.repeat_mean)
        learned_not_served(learned, "its mean value leaves the first purchase out, which a state does not tell apart");
    if (recipe->cltv.round_units > 0 || recipe->cltv.round_money > 0)
        learned_not_served(learned, "times or means were rounded, which obek run does not do");
}

static void make_scheme(struct cltv_learning *cltv) {
    struct learned *learned = cltv->learned;
    const struct recipe_scheme *recipe = learned->recipe;
    const double *parameters = cltv->purchases.model.parameters;
    json_t *cuts = json_array(), *caps = caps_json(cltv);
    for (int c = 0; c + 1 < learned->n_segments; c++) {
        if (!(cltv->cuts[c] > (c > 0 ? cltv->cuts[c - 1] : 0)))
            learned_not_served(learned, "two bands have the same cut");
        json_array_append_new(cuts, json_real(cltv->cuts[c]));
    }
    say_what_is_not_served(learned);
    learned->scheme =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:{s:f, s:f, s:f, s:f}, s:{s:f, s:f, s:f}, s:f, s:i, s:f, s:o, s:o}", "name",
                  recipe->name.text, "type", "cltv", "x", recipe->cltv.all_orders ? "frequency" : "repeat_frequency", "m",
                  "avg_order_value", "caps", caps, "bgnbd", "r", parameters[0], "alpha", parameters[1], "a", parameters[2], "b",
                  parameters[3], "gamma_gamma", "p", cltv->values.model.p, "q", cltv->values.model.q, "v", cltv->values.model.v,
                  "unit_days", recipe->cltv.unit_days, "months", recipe->cltv.months, "discount", recipe->cltv.discount, "cuts",
                  cuts, "segments", learned_segments_json(learned));
}

static void free_columns(struct cltv_learning *cltv) {
    for (int h = 0; h < 8; h++)
        free(cltv->bought[h]);
    free(cltv->p_alive);
    free(cltv->mean);
    free(cltv->cltv);
}

bool learn_cltv(const struct learning *learning, struct learned *learned, struct error *error) {
    struct cltv_learning cltv = { .learning = learning, .learned = learned, .n = learning->customers->frame.n };
    cltv.histories = xcalloc(cltv.n + 1, sizeof *cltv.histories);
    cltv.spendings = xcalloc(cltv.n + 1, sizeof *cltv.spendings);
    bool good = histories_fill(learning->customers, learned->recipe, cltv.histories, cltv.spendings, error) && fit(&cltv, error);
    if (good)
        forecast_all(&cltv);
    if (good && divide(&cltv, error)) {
        report(&cltv);
        make_scheme(&cltv);
        put_columns(&cltv);
    } else {
        good = false;
        free_columns(&cltv);
    }
    free(cltv.histories);
    free(cltv.spendings);
    return good;
}
