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
    *rows = (struct import_rows){ .config = config, .capacity = capacity, .last = TIME_NONE };
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

static bool take_row(struct import_rows *rows, struct row_orders *decoder, const struct order_row *row, struct ledger *ledger,
                     struct error *error) {
    struct order order;
    if (!row_order(decoder, row, &order, error))
        return error_context(error, "%s:%u", rows->orders.files[row->file], row->line);
    if (is_taken(ledger, &order))
        ledger_apply(ledger, &order);
    else
        rows->refused++;
    return true;
}

static bool each_order(struct import_rows *rows, struct row_orders *decoder, struct ledger *ledger, int64_t until,
                       import_visit *visit, void *context, struct error *error) {
    const struct csv_orders *orders = &rows->orders;
    bool good = true;
    for (size_t i = 0; good && i < orders->n;) {
        const char *customer = order_row_text(&orders->rows[i], FIELD_CUSTOMER_ID);
        ledger_init(ledger, rows->capacity);
        for (; good && i < orders->n && strcmp(order_row_text(&orders->rows[i], FIELD_CUSTOMER_ID), customer) == 0; i++)
            good = orders->rows[i].occurred_at > until || take_row(rows, decoder, &orders->rows[i], ledger, error);
        good = good && interrupt_check(error) && (ledger_is_empty(ledger) || visit(context, slice_of(customer), ledger, error));
    }
    return good;
}

bool import_rows_each(struct import_rows *rows, int64_t until, import_visit *visit, void *context, struct error *error) {
    if (rows->recipe != NULL)
        return import_customers_each(rows, until, visit, context, error);
    struct row_orders decoder;
    struct ledger *ledger = xcalloc(1, sizeof *ledger);
    row_orders_init(&decoder, rows->config, rows->config->currencies);
    bool good = each_order(rows, &decoder, ledger, until, visit, context, error);
    row_orders_free(&decoder);
    free(ledger);
    return good;
}
