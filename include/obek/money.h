/* Decimal text and integers to minor units of the base currency (contract: "An order"; design, section 3). */
#ifndef OBEK_MONEY_H
#define OBEK_MONEY_H

#include "obek/error.h"
#include "obek/slice.h"

#include <stdint.h>

/* ISO 4217: decimals of the currency (2 for TRY, 0 for JPY, 3 for KWD), or -1 when there is no such currency. */
int currency_decimals(struct slice code);

struct currency_table; /* base currency and rates */
/* base: ISO 4217 code. */
struct currency_table *currency_table_new(const char *base, struct error *error);
/* rate: decimal text; 1 unit of `code` = rate units of the base currency. */
bool currency_table_add(struct currency_table *table, const char *code, const char *rate, struct error *error);
void currency_table_free(struct currency_table *table);
const char *currency_table_base(const struct currency_table *table);
/* Decimals of a currency that has a rate (empty: the base); -1: it has none. */
int currency_table_decimals(const struct currency_table *table, struct slice currency);

/* An exact decimal: digits * 10^-scale. */
struct decimal {
    __int128 digits;
    int scale;
};
/* "12.30", "1e2" and "-0" too; an error when it is no decimal number or does not fit. */
bool decimal_parse(struct decimal *decimal, struct slice text, struct error *error);
/* The same number without zeros at the end of its decimals. */
struct decimal decimal_normal(struct decimal decimal);
/* Amount in `currency` (empty: base) -> minor units of the base currency, 0..ORDER_AMOUNT_MAX. Refuses negative amounts, more
   decimals than the currency has (trailing zeros aside), unknown currencies, and overflow. Converted once, half to even. */
bool money_to_minor(const struct currency_table *table, struct decimal amount, struct slice currency, int64_t *minor,
                    struct error *error);
/* Minor units as decimal text ("1234.50") into out (at least 32 bytes). */
void money_text(int64_t minor, int decimals, char *out);

#endif
