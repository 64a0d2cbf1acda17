#include "advice_json.h"
#include "explaining.h"
#include "json_values.h"
#include "obek/event.h"

static json_t *segment_json(const struct scheme *scheme, int segment) {
    return segment < 0 ? json_null() : json_string(scheme->segments[segment].id.text);
}

static json_t *label_json(const struct scheme *scheme, int segment) {
    const struct segment *s = &scheme->segments[segment];
    return json_pack("{s:s?, s:s?}", "en", s->label_en, "tr", s->label_tr);
}

static json_t *parts_json(const struct kmeans_explanation *kmeans) {
    json_t *parts = json_array();
    for (int i = 0; i < kmeans->n; i++) {
        const struct feature_part *part = &kmeans->features[i];
        json_array_append_new(parts, json_pack("{s:s, s:o, s:o, s:o, s:o}", "feature", feature_name(part->feature), "value",
                                               number_json(part->value), "typical_here", number_json(part->typical_here),
                                               "typical_there", number_json(part->typical_there), "advantage",
                                               number_json(part->advantage)));
    }
    return parts;
}

static json_t *kmeans_json(const struct scheme_explanation *e) {
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "type", "kmeans", "squared_distance", number_json(e->kmeans.square),
                     "runner_up_squared_distance", number_json(e->kmeans.runner_up_square), "advantage",
                     number_json(e->kmeans.advantage), "leaves_below", number_json(e->kmeans.leaves_below), "features",
                     parts_json(&e->kmeans));
}

static json_t *band_json(const struct band_explanation *band) {
    return json_pack("{s:s, s:o, s:o, s:o, s:i, s:i}", "feature", feature_name(band->feature), "value", number_json(band->value),
                     "above", number_json(band->above), "up_to", number_json(band->up_to), "score", band->score, "scores",
                     band->scores);
}

static json_t *rfm_json(const struct scheme_explanation *e) {
    return json_pack("{s:s, s:o, s:o, s:o}", "type", "rfm", "recency", band_json(&e->rfm.recency), "frequency",
                     band_json(&e->rfm.frequency), "monetary", band_json(&e->rfm.monetary));
}

static json_t *cltv_json(const struct scheme_explanation *e) {
    const struct cltv_explanation *c = &e->cltv;
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "type", "cltv", "cltv", number_json(c->cltv),
                     "p_alive", number_json(c->p_alive), "purchases", number_json(c->purchases), "order_value",
                     number_json(c->order_value), "purchases_so_far", number_json(c->purchases_so_far), "avg_order_value",
                     number_json(c->avg_order_value), "above", number_json(c->above), "up_to", number_json(c->up_to), "to_lower",
                     number_json(c->to_lower), "to_upper", number_json(c->to_upper));
}

static json_t *next_json(const struct explained *explained, const struct scheme *scheme, const struct due *due) {
    if (due->segment < 0)
        return json_null();
    return json_pack("{s:o, s:o, s:f}", "at", instant_json(due->at), "segment", segment_json(scheme, due->segment), "in_days",
                     days_between(explained->now, due->at));
}

static json_t *scheme_json(const struct explained *explained, int i) {
    static json_t *(*const writers[])(const struct scheme_explanation *) = {
        [SCHEME_KMEANS] = kmeans_json, [SCHEME_RFM] = rfm_json, [SCHEME_CLTV] = cltv_json
    };
    const struct scheme *scheme = explaining_scheme(explained, i);
    const struct scheme_explanation *e = &explained->schemes[i];
    const struct scheme_state *after = &explained->after->schemes[i];
    json_t *one_more = !explained->one_more
                           ? json_null()
                           : json_pack("{s:o, s:o}", "segment", name_json(&after->segment), "margin", number_json(after->margin));
    json_t *answer =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "segment", segment_json(scheme, e->answer.segment), "label",
                  label_json(scheme, e->answer.segment), "since", instant_json(explained->present->schemes[i].since), "margin",
                  number_json(e->answer.margin), "runner_up", segment_json(scheme, e->answer.runner_up), "why",
                  writers[scheme->type](e), "one_more_order", one_more, "next", next_json(explained, scheme, &e->due));
    advice_put(answer, explained->catalogue, &scheme->name,
               e->answer.segment < 0 ? NULL : &scheme->segments[e->answer.segment].id);
    return answer;
}

static json_t *schemes_json(const struct explained *explained) {
    json_t *schemes = json_object();
    for (int i = 0; explained->has_orders && i < explained->reading->model->n_schemes; i++)
        json_object_set_new(schemes, explaining_scheme(explained, i)->name.text, scheme_json(explained, i));
    return schemes;
}

static json_t *transition_json(int64_t at, const struct name *scheme, const struct name *from, const struct name *to,
                               enum cause cause) {
    return json_pack("{s:o, s:s, s:o, s:o, s:s}", "occurred_at", instant_json(at), "scheme", scheme->text, "from_segment",
                     name_json(from), "to_segment", name_json(to), "cause", event_cause_text(cause));
}

static json_t *pending_json(const struct transitions *pending) {
    json_t *array = json_array();
    for (size_t i = 0; i < pending->n; i++) {
        const struct transition *t = &pending->items[i];
        json_array_append_new(array, transition_json(t->occurred_at, &t->scheme, &t->from, &t->to, t->cause));
    }
    return array;
}

static json_t *history_json(const struct customer *customer) {
    json_t *array = json_array();
    for (int i = 0; i < customer->n_history; i++) {
        const struct past_transition *past = &customer->history[i];
        json_array_append_new(array, transition_json(past->occurred_at, &past->scheme, &past->from, &past->to, past->cause));
    }
    return array;
}

static json_t *order_json(const struct explained *explained) {
    char amount[32];
    if (!explained->one_more)
        return json_null();
    return json_pack("{s:o, s:s, s:s, s:s}", "occurred_at", instant_json(explained->order.occurred_at), "amount",
                     reading_money(explained->reading, explained->order.amount, amount), "currency",
                     explained->reading->config->currency_base, "channel", explained->order.offline ? "offline" : "online");
}

json_t *explain_json(struct explained *explained) {
    const struct model *model = explained->reading->model;
    json_t *answer = json_object();
    json_object_set_new(answer, "customer_id", json_stringn(explained->id.data, explained->id.len));
    json_object_set_new(answer, "now", instant_json(explained->now));
    json_object_set_new(answer, "as_of", instant_json(explained->saved->as_of));
    json_object_set_new(
        answer, "model",
        json_pack("{s:I, s:s, s:s}", "number", (json_int_t)model->number, "name", model->name, "version", model->version));
    json_object_set_new(answer, "evaluated_with", json_integer((json_int_t)explained->saved->model));
    json_object_set_new(answer, "pending", pending_json(&explained->pending));
    json_object_set_new(answer, "schemes", schemes_json(explained));
    json_object_set_new(answer, "one_more_order", order_json(explained));
    json_object_set_new(answer, "transitions", history_json(explained->saved));
    return answer;
}
