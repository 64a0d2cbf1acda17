/* `obek model diff` on the orders of a CSV file: customers as obek run would have made them. */
#include "model_diff.h"
#include "obek/buffer.h"
#include "obek/clock.h"
#include "obek/fields.h"
#include "row_order.h"

#include <inttypes.h>
#include <stdlib.h>

struct offline {
    struct matrices *matrices;
    const struct config *config; /* NULL: the defaults */
    int64_t as_of;
    struct currency_table *own_currencies; /* without a configuration */
    const struct currency_table *currencies;
    struct row_orders rows;
    struct customer *before, *after;
    struct transitions unused;
};

static void begin_customer(struct offline *offline) {
    int64_t capacity = offline->config != NULL ? offline->config->ledger_orders : LEDGER_ORDERS_DEFAULT;
    customer_init(offline->before, (uint16_t)capacity);
}

static void end_customer(struct offline *offline) {
    customer_live_until(offline->before, offline->matrices->from, offline->as_of, &offline->unused);
    *offline->after = *offline->before;
    customer_reevaluate(offline->after, offline->matrices->to, &offline->unused);
    transitions_clear(&offline->unused);
    matrices_add(offline->matrices, offline->before, offline->after);
}

static bool step(struct offline *offline, const struct order_row *row, struct error *error) {
    struct order order;
    if (!row_order(&offline->rows, row, &order, error))
        return false;
    enum ledger_verdict verdict = customer_step(offline->before, offline->matrices->from, &order, TIME_NONE, &offline->unused);
    if (verdict != LEDGER_APPLIED && verdict != LEDGER_DUPLICATE)
        return error_set(error, "%s", ledger_verdict_text(verdict));
    return true;
}

static bool live(struct offline *offline, struct csv_orders *orders, struct error *error) {
    const char *customer = NULL;
    int64_t later = 0;
    rows_by_customer(orders);
    for (size_t i = 0; i < orders->n; i++) {
        const struct order_row *row = &orders->rows[i];
        if (row->occurred_at > offline->as_of) {
            later++;
            continue;
        }
        if (customer == NULL || strcmp(customer, order_row_text(row, FIELD_CUSTOMER_ID)) != 0) {
            if (customer != NULL)
                end_customer(offline);
            begin_customer(offline);
            customer = order_row_text(row, FIELD_CUSTOMER_ID);
        }
        if (!step(offline, row, error))
            return error_context(error, "%s:%u", orders->files[row->file], row->line);
    }
    if (customer != NULL)
        end_customer(offline);
    if (later > 0)
        fprintf(stderr, "%" PRId64 " orders are later than --as-of and are left out\n", later);
    return true;
}

static bool select_rows(struct csv_selection *selection, const struct model_arguments *arguments, struct error *error) {
    for (size_t i = 0; i < arguments->maps.n; i++)
        if (!csv_selection_map(selection, arguments->maps.items[i], error))
            return false;
    for (size_t i = 0; i < arguments->wheres.n; i++)
        if (!csv_selection_where(selection, arguments->wheres.items[i], error))
            return false;
    return true;
}

static bool open_offline(struct offline *offline, struct error *error) {
    if (offline->config == NULL)
        offline->own_currencies = currency_table_new(offline->matrices->from->currency, error);
    offline->currencies = offline->config != NULL ? offline->config->currencies : offline->own_currencies;
    row_orders_init(&offline->rows, offline->config, offline->currencies);
    offline->before = xcalloc(1, sizeof *offline->before);
    offline->after = xcalloc(1, sizeof *offline->after);
    return offline->currencies != NULL;
}

static void close_offline(struct offline *offline) {
    currency_table_free(offline->own_currencies);
    row_orders_free(&offline->rows);
    free(offline->before);
    free(offline->after);
    transitions_free(&offline->unused);
}

bool model_diff_orders(struct matrices *matrices, const struct model_arguments *arguments, const struct config *config,
                       int64_t as_of, struct error *error) {
    struct offline offline = { .matrices = matrices, .config = config, .as_of = as_of };
    struct csv_selection selection;
    struct csv_orders orders = { 0 };
    csv_selection_init(&selection);
    bool ok = open_offline(&offline, error) && select_rows(&selection, arguments, error) &&
              csv_orders_read(&orders, arguments->orders, &selection, offline.currencies, wall_ms(), error) &&
              live(&offline, &orders, error);
    csv_orders_free(&orders);
    csv_selection_free(&selection);
    close_offline(&offline);
    return ok;
}
