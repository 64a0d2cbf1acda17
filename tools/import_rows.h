/* What `obek import` reads: rows of orders, or one row a customer -> ledgers. */
#ifndef OBEK_IMPORT_ROWS_H
#define OBEK_IMPORT_ROWS_H

#include "csv_orders.h"
#include "obek/config.h"
#include "obek/control_record.h"

struct customers;
struct recipe;

struct import_input {
    const char *path, *model, *recipe; /* recipe: NULL: the columns, or the model's `input`, say how the table is read */
    const struct model *under;         /* what `model` holds: rows of orders are lived through under it */
    struct csv_selection selection;    /* of rows of orders under other names */
};

struct import_rows {
    const struct config *config;
    const struct model *model;
    uint16_t capacity;     /* of the ledgers */
    struct recipe *recipe; /* rows of customers; NULL: rows of orders */
    struct customers *customers;
    struct csv_orders orders;
    int64_t last; /* the latest instant in it; TIME_NONE: it is empty */
    size_t n;     /* customers */
    size_t refused;
};

/* Reads all of it. */
bool import_rows_read(struct import_rows *rows, const struct import_input *input, const struct config *config, uint16_t capacity,
                      struct error *error);
void import_rows_free(struct import_rows *rows);
/* Each customer's history, of what occurred until then; customers without anything are left out. Rows that no ledger takes (a
   cancellation of an unknown order, ...) are counted in rows->refused. Sums have no history: they led nowhere. */
typedef bool import_visit(void *context, struct slice id, const struct import_history *history, struct error *error);
bool import_rows_each(struct import_rows *rows, int64_t until, import_visit *visit, void *context, struct error *error);

#endif
