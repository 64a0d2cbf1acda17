#include "histories.h"
#include "obek/ledger.h"

#include <math.h>

/* Half up, as a person rounds money and BTYD its weeks; a hair more, so that 12.345 read as 12.34499... goes up too. */
static double round_to(double value, double step) {
    return step > 0 ? floor(value / step + 0.5 + 1e-9) * step : value;
}

static int64_t day_of(int64_t at) {
    return (at - (at % MS_PER_DAY + MS_PER_DAY) % MS_PER_DAY) / MS_PER_DAY;
}

/* From what the state keeps: the same numbers as online. */
static void from_summary(const struct customers *customers, const struct recipe_scheme *scheme, size_t i, struct history *history,
                         struct spending *spending) {
    struct ledger_summary summary = customers_summary(customers, i);
    enum feature x = scheme->cltv.all_orders ? FEATURE_FREQUENCY : FEATURE_REPEAT_FREQUENCY;
    const double scale = customers->minor_per_major, unit = scheme->cltv.unit_days;
    *history = (struct history){ .x = feature_value(x, &summary, customers->as_of, scale),
                                 .tx = feature_value(FEATURE_ACTIVE_DAYS, &summary, customers->as_of, scale) / unit,
                                 .T = feature_value(FEATURE_TENURE_DAYS, &summary, customers->as_of, scale) / unit };
    *spending = (struct spending){ history->x, feature_value(FEATURE_AVG_ORDER_VALUE, &summary, customers->as_of, scale) };
}

struct purchase_run {
    double n, value, first_value; /* purchases, of all; value of the first */
    int64_t first_at, last_at;
};

/* Purchases at or before `until` and after `after`; those of one day as one if so asked. */
static struct purchase_run run_of(const struct customers *customers, const struct recipe_scheme *scheme, size_t i, int64_t after,
                                  int64_t until) {
    uint32_t id = frame_role(&customers->frame, ROLE_CUSTOMER_ID)->codes[i];
    const struct order_lists *purchases = &customers->purchases;
    struct purchase_run run = { .first_at = TIME_NONE, .last_at = TIME_NONE };
    for (size_t p = purchases->start[id]; p < purchases->start[id + 1]; p++) {
        const struct listed_order *item = &purchases->items[p];
        int64_t at = scheme->cltv.merge_days ? day_of(item->at) * MS_PER_DAY : item->at;
        if (item->voided || item->at <= after || item->at > until)
            continue;
        bool same = scheme->cltv.merge_days && run.n > 0 && at == run.last_at;
        run.n += !same;
        if (run.first_at == TIME_NONE)
            run.first_at = at;
        if (run.n == 1)
            run.first_value += (double)item->amount;
        run.value += (double)item->amount;
        run.last_at = at;
    }
    return run;
}

static void from_purchases(const struct customers *customers, const struct recipe_scheme *scheme, size_t i,
                           struct history *history, struct spending *spending) {
    struct purchase_run run = run_of(customers, scheme, i, TIME_NONE, customers->as_of);
    double unit = scheme->cltv.unit_days, repeats = run.n > 1 ? run.n - 1 : 0, step = scheme->cltv.round_units;
    *history = (struct history){ .x = scheme->cltv.all_orders ? run.n : repeats,
                                 .tx = round_to(days_between(run.first_at, run.last_at) / unit, step),
                                 .T = round_to(days_between(run.first_at, customers->as_of) / unit, step) };
    bool repeat_mean = scheme->cltv.repeat_mean;
    double n = repeat_mean ? repeats : run.n, value = repeat_mean ? run.value - run.first_value : run.value;
    double mean = n > 0 ? value / customers->minor_per_major / n : 0;
    *spending = (struct spending){ history->x, round_to(mean, scheme->cltv.round_money) };
}

static bool check(const struct customers *customers, struct error *error) {
    static const enum feature needed[] = { FEATURE_FREQUENCY, FEATURE_ACTIVE_DAYS, FEATURE_TENURE_DAYS, FEATURE_AVG_ORDER_VALUE };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!customers_have(customers, needed[i], feature_name(needed[i]), error))
            return false;
    return true;
}

bool histories_fill(const struct customers *customers, const struct recipe_scheme *scheme, struct history *histories,
                    struct spending *spendings, struct error *error) {
    bool orders = customers->purchases.n > 0 && (scheme->cltv.merge_days || scheme->cltv.repeat_mean);
    if (!check(customers, error))
        return false;
    for (size_t i = 0; i < customers->frame.n; i++) {
        if (orders)
            from_purchases(customers, scheme, i, &histories[i], &spendings[i]);
        else
            from_summary(customers, scheme, i, &histories[i], &spendings[i]);
        if (!orders) {
            histories[i].tx = round_to(histories[i].tx, scheme->cltv.round_units);
            histories[i].T = round_to(histories[i].T, scheme->cltv.round_units);
            spendings[i].m = round_to(spendings[i].m, scheme->cltv.round_money);
        }
        if (histories[i].x == 0)
            histories[i].tx = 0;
    }
    return true;
}

double history_bought_until(const struct customers *customers, const struct recipe_scheme *scheme, size_t i, int64_t until) {
    return customers->purchases.n > 0 ? run_of(customers, scheme, i, customers->as_of, until).n : 0;
}
