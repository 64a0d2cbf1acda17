/* Golden probes (design, section 8): made-up customers who are typical of the segments. */
#include "probes.h"
#include "obek/due.h"
#include "obek/instant.h"
#include "obek/model_file.h"
#include "obek/money.h"
#include "sorted.h"

#include <math.h>
#include <stdlib.h>

#define PROBES_MAX 40
#define SIDE_ORDERS_MAX 6
#define MINUTE_MS 60000

/* What is typical of a segment's members. */
struct typical {
    double orders[2], value[2]; /* online, offline */
    double recency_days, active_days;
};

static double median_of(const struct training *training, const struct learned *learned, int segment, enum feature feature) {
    double *values = customers_values(&training->customers, feature, NULL);
    size_t n;
    double *members = members_of(learned, values, training->customers.frame.n, segment, &n);
    struct sorted sorted = sorted_of(members, n);
    double median = sorted_quantile(&sorted, 0.5);
    sorted_free(&sorted);
    free(members);
    free(values);
    return median;
}

static double known(const struct training *training, const struct learned *learned, int segment, enum feature feature) {
    double median = training->customers.has[feature] ? median_of(training, learned, segment, feature) : 0;
    return isfinite(median) ? median : 0;
}

static struct typical typical_of(const struct training *training, const struct learned *learned, int segment) {
    bool split = training->customers.has[FEATURE_ORDERS_ONLINE];
    struct typical typical = {
        .orders = { known(training, learned, segment, split ? FEATURE_ORDERS_ONLINE : FEATURE_FREQUENCY),
                    known(training, learned, segment, FEATURE_ORDERS_OFFLINE) },
        .value = { known(training, learned, segment, split ? FEATURE_VALUE_ONLINE : FEATURE_MONETARY),
                   known(training, learned, segment, FEATURE_VALUE_OFFLINE) },
        .recency_days = known(training, learned, segment, FEATURE_RECENCY_DAYS),
        .active_days = known(training, learned, segment, FEATURE_ACTIVE_DAYS),
    };
    for (int side = 0; side < 2; side++)
        typical.orders[side] = fmin(nearbyint(typical.orders[side]), SIDE_ORDERS_MAX);
    if (typical.orders[0] + typical.orders[1] < 1)
        typical.orders[0] = 1;
    return typical;
}

static int64_t whole_minutes(double days) {
    return llround(days * (double)MS_PER_DAY / MINUTE_MS) * MINUTE_MS;
}

static int64_t order_minor(const struct typical *typical, int side, double minor_per_major) {
    return llround(typical->value[side] / typical->orders[side] * minor_per_major);
}

/* Store orders first, then online ones, evenly from the first day to the last. */
static json_t *orders_json(const struct training *training, const struct typical *typical) {
    const struct customers *customers = &training->customers;
    int64_t last = customers->as_of - whole_minutes(typical->recency_days), span = whole_minutes(typical->active_days);
    int n = (int)(typical->orders[0] + typical->orders[1]), decimals = training->recipe->decimals;
    json_t *orders = json_array();
    for (int i = 0; i < n; i++) {
        int side = i < (int)typical->orders[1];
        int64_t at = n == 1 ? last : last - span + (span * i / (n - 1)) / MINUTE_MS * MINUTE_MS;
        char instant[32], amount[32];
        instant_text(i == n - 1 ? last : at, instant);
        money_text(order_minor(typical, side, customers->minor_per_major), decimals, amount);
        json_array_append_new(orders, json_pack("{s:s, s:s, s:b}", "at", instant, "amount", amount, "offline", side));
    }
    return orders;
}

/* The same customer as the reader of probes will see them. */
static struct ledger_summary summary_of(const struct training *training, const json_t *orders) {
    struct ledger *ledger = xcalloc(1, sizeof *ledger);
    const json_t *item;
    size_t i;
    ledger_init(ledger, LEDGER_ORDERS_DEFAULT);
    json_array_foreach(orders, i, item) {
        struct order order = { .offline = json_is_true(json_object_get(item, "offline")), .order_hash = i };
        struct error unused;
        struct decimal amount = { 0 };
        instant_parse(&order.occurred_at, slice_of(json_string_value(json_object_get(item, "at"))), &unused);
        decimal_parse(&amount, slice_of(json_string_value(json_object_get(item, "amount"))), &unused);
        order.amount = llround((double)amount.digits / pow(10, amount.scale) * training->customers.minor_per_major);
        ledger_apply(ledger, &order);
    }
    struct ledger_summary summary = ledger_summarise(ledger);
    free(ledger);
    return summary;
}

static json_t *expectation(const struct model *model, const struct scheme *scheme, const struct ledger_summary *summary,
                           int64_t now) {
    struct scheme_answer answer = scheme_evaluate(scheme, summary, model->minor_per_major, -1, now);
    struct due due = scheme_due(scheme, summary, model->minor_per_major, answer.segment, now);
    char text[32];
    if (due.at != TIME_NEVER)
        instant_text(due.at, text);
    return json_pack("{s:s, s:o}", "segment", scheme->segments[answer.segment].id.text, "due",
                     due.at == TIME_NEVER ? json_null() : json_string(text));
}

static json_t *probe(const struct training *training, const struct model *model, const struct typical *typical) {
    json_t *orders = orders_json(training, typical), *expect = json_object();
    struct ledger_summary summary = summary_of(training, orders);
    char now[32];
    for (int s = 0; s < model->n_schemes; s++)
        json_object_set_new(expect, model->schemes[s].name.text,
                            expectation(model, &model->schemes[s], &summary, training->customers.as_of));
    instant_text(training->customers.as_of, now);
    return json_pack("{s:o, s:s, s:o}", "orders", orders, "now", now, "expect", expect);
}

json_t *probes_json(const struct training *training, const struct model *model) {
    json_t *probes = json_array();
    for (size_t s = 0; s < training->n; s++)
        for (int g = 0; g < training->learned[s].n_segments && json_array_size(probes) < PROBES_MAX; g++) {
            struct typical typical = typical_of(training, &training->learned[s], g);
            json_array_append_new(probes, probe(training, model, &typical));
        }
    return probes;
}
