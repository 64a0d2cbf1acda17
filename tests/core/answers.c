/* Answers questions about made-up customers, so that a reference in another language can be held against the core.

   Each line of stdin: {"model": text of a model file, "orders": [[at ms, amount in minor units, offline], ...], "now": ms,
                        "present": {scheme: segment}}     (a scheme that is not named: an entry)
   Each line of stdout: {scheme: {"segment", "margin", "runner_up", "values", "due", "next"}}, due counted from now. */
#include "obek/buffer.h"
#include "obek/due.h"
#include "obek/model_file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static void stop(const char *why) {
    fprintf(stderr, "answers: %s\n", why);
    exit(1);
}

static struct ledger_summary summary_of(const json_t *orders) {
    static struct ledger ledger;
    ledger_init(&ledger, LEDGER_ORDERS_DEFAULT);
    size_t i;
    json_t *item;
    json_array_foreach(orders, i, item) {
        char id[24];
        snprintf(id, sizeof id, "%zu", i);
        struct order order = { .kind = KIND_ORDER, .order_id = slice_of(id) };
        order.order_hash = order_hash(order.order_id);
        order.occurred_at = json_integer_value(json_array_get(item, 0));
        order.amount = json_integer_value(json_array_get(item, 1));
        order.offline = json_is_true(json_array_get(item, 2));
        if (ledger_apply(&ledger, &order) != LEDGER_APPLIED)
            stop("an order is not applied");
    }
    return ledger_summarise(&ledger);
}

static json_t *segment_json(const struct scheme *scheme, int segment) {
    return segment < 0 ? json_null() : json_string(scheme->segments[segment].id.text);
}

static int present_of(const struct scheme *scheme, const json_t *present) {
    const char *text = json_string_value(json_object_get(present, scheme->name.text));
    struct name id;
    return text != NULL && name_set(&id, slice_of(text)) ? scheme_segment(scheme, &id) : -1;
}

static json_t *answer_json(const struct model *model, const struct scheme *scheme, const struct ledger_summary *summary,
                           int present, int64_t now) {
    struct scheme_value values[SCHEME_VALUES_MAX];
    struct scheme_answer answer = scheme_evaluate(scheme, summary, model->minor_per_major, present, now);
    struct due due = scheme_due(scheme, summary, model->minor_per_major, answer.segment, now);
    int n = scheme_values(scheme, summary, model->minor_per_major, now, values);
    json_t *map = json_object();
    for (int i = 0; i < n; i++)
        json_object_set_new(map, values[i].name, json_real(values[i].value));
    return json_pack("{s:o, s:f, s:o, s:o, s:o, s:o}", "segment", segment_json(scheme, answer.segment), "margin", answer.margin,
                     "runner_up", segment_json(scheme, answer.runner_up), "values", map, "due",
                     due.at == TIME_NEVER ? json_null() : json_integer(due.at), "next", segment_json(scheme, due.segment));
}

static void answer_line(const char *line) {
    struct error error;
    json_t *question = json_loads(line, 0, NULL), *answers = json_object();
    if (question == NULL)
        stop("a line is not JSON");
    struct model *model = model_parse(slice_of(json_string_value(json_object_get(question, "model"))), "model", &error);
    if (model == NULL)
        stop(error.text);
    struct ledger_summary summary = summary_of(json_object_get(question, "orders"));
    int64_t now = json_integer_value(json_object_get(question, "now"));
    for (int i = 0; i < model->n_schemes; i++) {
        const struct scheme *scheme = &model->schemes[i];
        int present = present_of(scheme, json_object_get(question, "present"));
        json_object_set_new(answers, scheme->name.text, answer_json(model, scheme, &summary, present, now));
    }
    json_dumpf(answers, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17));
    putchar('\n');
    json_decref(answers);
    json_decref(question);
    model_free(model);
}

int main(void) {
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0)
        answer_line(line);
    free(line);
    return 0;
}
