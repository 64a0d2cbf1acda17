/* Decimal text and amounts: what is taken is in range, and prints to what reads back as the same. */
#include "obek/money.h"
#include "obek/order.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct currency_table *table;
    struct error error;
    struct decimal decimal;
    int64_t minor, again;
    char text[32];
    if (table == NULL) {
        table = currency_table_new("TRY", &error);
        currency_table_add(table, "EUR", "34.125", &error);
        currency_table_add(table, "JPY", "0.000000000000000001", &error);
        currency_table_add(table, "KWD", "1000000000000000000", &error);
    }
    if (size < 3)
        return 0;
    const struct slice currency = { (const char *)data, 3 };
    const struct slice amount = { (const char *)data + 3, size - 3 };
    currency_decimals(currency);
    if (!decimal_parse(&decimal, amount, &error))
        return 0;
    if (money_to_minor(table, decimal, currency, &minor, &error) && (minor < 0 || minor > ORDER_AMOUNT_MAX))
        abort();
    if (!money_to_minor(table, decimal, (struct slice){ NULL, 0 }, &minor, &error))
        return 0;
    money_text(minor, 2, text);
    if (!decimal_parse(&decimal, slice_of(text), &error) ||
        !money_to_minor(table, decimal, (struct slice){ NULL, 0 }, &again, &error) || again != minor)
        abort();
    return 0;
}
