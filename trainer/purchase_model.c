#include "purchase_model.h"
#include "obek/bgnbd.h"
#include "purchase_likelihood.h"

#include <math.h>

enum { R, ALPHA, S, BETA };

const char *purchase_model_name(enum purchase_model_type type) {
    static const char *const names[] = {
        [PURCHASE_BGNBD] = "bgnbd", [PURCHASE_MBGNBD] = "mbgnbd", [PURCHASE_PARETO] = "pareto_nbd"
    };
    return names[type];
}

const char *purchase_parameter_name(enum purchase_model_type type, int i) {
    static const char *const names[][PURCHASE_PARAMETERS] = { [PURCHASE_BGNBD] = { "r", "alpha", "a", "b" },
                                                              [PURCHASE_MBGNBD] = { "r", "alpha", "a", "b" },
                                                              [PURCHASE_PARETO] = { "r", "alpha", "s", "beta" } };
    return names[type][i];
}

/* A model and a customer as the core's formulas want them. In the MBG/NBD the first order is one more chance to leave: that is a
   BG/NBD with x one higher and r one lower, since the formulas know r as r + x and b as b + x alone. */
struct view {
    struct bgnbd model;
    double x;
};

static struct view view_of(const struct purchase_model *model, double x) {
    const double *p = model->parameters;
    int first = model->type == PURCHASE_MBGNBD ? 1 : 0;
    return (struct view){ { p[0] - first, p[1], p[2], p[3] }, x + first };
}

static bool nobody_leaves(const struct purchase_model *model) {
    return model->parameters[S] < BGNBD_NO_DROPOUT;
}

static double beta_purchases(const void *model, double t, double x, double T) {
    return bgnbd_purchases_alive(model, t, x, T);
}

/* (r + x) (beta + T) / ((alpha + T) (s - 1)) (1 - ((beta + T) / (beta + T + t))^(s - 1)), at s = 1 too (Schmittlein, Morrison,
   Colombo 1987, 22). */
static double pareto_purchases(const void *model, double t, double x, double T) {
    const struct purchase_model *pareto = model;
    const double *p = pareto->parameters;
    double rate = (p[R] + x) / (p[ALPHA] + T), u = 1 - p[S], beta_T = p[BETA] + T;
    if (nobody_leaves(pareto))
        return rate * t;
    double growth = log1p(t / beta_T);
    return rate * beta_T * (u == 0 ? growth : expm1(u * growth) / u);
}

static double p_alive(const struct purchase_model *model, const struct history *history) {
    if (nobody_leaves(model))
        return 1;
    if (model->type == PURCHASE_PARETO) {
        struct curve l;
        pareto_log_odds(model->parameters, history, DEPTH_VALUE, &l);
        return 1 / (1 + exp(l.value));
    }
    struct view view = view_of(model, history->x);
    return bgnbd_p_alive(&view.model, view.x, history->tx, history->T);
}

void forecast_customer(const struct purchase_model *model, const struct history *history, const struct forecast_plan *plan,
                       struct forecast *forecast) {
    bool pareto = model->type == PURCHASE_PARETO;
    struct view view = view_of(model, history->x);
    purchases_alive *purchases = pareto ? pareto_purchases : beta_purchases;
    const void *formulas = pareto ? (const void *)model : &view.model;
    double x = pareto ? history->x : view.x, alive = p_alive(model, history);
    forecast->p_alive = alive;
    for (int i = 0; i < plan->n_horizons; i++)
        forecast->purchases[i] = alive * purchases(formulas, plan->horizons[i], x, history->T);
    forecast->discounted =
        alive * discounted_purchases(purchases, formulas, plan->month, plan->months, plan->discount, x, history->T);
}
