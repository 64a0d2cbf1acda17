#include "holdout.h"

/* By purchases 0, 1, ... 6, and 7 or more, as conditional expectations are shown in Fader, Hardie and Lee, "Counting Your
   Customers" the Easy Way, Marketing Science 24(2), 2005. */
#define GROUPS 8

struct group {
    size_t customers;
    double expected, bought;
};

static void take(struct group *group, double expected, double bought) {
    group->customers++;
    group->expected += expected;
    group->bought += bought;
}

static json_t *groups_json(const struct group *groups) {
    json_t *json = json_array();
    for (int g = 0; g < GROUPS; g++)
        if (groups[g].customers > 0)
            json_array_append_new(json, json_pack("{s:i, s:b, s:I, s:f, s:f}", "x", g, "and_more", g == GROUPS - 1, "customers",
                                                  (json_int_t)groups[g].customers, "expected", groups[g].expected, "bought",
                                                  groups[g].bought));
    return json;
}

static json_t *horizon_json(const struct customers *customers, const struct recipe_scheme *scheme,
                            const struct history *histories, double horizon, const double *expected) {
    int64_t until = customers->as_of + (int64_t)(horizon * scheme->cltv.unit_days * (double)MS_PER_DAY);
    struct group all = { 0 }, groups[GROUPS] = { 0 };
    for (size_t i = 0; i < customers->frame.n; i++) {
        double bought = history_bought_until(customers, scheme, i, until);
        take(&all, expected[i], bought);
        take(&groups[histories[i].x < GROUPS - 1 ? (int)histories[i].x : GROUPS - 1], expected[i], bought);
    }
    return json_pack("{s:f, s:f, s:f, s:o}", "horizon", horizon, "expected", all.expected, "bought", all.bought, "groups",
                     groups_json(groups));
}

json_t *holdout_json(const struct customers *customers, const struct recipe_scheme *scheme, const struct history *histories,
                     double *const *expected) {
    json_t *json = json_array();
    for (size_t h = 0; h < scheme->cltv.n_horizons && customers->counted.later > 0; h++)
        json_array_append_new(json, horizon_json(customers, scheme, histories, scheme->cltv.horizons[h], expected[h]));
    return json;
}
