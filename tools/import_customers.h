/* The rows of customers of `obek import`. */
#ifndef OBEK_IMPORT_CUSTOMERS_H
#define OBEK_IMPORT_CUSTOMERS_H

#include "import_rows.h"

/* Says how the table is read, when it is one of customers: by --recipe, by the documented columns, or by the model's `input`.
   rows->recipe NULL: it is one of orders. */
bool import_customers_choose(struct import_rows *rows, const struct import_input *input, struct error *error);
bool import_customers_read(struct import_rows *rows, const struct import_input *input, struct error *error);
bool import_customers_each(struct import_rows *rows, int64_t until, import_visit *visit, void *context, struct error *error);
void import_customers_free(struct import_rows *rows);

#endif
