#include "show_json.h"
#include "json_values.h"
#include "obek/event.h"
#include "obek/features.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static json_t *money_json(const struct reading *reading, int64_t minor) {
    char text[32];
    return json_string(reading_money(reading, minor, text));
}

static json_t *hash_json(uint64_t hash, int digits) {
    char text[24];
    snprintf(text, sizeof text, "%0*" PRIx64, digits, hash);
    return json_string(text);
}

static json_t *side_json(const struct reading *reading, const struct ledger_side *side) {
    return json_pack("{s:I, s:o, s:o, s:o}", "orders", (json_int_t)side->orders, "value", money_json(reading, side->value),
                     "first_order", instant_json(side->first_at), "last_order", instant_json(side->last_at));
}

static json_t *segments_json(const struct reading *reading, const struct customer *customer) {
    json_t *segments = json_object();
    for (int i = 0; i < customer->n_schemes; i++) {
        const struct scheme_state *state = &customer->schemes[i];
        const char *next;
        int64_t at = reading_next_change(reading, customer, i, &next);
        bool in = state->segment.len > 0;
        json_object_set_new(segments, state->scheme.text,
                            json_pack("{s:o, s:s?, s:o, s:o, s:o, s:s?}", "segment", name_json(&state->segment), "label",
                                      reading_label(reading, &state->scheme, &state->segment), "since",
                                      instant_json(state->since), "margin", in ? number_json(state->margin) : json_null(),
                                      "next_change_at", instant_json(at), "next_segment", next));
    }
    return segments;
}

static json_t *features_json(const struct reading *reading, const struct customer *customer,
                             const struct ledger_summary *summary) {
    if (summary_orders(summary) == 0)
        return json_null();
    json_t *features = json_object();
    double minor_per_major = pow(10, reading->decimals);
    for (int i = 0; i < FEATURE_COUNT; i++) {
        double value = feature_value((enum feature)i, summary, customer->as_of, minor_per_major);
        json_object_set_new(features, feature_name((enum feature)i), number_json(value));
    }
    return features;
}

static json_t *categories_json(const struct ledger_entry *entry) {
    json_t *categories = json_array();
    for (int i = 0; i < entry->n_categories; i++)
        json_array_append_new(categories, hash_json(entry->categories[i], 8));
    return categories;
}

static json_t *entry_json(const struct reading *reading, const struct ledger_entry *entry) {
    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:s, s:i, s:o}", "order_hash", hash_json(entry->id_hash, 16), "occurred_at",
                     instant_json(entry->time), "amount", money_json(reading, entry->amount), "returned",
                     money_json(reading, entry->returned), "channel", entry->offline ? "offline" : "online", "status",
                     entry->voided ? "voided" : "live", "returns", (int)entry->n_returns, "categories", categories_json(entry));
}

static json_t *waiting_json(const struct reading *reading, const struct ledger_entry *entry) {
    return json_pack("{s:o, s:b, s:o, s:b, s:i}", "order_hash", hash_json(entry->id_hash, 16), "voided", (int)entry->voided,
                     "returned", money_json(reading, entry->returned), "whole", (int)entry->whole, "returns",
                     (int)entry->n_returns);
}

static json_t *base_json(const struct reading *reading, const struct ledger_base *base) {
    json_t *categories = json_object();
    for (int i = 0; i < base->n_categories; i++) {
        char code[16];
        snprintf(code, sizeof code, "%08" PRIx32, base->categories[i].code);
        json_object_set_new(categories, code, instant_json(base->categories[i].last_at));
    }
    return json_pack("{s:I, s:o, s:o, s:o}", "fallen", (json_int_t)base->fallen, "online", side_json(reading, &base->online),
                     "offline", side_json(reading, &base->offline), "categories", categories);
}

