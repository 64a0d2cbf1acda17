/* Order rows of CSV files (contract: An order; Commands, replay). */
#ifndef OBEK_CSV_ORDERS_H
#define OBEK_CSV_ORDERS_H

#include "obek/error.h"
#include "obek/feed.h"
#include "obek/money.h"

#define ORDER_ROW_BYTES_MAX 65000

/* One row: the texts of its fields, one behind the other, each with a NUL. */
struct order_row {
    int64_t occurred_at; /* ms UTC */
    char *texts;
    uint16_t at[FIELD_COUNT]; /* where in texts; ROW_FIELD_NONE: no such column, or the cell is empty */
    uint16_t file;
    uint32_t line; /* from 1 */
    enum order_kind kind;
};
#define ROW_FIELD_NONE UINT16_MAX
/* NULL: the row has none. */
const char *order_row_text(const struct order_row *row, enum feed_field field);

/* --where column=value (any of several of one column), column!=value (all of them). */
struct csv_condition {
    char *column, *value;
    bool equal;
};
/* Which columns are which fields (the contract's names unless --map says otherwise), and which rows are wanted. */
struct csv_selection {
    char *columns[FIELD_COUNT];
    size_t n_conditions;
    struct csv_condition *conditions;
};
void csv_selection_init(struct csv_selection *selection);
void csv_selection_free(struct csv_selection *selection);
/* "occurred_at=timestamp,order_id=id" */
bool csv_selection_map(struct csv_selection *selection, const char *text, struct error *error);
/* "channel=Offline" or "channel!=Offline"; the column's name in the file, or the field's. */
bool csv_selection_where(struct csv_selection *selection, const char *text, struct error *error);

struct csv_orders {
    size_t n, capacity;
    struct order_row *rows;
    size_t n_files;
    char **files;
};
/* Appends the wanted rows of a file (plain or gzip). Every one of them is a valid order, or the error names file, line, column
   and reason. now: wall clock, ms. */
bool csv_orders_read(struct csv_orders *orders, const char *path, const struct csv_selection *selection,
                     const struct currency_table *currencies, int64_t now, struct error *error);
/* By occurred_at; rows of one instant stay in the order of the files. */
void csv_orders_sort(struct csv_orders *orders);
void csv_orders_free(struct csv_orders *orders);

/* order_row.c: fills occurred_at and kind. False with the field that is wrong. */
bool order_row_check(struct order_row *row, const struct currency_table *currencies, int64_t now, enum feed_field *field,
                     struct error *error);

#endif
