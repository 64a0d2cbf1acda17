/* What the fitted process says of customers, by how often and how lately they bought. */
#include "purchase_model.h"
#include "report_parts.h"
#include "sorted.h"

#include <math.h>
#include <stdlib.h>

#define STEPS 24

static double parameter(const json_t *process, const char *name, bool *found) {
    const json_t *value = json_object_get(json_object_get(json_object_get(process, "parameters"), name), "value");
    *found = *found && json_is_number(value);
    return json_number_value(value);
}

static bool read_model(const json_t *scheme, struct purchase_model *model) {
    const json_t *process = json_object_get(scheme, "process");
    const char *name = json_string_value(json_object_get(process, "model"));
    for (enum purchase_model_type type = PURCHASE_BGNBD; name != NULL && type <= PURCHASE_PARETO; type++)
        if (strcmp(purchase_model_name(type), name) == 0) {
            bool found = true;
            model->type = type;
            for (int i = 0; i < PURCHASE_PARAMETERS; i++)
                model->parameters[i] = parameter(process, purchase_parameter_name(type, i), &found);
            return found;
        }
    return false;
}

static double quantile(const double *values, size_t n, double q) {
    struct sorted sorted = sorted_of(values, n);
    double value = sorted_quantile(&sorted, q);
    sorted_free(&sorted);
    return value;
}

/* The first of the scheme's horizons: "purchases_12". */
static double horizon_of(const json_t *scheme) {
    static const char prefix[] = "purchases_";
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(scheme, "bands"), key, value) {
        if (strncmp(key, prefix, strlen(prefix)) == 0)
            return strtod(key + strlen(prefix), NULL);
    }
    return 0;
}

struct heat {
    struct purchase_model model;
    double T, horizon;
    double x_step;
    int x_count;
};

/* Rows by x, in them steps of tx. Who has not come back has no time of it: one cell. */
static void fill(const struct heat *heat, json_t *alive, json_t *purchases) {
    const struct forecast_plan plan = { .n_horizons = 1, .horizons = { heat->horizon }, .month = heat->horizon, .months = 1 };
    for (int i = 0; i < heat->x_count; i++) {
        json_t *alive_row = json_array(), *purchases_row = json_array();
        for (int k = 0; k <= STEPS; k++) {
            const struct history history = { .x = i * heat->x_step, .tx = heat->T * k / STEPS, .T = heat->T };
            struct forecast forecast = { .p_alive = NAN, .purchases = { NAN } };
            if ((i == 0) == (k == 0))
                forecast_customer(&heat->model, &history, &plan, &forecast);
            json_array_append_new(alive_row, isfinite(forecast.p_alive) ? json_real(forecast.p_alive) : json_null());
            json_array_append_new(purchases_row,
                                  isfinite(forecast.purchases[0]) ? json_real(forecast.purchases[0]) : json_null());
        }
        json_array_append_new(alive, alive_row);
        json_array_append_new(purchases, purchases_row);
    }
}

json_t *report_heat(const struct report_rows *rows, int scheme) {
    const json_t *json = json_array_get(rows->schemes, (size_t)scheme);
    const double *tenure = report_numbers(rows, "tenure_days"), *frequency = report_numbers(rows, "frequency");
    double unit_days = json_number_value(json_object_get(json, "unit_days"));
    struct heat heat = { .horizon = horizon_of(json) };
    if (!read_model(json, &heat.model) || tenure == NULL || frequency == NULL || rows->n == 0 || !(heat.horizon > 0) ||
        !(unit_days > 0))
        return json_null();
    heat.T = quantile(tenure, rows->n, 0.95) / unit_days;
    double most = fmax(6, quantile(frequency, rows->n, 0.99));
    heat.x_step = ceil(most / STEPS);
    heat.x_count = (int)ceil(most / heat.x_step) + 1;
    if (!(heat.T > 0))
        return json_null();
    json_t *alive = json_array(), *purchases = json_array(), *x = json_array(), *tx = json_array();
    fill(&heat, alive, purchases);
    for (int i = 0; i < heat.x_count; i++)
        json_array_append_new(x, json_real(i * heat.x_step));
    for (int k = 0; k <= STEPS; k++)
        json_array_append_new(tx, json_real(heat.T * k / STEPS));
    return json_pack("{s:f, s:f, s:f, s:o, s:o, s:o, s:o}", "T", heat.T, "unit_days", unit_days, "horizon", heat.horizon, "x", x,
                     "tx", tx, "p_alive", alive, "purchases", purchases);
}
