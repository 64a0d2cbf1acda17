#include "cltv.h"
#include "cuts.h"
#include "share.h"

#include <math.h>

struct buyer buyer_of(const struct cltv *cltv, const struct ledger_summary *s, double minor_per_major) {
    double orders =
        fmin((double)s->online.orders, cltv->orders_online_cap) + fmin((double)s->offline.orders, cltv->orders_offline_cap);
    double value = fmin((double)s->online.value / minor_per_major, cltv->value_online_cap) +
                   fmin((double)s->offline.value / minor_per_major, cltv->value_offline_cap);
    struct buyer buyer = { .cltv = cltv, .first_at = s->first_at };
    buyer.x = cltv->x == FEATURE_FREQUENCY ? orders : orders - 1;
    buyer.m = value / orders;
    buyer.active = days_between(s->first_at, s->last_at) / cltv->unit_days;
    buyer.order_value = gamma_gamma_mean(&cltv->gamma_gamma, buyer.x, buyer.m);
    return buyer;
}

static double age(const struct buyer *buyer, int64_t now) {
    return days_between(buyer->first_at, now) / buyer->cltv->unit_days;
}

/* In the model's unit of time. */
static double month(const struct cltv *cltv) {
    return MONTH_DAYS / cltv->unit_days;
}

static double purchases(const void *model, double t, double x, double T) {
    return bgnbd_purchases_alive(model, t, x, T);
}

/* Both factors that depend on T fall, and nothing else moves: so does the value, which is what cltv_due rests on. */
double buyer_value(const struct buyer *buyer, int64_t now) {
    const struct cltv *cltv = buyer->cltv;
    double T = age(buyer, now), alive = bgnbd_p_alive(&cltv->bgnbd, buyer->x, buyer->active, T);
    return buyer->order_value * alive *
           discounted_purchases(purchases, &cltv->bgnbd, month(cltv), cltv->months, cltv->discount, buyer->x, T);
}

/* The margin and the band behind the nearer cut; the lower one when both are as near. */
static struct scheme_answer place(const struct cuts *cuts, double value) {
    int band = cuts_below(cuts, value);
    struct scheme_answer answer = { .segment = band, .runner_up = -1, .margin = 1 };
    if (cuts->n == 0)
        return answer;
    double lower = band > 0 ? cuts->at[band - 1] : 0, upper = band < cuts->n ? cuts->at[band] : INFINITY;
    bool down = band > 0 && value - lower <= upper - value;
    double width = band < cuts->n ? upper - lower : lower; /* the highest band is taken as wide as the way up to it */
    answer.runner_up = down ? band - 1 : band + 1;
    answer.margin = clamp_to_unit((down ? value - lower : upper - value) / width);
    return answer;
}

struct scheme_answer cltv_evaluate(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major,
                                   int64_t now) {
    struct buyer buyer = buyer_of(&scheme->cltv, summary, minor_per_major);
    return place(&scheme->cltv.cuts, buyer_value(&buyer, now));
}

int cltv_values(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int64_t now,
                struct scheme_value values[SCHEME_VALUES_MAX]) {
    const struct cltv *cltv = &scheme->cltv;
    struct buyer buyer = buyer_of(cltv, summary, minor_per_major);
    double T = age(&buyer, now), alive = bgnbd_p_alive(&cltv->bgnbd, buyer.x, buyer.active, T);
    double bought = alive * bgnbd_purchases_alive(&cltv->bgnbd, month(cltv) * cltv->months, buyer.x, T);
    int n = 0;
    values[n++] = (struct scheme_value){ feature_name(cltv->x), buyer.x };
    values[n++] = (struct scheme_value){ feature_name(FEATURE_AVG_ORDER_VALUE), buyer.m };
    static const enum feature times[] = { FEATURE_ACTIVE_DAYS, FEATURE_TENURE_DAYS };
    for (int i = 0; i < 2; i++)
        values[n++] = (struct scheme_value){ feature_name(times[i]), feature_value(times[i], summary, now, minor_per_major) };
    values[n++] = (struct scheme_value){ "cltv", buyer_value(&buyer, now) };
    values[n++] = (struct scheme_value){ "p_alive", alive };
    values[n++] = (struct scheme_value){ "purchases", bought };
    return n;
}
