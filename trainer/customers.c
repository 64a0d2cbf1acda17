#include "customers.h"
#include "explore.h"
#include "obek/ledger.h"

#include <math.h>
#include <stdlib.h>

struct slice customers_id(const struct customers *customers, size_t i) {
    const struct frame_column *id = frame_role(&customers->frame, ROLE_CUSTOMER_ID);
    return words_text(&id->words, id->codes[i]);
}

static double cell(const struct customers *customers, enum role role, size_t i) {
    return customers->cells[role] != NULL ? customers->cells[role][i] : NAN;
}

static int64_t instant(double ms) {
    return isnan(ms) ? TIME_NONE : (int64_t)ms;
}

static int64_t minor(const struct customers *customers, double major) {
    return isnan(major) ? 0 : llround(major * customers->minor_per_major);
}

static int64_t count(double orders) {
    return isnan(orders) ? 0 : llround(orders);
}

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b; /* TIME_NONE is the earliest */
}

struct ledger_summary customers_summary(const struct customers *customers, size_t i) {
    bool split = customers->cells[ROLE_ORDERS_ONLINE] != NULL || customers->cells[ROLE_VALUE_ONLINE] != NULL;
    struct ledger_summary summary = {
        .online = { .orders = count(cell(customers, split ? ROLE_ORDERS_ONLINE : ROLE_ORDERS, i)),
                    .value = minor(customers, cell(customers, split ? ROLE_VALUE_ONLINE : ROLE_VALUE, i)),
                    .first_at = TIME_NONE,
                    .last_at = instant(cell(customers, ROLE_LAST_ONLINE_AT, i)) },
        .offline = { .orders = count(cell(customers, ROLE_ORDERS_OFFLINE, i)),
                     .value = minor(customers, cell(customers, ROLE_VALUE_OFFLINE, i)),
                     .first_at = TIME_NONE,
                     .last_at = instant(cell(customers, ROLE_LAST_OFFLINE_AT, i)) },
        .first_at = instant(cell(customers, ROLE_FIRST_AT, i)),
        .last_at = instant(cell(customers, ROLE_LAST_AT, i)),
    };
    if (summary.last_at == TIME_NONE)
        summary.last_at = later(summary.online.last_at, summary.offline.last_at);
    return summary;
}

/* Which features the columns give. */
static void find_features(struct customers *customers) {
    const double *const *cells = customers->cells;
    bool split_orders = cells[ROLE_ORDERS_ONLINE] != NULL, split_values = cells[ROLE_VALUE_ONLINE] != NULL;
    bool orders = split_orders || cells[ROLE_ORDERS] != NULL, values = split_values || cells[ROLE_VALUE] != NULL;
    bool first = cells[ROLE_FIRST_AT] != NULL;
    bool last = cells[ROLE_LAST_AT] != NULL || (cells[ROLE_LAST_ONLINE_AT] != NULL && cells[ROLE_LAST_OFFLINE_AT] != NULL);
    const bool has[FEATURE_COUNT] = {
        [FEATURE_RECENCY_DAYS] = last,
        [FEATURE_TENURE_DAYS] = first,
        [FEATURE_ACTIVE_DAYS] = first && last,
        [FEATURE_FREQUENCY] = orders,
        [FEATURE_REPEAT_FREQUENCY] = orders,
        [FEATURE_MONETARY] = values,
        [FEATURE_AVG_ORDER_VALUE] = orders && values,
        [FEATURE_ORDERS_ONLINE] = split_orders,
        [FEATURE_ORDERS_OFFLINE] = split_orders,
        [FEATURE_VALUE_ONLINE] = split_values,
        [FEATURE_VALUE_OFFLINE] = split_values,
        [FEATURE_SHARE_ONLINE] = split_values,
        [FEATURE_RECENCY_ONLINE_DAYS] = cells[ROLE_LAST_ONLINE_AT] != NULL,
        [FEATURE_RECENCY_OFFLINE_DAYS] = cells[ROLE_LAST_OFFLINE_AT] != NULL,
    };
    memcpy(customers->has, has, sizeof has);
}

