#include "advice_json.h"
#include "sizes.h"

/* What is expected, where the model says it; else null. */
static void put_expected(json_t *json, const struct reading *reading, const struct sizes *sizes, const struct size_row *row) {
    char money[32];
    bool known = sizes->cltv != NULL;
    json_object_set_new(json, "cltv", known ? json_string(reading_money(reading, row->expected, money)) : json_null());
    json_object_set_new(json, "cltv_customers", known ? json_integer(row->evaluated) : json_null());
}

static json_t *row_json(const struct reading *reading, const struct catalogue *catalogue, const struct sizes *sizes,
                        const struct size_row *row, const struct size_row *total) {
    char value[32];
    json_t *json = json_pack("{s:s, s:s?, s:I, s:f, s:s, s:f}", "segment", row->segment.text, "label",
                             reading_label(reading, &row->scheme, &row->segment), "customers", (json_int_t)row->customers,
                             "share", sizes_share(row->customers, total->customers), "value",
                             reading_money(reading, row->value, value), "value_share", sizes_share(row->value, total->value));
    put_expected(json, reading, sizes, row);
    advice_put(json, catalogue, &row->scheme, &row->segment);
    return json;
}

static json_t *scheme_json(const struct reading *reading, const struct catalogue *catalogue, const struct sizes *sizes,
                           const struct name *scheme) {
    struct size_row total = sizes_total(sizes, scheme);
    char value[32];
    json_t *segments = json_array();
    for (size_t i = 0; i < sizes->n; i++)
        if (name_equal(&sizes->rows[i].scheme, scheme))
            json_array_append_new(segments, row_json(reading, catalogue, sizes, &sizes->rows[i], &total));
    json_t *json = json_pack("{s:s, s:I, s:s}", "scheme", scheme->text, "customers", (json_int_t)total.customers, "value",
                             reading_money(reading, total.value, value));
    put_expected(json, reading, sizes, &total);
    json_object_set_new(json, "segments", segments);
    return json;
}

static json_t *all_json(const struct reading *reading, const struct catalogue *catalogue, const struct sizes *sizes) {
    json_t *schemes = json_array();
    for (size_t i = 0; i < sizes->n; i++)
        if (sizes_is_first(sizes, i))
            json_array_append_new(schemes, scheme_json(reading, catalogue, sizes, &sizes->rows[i].scheme));
    json_t *model = reading->model == NULL ? json_null()
                                           : json_pack("{s:I, s:s, s:s}", "number", (json_int_t)reading->model_number, "name",
                                                       reading->model->name, "version", reading->model->version);
    json_t *cltv = sizes->cltv == NULL
                       ? json_null()
                       : json_pack("{s:s, s:i}", "scheme", sizes->cltv->name.text, "months", sizes->cltv->cltv.months);
    return json_pack("{s:o, s:o, s:s, s:o}", "model", model, "cltv", cltv, "currency", reading->config->currency_base, "schemes",
                     schemes);
}

json_t *sizes_json(const struct reading *reading, const struct sizes *sizes, struct error *error) {
    struct catalogue *catalogue = catalogue_new();
    json_t *json =
        catalogue_configure(catalogue, reading->config->campaign_catalogue, error) ? all_json(reading, catalogue, sizes) : NULL;
    catalogue_free(catalogue);
    return json;
}
