/* Any bytes as a file of order rows: rows that are valid orders, or an error; never a crash. */
#include "obek/fields.h"
#include "../../tools/csv_orders.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rows(const struct csv_orders *orders) {
    for (size_t i = 0; i < orders->n; i++) {
        const char *categories = order_row_text(&orders->rows[i], FIELD_CATEGORIES);
        struct slice category;
        assert(*order_row_text(&orders->rows[i], FIELD_CUSTOMER_ID) != '\0');
        assert(i == 0 || orders->rows[i - 1].occurred_at <= orders->rows[i].occurred_at);
        while (categories != NULL && list_item(&categories, &category))
            assert(category.len > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char header[] = "order_id,customer_id,occurred_at,amount,kind,currency,return_id,categories\n";
    struct csv_orders orders = { 0 };
    struct csv_selection selection;
    struct error error;
    char path[32];
    int file = memfd_create("fuzz", 0);
    assert(file >= 0 && write(file, header, sizeof header - 1) > 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    csv_selection_init(&selection);
    struct currency_table *currencies = currency_table_new("EUR", &error);
    if (csv_orders_read(&orders, path, &selection, currencies, INT64_C(1700000000000), &error)) {
        csv_orders_sort(&orders);
        check_rows(&orders);
    }
    currency_table_free(currencies);
    csv_selection_free(&selection);
    csv_orders_free(&orders);
    close(file);
    return 0;
}
