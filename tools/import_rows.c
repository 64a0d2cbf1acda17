#include "import_rows.h"
#include "import_customers.h"
#include "obek/buffer.h"
#include "obek/clock.h"
#include "obek/interrupt.h"
#include "row_order.h"

#include <stdlib.h>

static bool read_orders(struct import_rows *rows, const struct import_input *input, struct error *error) {
    if (!csv_orders_read(&rows->orders, input->path, &input->selection, rows->config->currencies, wall_ms(), error))
        return false;
    rows_by_customer(&rows->orders);
    const char *customer = NULL;
    for (size_t i = 0; i < rows->orders.n; i++) {
        const struct order_row *row = &rows->orders.rows[i];
        const char *of = order_row_text(row, FIELD_CUSTOMER_ID);
        rows->n += customer == NULL || strcmp(customer, of) != 0;
        rows->last = row->occurred_at > rows->last ? row->occurred_at : rows->last;
        customer = of;
    }
    return true;
}

bool import_rows_read(struct import_rows *rows, const struct import_input *input, const struct config *config, uint16_t capacity,
                      struct error *error) {
    *rows = (struct import_rows){ .config = config, .model = input->under, .capacity = capacity, .last = TIME_NONE };
    if (!import_customers_choose(rows, input, error))
        return false;
    return rows->recipe != NULL ? import_customers_read(rows, input, error) : read_orders(rows, input, error);
}

void import_rows_free(struct import_rows *rows) {
    import_customers_free(rows);
    csv_orders_free(&rows->orders);
}

/* A cancellation or return of an order that the file does not have must not wait: its order can only be one it will not meet. */
static bool is_taken(const struct ledger *ledger, const struct order *order) {
    if (order->kind != KIND_ORDER && !ledger_knows(ledger, order->order_hash))
        return false;
    enum ledger_verdict verdict = ledger_check(ledger, order);
    return verdict == LEDGER_APPLIED || verdict == LEDGER_DUPLICATE;
}

/* A customer who lives through their rows under the schemes for which the way counts. */
struct living {
    struct import_rows *rows;
    struct model model;
    struct row_orders decoder;
    struct customer *customer;
    struct transitions unused;
};

static bool take_row(struct living *living, const struct order_row *row, struct error *error) {
    struct import_rows *rows = living->rows;
    struct order order;
    if (!row_order(&living->decoder, row, &order, error))
        return error_context(error, "%s:%u", rows->orders.files[row->file], row->line);
    if (is_taken(&living->customer->ledger, &order))
        customer_step(living->customer, &living->model, &order, TIME_NONE, &living->unused);
    else
        rows->refused++;
    transitions_clear(&living->unused);
    return true;
}

/* By hysteresis, and on ties, the nearest centroid depends on where somebody was. Other schemes know the ledger only. */
static void choose_schemes(struct living *living, const struct model *model) {
    living->model = *model; /* the schemes stay the model's */
    living->model.n_schemes = 0;
    for (int i = 0; i < model->n_schemes; i++)
        if (model->schemes[i].type == SCHEME_KMEANS)
            living->model.schemes[living->model.n_schemes++] = model->schemes[i];
}

/* What the history led to is told with it. */
static bool tell(struct living *living, struct slice id, int64_t until, import_visit *visit, void *context, struct error *error) {
    struct customer *customer = living->customer;
    struct import_history history = { .ledger = &customer->ledger };
    if (ledger_is_empty(&customer->ledger))
        return true;
    customer_live_until(customer, &living->model, until, &living->unused);
    transitions_clear(&living->unused);
    for (int i = 0; i < customer->n_schemes; i++)
        if (customer->schemes[i].segment.len > 0)
            history.came_to[history.n_came_to++] = (struct came_to){ customer->schemes[i].scheme, customer->schemes[i].segment };
    return visit(context, id, &history, error);
}

static bool each_order(struct living *living, int64_t until, import_visit *visit, void *context, struct error *error) {
    const struct csv_orders *orders = &living->rows->orders;
    bool good = true;
    for (size_t i = 0; good && i < orders->n;) {
        const char *customer = order_row_text(&orders->rows[i], FIELD_CUSTOMER_ID);
        customer_init(living->customer, living->rows->capacity);
        for (; good && i < orders->n && strcmp(order_row_text(&orders->rows[i], FIELD_CUSTOMER_ID), customer) == 0; i++)
            good = orders->rows[i].occurred_at > until || take_row(living, &orders->rows[i], error);
        good = good && interrupt_check(error) && tell(living, slice_of(customer), until, visit, context, error);
    }
    return good;
}

bool import_rows_each(struct import_rows *rows, int64_t until, import_visit *visit, void *context, struct error *error) {
    if (rows->recipe != NULL)
        return import_customers_each(rows, until, visit, context, error);
    struct living *living = xcalloc(1, sizeof *living);
    living->rows = rows;
    living->customer = xcalloc(1, sizeof *living->customer);
    choose_schemes(living, rows->model);
    row_orders_init(&living->decoder, rows->config, rows->config->currencies);
    bool good = each_order(living, until, visit, context, error);
    row_orders_free(&living->decoder);
    transitions_free(&living->unused);
    free(living->customer);
    free(living);
    return good;
}
