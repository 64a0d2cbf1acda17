#include "model_file_internal.h"

#include "obek/buffer.h"
#include "obek/due.h"
#include "obek/instant.h"
#include "obek/money.h"
#include "obek/scheme.h"

#include <stdio.h>
#include <stdlib.h>

#define DUE_TOLERANCE_MS 1 /* design, section 4: a reference may differ by 1 ms through rounding */

static bool read_amount(const struct node *node, const struct currency_table *currencies, int64_t *minor, struct error *error) {
    const char *text;
    struct decimal amount;
    struct error why;
    if (!node_text(node, &text, error))
        return false;
    if (!decimal_parse(&amount, slice_of(text), &why) || !money_to_minor(currencies, amount, slice_of(""), minor, &why))
        return node_error(node, error, "%s", why.text);
    return true;
}

static bool read_order(const struct node *node, const struct currency_table *currencies, struct order *order,
                       struct error *error) {
    static const char *const keys[] = { "at", "amount", "offline", NULL };
    struct node at = node_member(node, "at"), amount = node_member(node, "amount"), offline = node_member(node, "offline");
    if (!node_is_object(node, keys, error) || !node_instant(&at, &order->occurred_at, error) ||
        !read_amount(&amount, currencies, &order->amount, error))
        return false;
    return offline.json == NULL || node_flag(&offline, &order->offline, error);
}

/* The orders have no ids in the file: their places make them distinct. */
static bool read_ledger(const struct node *node, const struct currency_table *currencies, struct ledger *ledger,
                        struct error *error) {
    if (!node_is_array(node, 1, SIZE_MAX, error))
        return false;
    ledger_init(ledger, LEDGER_ORDERS_DEFAULT);
    for (size_t i = 0; i < json_array_size(node->json); i++) {
        struct node item = node_item(node, i);
        struct order order = { .kind = KIND_ORDER };
        if (!read_order(&item, currencies, &order, error))
            return false;
        char id[24];
        snprintf(id, sizeof id, "%zu", i);
        order.order_id = slice_of(id);
        order.order_hash = order_hash(order.order_id);
        enum ledger_verdict verdict = ledger_apply(ledger, &order);
        if (verdict != LEDGER_APPLIED)
            return node_error(&item, error, "%s", ledger_verdict_text(verdict));
    }
    return true;
}

static bool read_due(const struct node *node, int64_t *due, struct error *error) {
    if (json_is_null(node->json)) {
        *due = TIME_NEVER;
        return true;
    }
    return node_instant(node, due, error);
}

static void due_text(int64_t due, char *out, size_t size) {
    if (due == TIME_NEVER)
        snprintf(out, size, "never");
    else
        instant_text(due, out);
}

static bool check_due(const struct node *node, int64_t expected, int64_t found, struct error *error) {
    bool both_move = expected != TIME_NEVER && found != TIME_NEVER;
    int64_t apart = both_move ? found - expected : 0;
    if (both_move ? apart >= -DUE_TOLERANCE_MS && apart <= DUE_TOLERANCE_MS : expected == found)
        return true;
    char expected_text[40], found_text[40];
    due_text(expected, expected_text, sizeof expected_text);
    due_text(found, found_text, sizeof found_text);
    return node_error(node, error, "the probe expects %s, the model says %s", expected_text, found_text);
}

static bool check_scheme(const struct node *node, const struct model *model, const struct scheme *scheme,
                         const struct ledger_summary *summary, int64_t now, struct error *error) {
    static const char *const keys[] = { "segment", "due", NULL };
    struct node segment = node_member(node, "segment"), due = node_member(node, "due");
    struct name expected;
    int64_t expected_due;
    if (!node_is_object(node, keys, error) || !node_name(&segment, &expected, error) || !read_due(&due, &expected_due, error))
        return false;
    if (scheme_segment(scheme, &expected) < 0)
        return node_error(&segment, error, "the scheme has no segment \"%s\"", expected.text);
    struct scheme_answer answer = scheme_evaluate(scheme, summary, model->minor_per_major, -1, now);
    const struct name *found = &scheme->segments[answer.segment].id;
    if (!name_equal(found, &expected))
        return node_error(&segment, error, "the probe expects \"%s\", the model says \"%s\"", expected.text, found->text);
    struct due next = scheme_due(scheme, summary, model->minor_per_major, answer.segment, now);
    return check_due(&due, expected_due, next.at, error);
}

static bool check_expectations(const struct node *expect, const struct model *model, const struct ledger_summary *summary,
                               int64_t now, struct error *error) {
    if (!node_is_object(expect, NULL, error))
        return false;
    if (json_object_size(expect->json) == 0)
        return node_error(expect, error, "at least one scheme is needed");
    const char *key;
    json_t *value;
    json_object_foreach(expect->json, key, value) {
        struct node node = { .parent = expect, .key = key, .json = value };
        struct name name;
        const struct scheme *scheme = name_set(&name, slice_of(key)) ? model_scheme(model, &name) : NULL;
        if (scheme == NULL)
            return node_error(expect, error, "the model has no scheme \"%.64s\"", key);
        if (!check_scheme(&node, model, scheme, summary, now, error))
            return false;
    }
    return true;
}

static bool check_probe(const struct node *node, const struct model *model, const struct currency_table *currencies,
                        struct ledger *ledger, struct error *error) {
    static const char *const keys[] = { "orders", "now", "expect", NULL };
    struct node orders = node_member(node, "orders"), now = node_member(node, "now"), expect = node_member(node, "expect");
    int64_t now_ms;
    if (!node_is_object(node, keys, error) || !read_ledger(&orders, currencies, ledger, error) ||
        !node_instant(&now, &now_ms, error))
        return false;
    struct ledger_summary summary = ledger_summarise(ledger);
    if (now_ms < summary.last_at)
        return node_error(&now, error, "lies before the last order");
    return check_expectations(&expect, model, &summary, now_ms, error);
}

static bool has_attributes(const struct model *model) {
    for (int i = 0; i < model->n_schemes; i++)
        if (scheme_has_attributes(&model->schemes[i]))
            return true;
    return false;
}

bool model_check_probes(const struct node *probes, struct model *model, struct error *error) {
    if (!node_is_array(probes, 0, SIZE_MAX, error))
        return false;
    if (json_array_size(probes->json) > 0 && has_attributes(model))
        return node_error(probes, error, "orders do not tell the attributes of this model: it can have no probes");
    struct currency_table *currencies = currency_table_new(model->currency, error);
    if (currencies == NULL)
        return false;
    struct ledger *ledger = xmalloc(sizeof *ledger);
    bool good = true;
    size_t n = json_array_size(probes->json);
    for (size_t i = 0; good && i < n; i++) {
        struct node probe = node_item(probes, i);
        good = check_probe(&probe, model, currencies, ledger, error);
    }
    free(ledger);
    currency_table_free(currencies);
    model->n_probes = good ? n : 0;
    return good;
}
