/* metrics.json: all that was found out (schemas/metrics.schema.json). */
#include "explore.h"
#include "json_text.h"
#include "obek/instant.h"
#include "training.h"

static json_t *rejected_json(const struct rejects *rejects) {
    json_t *first = json_array();
    for (uint64_t i = 0; i < rejects->n && i < REJECTS_SHOWN; i++)
        json_array_append_new(
            first, json_pack("{s:I, s:s}", "line", (json_int_t)rejects->first[i].line, "reason", rejects->first[i].text));
    return json_pack("{s:I, s:o}", "count", (json_int_t)rejects->n, "first", first);
}

static json_t *input_json(const struct training *training) {
    const struct customers *customers = &training->customers;
    bool orders = training->recipe->input.rows == ROWS_ORDERS;
    json_t *input = json_pack("{s:s, s:s, s:I, s:o, s:I}", "file", training->input, "rows", orders ? "orders" : "customers",
                              "rows_read", (json_int_t)customers->rows, "rejected", rejected_json(&training->rejects),
                              "customers", (json_int_t)customers->frame.n);
    if (orders)
        json_object_set_new(input, "orders",
                            json_pack("{s:I, s:I, s:I, s:I}", "applied", (json_int_t)customers->counted.orders, "after_as_of",
                                      (json_int_t)customers->counted.later, "duplicates",
                                      (json_int_t)customers->counted.duplicates, "customers_without_a_live_order",
                                      (json_int_t)customers->counted.left));
    return input;
}

static json_t *exploration_json(const struct training *training) {
    json_t *json = json_pack("{s:O, s:O, s:o}", "columns", training->customers.raw, "features", training->features,
                             "correlations", explore_correlations(&training->customers));
    json_t *channels = explore_words(&training->customers, ROLE_CHANNEL);
    json_t *categories = explore_words(&training->customers, ROLE_CATEGORIES);
    json_object_set_new(json, "channels", channels != NULL ? channels : json_null());
    json_object_set_new(json, "categories", categories != NULL ? categories : json_null());
    return json;
}

static json_t *segments_json(const struct training *training, const struct learned *learned) {
    const struct customers *customers = &training->customers;
    size_t n = (size_t)learned->n_segments;
    int64_t *sizes = xcalloc(n, sizeof *sizes), *values = xcalloc(n, sizeof *values), all = 0;
    for (size_t i = 0; i < customers->frame.n; i++) {
        struct ledger_summary summary = customers_summary(customers, i);
        sizes[learned->segment_of[i]]++;
        values[learned->segment_of[i]] += summary_value(&summary);
        all += summary_value(&summary);
    }
    json_t *segments = json_array();
    for (size_t s = 0; s < n; s++) {
        json_t *segment = learned_segment_json(&learned->segments[s]);
        json_object_update_missing_new(
            segment,
            json_pack("{s:I, s:f, s:o, s:o}", "customers", (json_int_t)sizes[s], "share_customers",
                      (double)sizes[s] / (double)customers->frame.n, "value",
                      customers->has[FEATURE_MONETARY] ? json_real((double)values[s] / customers->minor_per_major) : json_null(),
                      "share_value",
                      customers->has[FEATURE_MONETARY] && all > 0 ? json_real((double)values[s] / (double)all) : json_null()));
        json_array_append_new(segments, segment);
    }
    free(sizes);
    free(values);
    return segments;
}

static json_t *scheme_json(const struct training *training, const struct learned *learned) {
    static const char *const types[] = {
        [RECIPE_KMEANS] = "kmeans", [RECIPE_HIERARCHICAL] = "hierarchical", [RECIPE_RFM] = "rfm", [RECIPE_CLTV] = "cltv"
    };
    json_t *json = json_pack("{s:s, s:s, s:b, s:o, s:o, s:o}", "name", learned->recipe->name.text, "type",
                             types[learned->recipe->type], "served", learned->why_not_served == NULL, "not_served_because",
                             learned->why_not_served != NULL ? json_string(learned->why_not_served) : json_null(), "segments",
                             segments_json(training, learned), "warnings", json_array());
    json_t *found = json_object();
    json_object_update(found, learned->metrics);
    json_t *clusters = json_object_get(found, "segments");
    if (clusters != NULL) {
        json_object_set(found, "clusters", clusters);
        json_object_del(found, "segments");
    }
    json_object_update(json, found);
    json_decref(found);
    return json;
}

void metrics_write(struct buffer *out, const struct training *training) {
    const struct recipe *recipe = training->recipe;
    struct buffer reasons = { 0 };
    char as_of[32];
    bool servable = training_servable(training, &reasons);
    json_t *schemes = json_array();
    for (size_t s = 0; s < training->n; s++)
        json_array_append_new(schemes, scheme_json(training, &training->learned[s]));
    instant_text(training->customers.as_of, as_of);
    json_t *json =
        json_pack("{s:i, s:s, s:s*, s:s, s:s, s:s, s:I, s:b, s:o, s:o, s:O, s:o, s:o}", "obek_metrics", 1, "recipe", recipe->name,
                  "description", recipe->description, "created", training->created, "as_of", as_of, "currency", recipe->currency,
                  "seed", (json_int_t)training->seed, "servable", servable, "not_served",
                  reasons.len > 0 ? json_stringn(reasons.data, reasons.len) : json_null(), "input", input_json(training),
                  "cleaning", training->customers.cleaning.steps, "exploration", exploration_json(training), "schemes", schemes);
    json_t *campaigns = json_object_get(recipe->json, "campaigns");
    if (campaigns != NULL) /* for the report */
        json_object_set(json, "campaigns", campaigns);
    json_text(out, json);
    json_decref(json);
    buffer_free(&reasons);
}
