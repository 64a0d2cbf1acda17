/* model.json (contract, "A model"). */
#include "json_text.h"
#include "obek/instant.h"
#include "obek/model_file.h"
#include "probes.h"

#include <stdlib.h>

/* A scheme goes into the file when it is served, or when only its features stand in the way: obek assign can use it then. */
static bool is_in_file(const struct learned *learned) {
    return learned->why_not_served == NULL || learned->attributes;
}

static bool any_served(const struct training *training) {
    for (size_t s = 0; s < training->n; s++)
        if (training->learned[s].why_not_served == NULL)
            return true;
    return false;
}

bool training_servable(const struct training *training, struct buffer *reasons) {
    bool servable = any_served(training);
    for (size_t s = 0; s < training->n && !servable; s++)
        buffer_printf(reasons, "%s%s: %s", s > 0 ? "; " : "", training->learned[s].recipe->name.text,
                      training->learned[s].why_not_served);
    for (size_t s = 0; s < training->n && servable; s++)
        if (training->learned[s].why_not_served != NULL)
            buffer_printf(reasons, "%s%s: %s", reasons->len > 0 ? "; " : "", training->learned[s].recipe->name.text,
                          training->learned[s].why_not_served);
    return servable;
}

static json_t *not_served_json(const struct training *training) {
    json_t *list = json_array();
    for (size_t s = 0; s < training->n; s++)
        if (training->learned[s].why_not_served != NULL)
            json_array_append_new(list, json_pack("{s:s, s:s}", "scheme", training->learned[s].recipe->name.text, "reason",
                                                  training->learned[s].why_not_served));
    return list;
}

static json_t *trained_on(const struct training *training) {
    const struct customers *customers = &training->customers;
    char as_of[32];
    instant_text(customers->as_of, as_of);
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:I, s:O, s:o}", "recipe", training->recipe->name, "file",
                     training->input, "rows", training->recipe->input.rows == ROWS_ORDERS ? "orders" : "customers", "rows_read",
                     (json_int_t)customers->rows, "rows_rejected", (json_int_t)training->rejects.n, "customers",
                     (json_int_t)customers->frame.n, "as_of", as_of, "seed", (json_int_t)training->seed, "features",
                     training->features, "not_served", not_served_json(training));
}

static json_t *schemes_json(const struct training *training, bool servable) {
    json_t *schemes = json_array();
    for (size_t s = 0; s < training->n; s++)
        if (servable ? training->learned[s].why_not_served == NULL : is_in_file(&training->learned[s]))
            json_array_append(schemes, training->learned[s].scheme);
    return schemes;
}

static json_t *document(const struct training *training, json_t *probes) {
    struct buffer reasons = { 0 };
    bool servable = training_servable(training, &reasons);
    json_t *json = json_pack("{s:i, s:s, s:s%, s:s, s:s}", "obek_model", 1, "name", training->recipe->name, "version",
                             training->created, (size_t)10, "created", training->created, "currency", training->recipe->currency);
    if (!servable) {
        json_object_set_new(json, "servable", json_false());
        json_object_set_new(json, "servable_reason", json_stringn(reasons.data, reasons.len > 250 ? 250 : reasons.len));
    }
    json_object_set_new(json, "trained_on", trained_on(training));
    json_object_set_new(json, "input", recipe_input_json(training->recipe));
    json_object_set_new(json, "schemes", schemes_json(training, servable));
    if (probes != NULL)
        json_object_set_new(json, "probes", probes);
    buffer_free(&reasons);
    return json;
}

static struct model *write_and_read(struct buffer *out, const struct training *training, json_t *probes, struct error *error) {
    json_t *json = document(training, probes);
    buffer_clear(out);
    json_text(out, json);
    json_decref(json);
    return model_parse_to_look_at(buffer_slice(out), "model.json", error);
}

/* Twice: the model without probes says what is to be expected of them. */
bool model_write(struct buffer *out, const struct training *training, struct error *error) {
    struct model *model = write_and_read(out, training, NULL, error);
    if (model != NULL && model->servable) {
        json_t *probes = probes_json(training, model);
        model_free(model);
        model = write_and_read(out, training, probes, error);
    }
    bool good = model != NULL;
    model_free(model);
    return good;
}

/* What the model file cannot hold is not served, however it was learned. */
void model_check_schemes(struct training *training) {
    for (size_t s = 0; s < training->n; s++) {
        struct learned *learned = &training->learned[s];
        struct buffer out = { 0 };
        struct error why;
        if (!is_in_file(learned))
            continue;
        json_t *json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:b, s:[O]}", "obek_model", 1, "name", "m", "version", "1", "created",
                                 training->created, "currency", training->recipe->currency, "servable",
                                 learned->why_not_served == NULL, "schemes", learned->scheme);
        json_text(&out, json);
        struct model *model = model_parse_to_look_at(buffer_slice(&out), "model", &why);
        if (model == NULL) {
            learned->attributes = false;
            learned_not_served(learned, "%s", why.text);
        }
        model_free(model);
        json_decref(json);
        buffer_free(&out);
    }
}
