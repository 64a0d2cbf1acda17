/* Rows of orders -> orders of the core, by the same rules as records of a feed. */
#ifndef OBEK_ROW_ORDER_H
#define OBEK_ROW_ORDER_H

#include "csv_orders.h"
#include "obek/arena.h"
#include "obek/config.h"
#include "obek/order.h"

struct row_orders {
    const struct config *config; /* NULL: the defaults */
    const struct currency_table *currencies;
    struct feed *feed;
    struct arena arena;
};
void row_orders_init(struct row_orders *rows, const struct config *config, const struct currency_table *currencies);
void row_orders_free(struct row_orders *rows);
/* The order borrows from the row until the next call. */
bool row_order(struct row_orders *rows, const struct order_row *row, struct order *order, struct error *error);

/* A customer's rows beside each other, by time, then by line. Every row has a customer. */
void rows_by_customer(struct csv_orders *orders);

#endif