static void find_cells(struct customers *customers) {
    for (size_t c = 0; c < customers->frame.n_columns; c++) {
        const struct frame_column *column = &customers->frame.columns[c];
        if (column->role != ROLE_ATTRIBUTE && (column->kind == COLUMN_NUMBER || column->kind == COLUMN_TIME))
            customers->cells[column->role] = column->numbers;
    }
    find_features(customers);
}

double customers_value(const struct customers *customers, size_t i, enum feature feature, const char *name) {
    if (feature == FEATURE_COUNT)
        return frame_column(&customers->frame, name)->numbers[i];
    struct ledger_summary summary = customers_summary(customers, i);
    return feature_value(feature, &summary, customers->as_of, customers->minor_per_major);
}

double *customers_values(const struct customers *customers, enum feature feature, const char *name) {
    double *values = xcalloc(customers->frame.n + 1, sizeof *values);
    for (size_t i = 0; i < customers->frame.n; i++)
        values[i] = customers_value(customers, i, feature, name);
    return values;
}

bool customers_have(const struct customers *customers, enum feature feature, const char *name, struct error *error) {
    const struct frame_column *column = feature == FEATURE_COUNT ? frame_column(&customers->frame, name) : NULL;
    if (column != NULL && column->kind != COLUMN_NUMBER && column->kind != COLUMN_TIME)
        return error_set(error, "the column %s has no numbers", name);
    return column != NULL || (feature != FEATURE_COUNT && customers->has[feature]) ||
           error_set(error, "the columns do not give %s", name);
}

/* The midnight after the last date. */
static int64_t after_last(const struct frame *frame) {
    double last = -INFINITY;
    for (size_t c = 0; c < frame->n_columns; c++)
        for (size_t i = 0; i < frame->n && frame->columns[c].kind == COLUMN_TIME; i++)
            if (frame->columns[c].numbers[i] > last)
                last = frame->columns[c].numbers[i];
    return isinf(last) ? 0 : ((int64_t)floor(last / (double)MS_PER_DAY) + 1) * MS_PER_DAY;
}

static bool lenient(const void *context, const char *column, bool missing) {
    return cleaning_expects(context, column, missing);
}

static bool add_up(struct customers *customers, const struct recipe *recipe, struct rejects *rejects, struct error *error) {
    struct frame orders = customers->frame;
    customers->frame = (struct frame){ 0 };
    customers->counted = (struct aggregation){ .as_of = customers->as_of,
                                               .minor_per_major = customers->minor_per_major,
                                               .offline = recipe->input.offline,
                                               .n_offline = recipe->input.n_offline,
                                               .rejects = rejects };
    bool good = aggregate(&orders, &customers->counted, &customers->frame, &customers->purchases, error);
    frame_free(&orders);
    return good && clean(&customers->frame, recipe, customers->as_of, &customers->cleaning, rejects, error);
}

bool customers_read(struct customers *customers, const struct recipe *recipe, const char *path, int64_t as_of,
                    struct rejects *rejects, struct error *error) {
    const struct frame_reading reading = {
        .input = &recipe->input, .currency = recipe->currency, .lenient = lenient, .context = recipe, .rejects = rejects
    };
    *customers = (struct customers){ .minor_per_major = pow(10, recipe->decimals), .cleaning.steps = json_array() };
    if (!frame_read(&customers->frame, path, &reading, error)) {
        customers_free(customers);
        return false;
    }
    customers->rows = customers->frame.n;
    customers->as_of = as_of != TIME_NONE ? as_of : recipe->as_of != TIME_NONE ? recipe->as_of : after_last(&customers->frame);
    customers->raw = explore_frame(&customers->frame, recipe);
    bool good = clean(&customers->frame, recipe, customers->as_of, &customers->cleaning, rejects, error);
    if (good && recipe->input.rows == ROWS_ORDERS)
        good = add_up(customers, recipe, rejects, error);
    if (good)
        find_cells(customers);
    else
        customers_free(customers);
    return good;
}

void customers_free(struct customers *customers) {
    frame_free(&customers->frame);
    order_lists_free(&customers->purchases);
    cleaning_free(&customers->cleaning);
    json_decref(customers->raw);
    *customers = (struct customers){ 0 };
}