static json_t *ledger_json(const struct reading *reading, const struct ledger *ledger) {
    json_t *orders = json_array(), *waiting = json_array();
    for (int i = 0; i < ledger->n_orders; i++)
        json_array_append_new(orders, entry_json(reading, &ledger->orders[i]));
    for (int i = 0; i < ledger->n_waiting; i++)
        json_array_append_new(waiting, waiting_json(reading, &ledger->waiting[i]));
    return json_pack("{s:i, s:o, s:o, s:o}", "capacity", (int)ledger->capacity, "base", base_json(reading, &ledger->base),
                     "orders", orders, "waiting", waiting);
}

static json_t *transitions_json(const struct customer *customer) {
    json_t *transitions = json_array();
    for (int i = 0; i < customer->n_history; i++) {
        const struct past_transition *past = &customer->history[i];
        json_array_append_new(transitions, json_pack("{s:o, s:s, s:o, s:o, s:s}", "occurred_at", instant_json(past->occurred_at),
                                                     "scheme", past->scheme.text, "from_segment", name_json(&past->from),
                                                     "to_segment", name_json(&past->to), "cause", event_cause_text(past->cause)));
    }
    return transitions;
}

static json_t *model_json(const struct reading *reading, const struct customer *customer) {
    if (customer->model < 0)
        return json_null();
    bool known = reading->model != NULL && reading->model_number == customer->model;
    return json_pack("{s:I, s:s?, s:s?}", "number", (json_int_t)customer->model, "name", known ? reading->model->name : NULL,
                     "version", known ? reading->model->version : NULL);
}

/* What the customer bought, both sides together and apart. */
static void add_totals(json_t *answer, const struct reading *reading, const struct ledger_summary *s) {
    json_object_set_new(answer, "orders", json_integer(summary_orders(s)));
    json_object_set_new(answer, "orders_online", json_integer(s->online.orders));
    json_object_set_new(answer, "orders_offline", json_integer(s->offline.orders));
    json_object_set_new(answer, "currency", json_string(reading->config->currency_base));
    json_object_set_new(answer, "value", money_json(reading, summary_value(s)));
    json_object_set_new(answer, "value_online", money_json(reading, s->online.value));
    json_object_set_new(answer, "value_offline", money_json(reading, s->offline.value));
    json_object_set_new(answer, "first_order", instant_json(s->first_at));
    json_object_set_new(answer, "last_order", instant_json(s->last_at));
    json_object_set_new(answer, "first_order_online", instant_json(s->online.first_at));
    json_object_set_new(answer, "last_order_online", instant_json(s->online.last_at));
    json_object_set_new(answer, "first_order_offline", instant_json(s->offline.first_at));
    json_object_set_new(answer, "last_order_offline", instant_json(s->offline.last_at));
}

json_t *show_json(const struct reading *reading, struct slice id, const struct customer *customer) {
    struct ledger_summary summary = ledger_summarise(&customer->ledger);
    json_t *answer = json_object();
    json_object_set_new(answer, "customer_id", json_stringn(id.data, id.len));
    json_object_set_new(answer, "bucket", json_integer(reading_bucket(reading, id)));
    json_object_set_new(answer, "revision", hash_json(customer->revision, 16));
    json_object_set_new(answer, "sequence", json_integer((json_int_t)customer->sequence));
    json_object_set_new(answer, "as_of", instant_json(customer->as_of));
    json_object_set_new(answer, "due", instant_json(customer->due));
    json_object_set_new(answer, "model", model_json(reading, customer));
    json_object_set_new(answer, "imported_until", instant_json(customer->imported_until));
    json_object_set_new(answer, "erased_at", instant_json(customer->erased_at));
    json_object_set_new(answer, "segments", segments_json(reading, customer));
    add_totals(answer, reading, &summary);
    json_object_set_new(answer, "features", features_json(reading, customer, &summary));
    json_object_set_new(answer, "ledger", ledger_json(reading, &customer->ledger));
    json_object_set_new(answer, "transitions", transitions_json(customer));
    return answer;
}
