/* What makes a row a valid order: the contract's "An order" and what decoding would refuse (design, section 7). */
#include "csv_orders.h"
#include "obek/instant.h"
#include "obek/order.h"

#include <errno.h>
#include <stdlib.h>

/* An order may be that much later than its Kafka timestamp, which replay sets to the time of sending. */
#define AHEAD_MS_MAX (INT64_C(5) * 60 * 1000)

const char *order_row_text(const struct order_row *row, enum feed_field field) {
    return row->at[field] == ROW_FIELD_NONE ? NULL : row->texts + row->at[field];
}

static bool check_id(const char *text, struct error *error) {
    if (text == NULL)
        return error_set(error, "missing");
    size_t len = strlen(text);
    return len <= ORDER_ID_LENGTH_MAX || error_set(error, "%zu bytes, at most %d are allowed", len, ORDER_ID_LENGTH_MAX);
}

static bool check_kind(struct order_row *row, struct error *error) {
    static const char *const kinds[] = { "ORDER", "CANCELLATION", "RETURN" };
    const char *text = order_row_text(row, FIELD_KIND);
    row->kind = KIND_ORDER;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && text != NULL; i++)
        if (strcmp(text, kinds[i]) == 0) {
            row->kind = (enum order_kind)i;
            return true;
        }
    return text == NULL || error_set(error, "'%.64s' is none of ORDER, CANCELLATION, RETURN", text);
}

/* RFC 3339 or epoch milliseconds. */
static bool parse_time(int64_t *ms, const char *text, struct error *error) {
    const char *digits = text + (*text == '-');
    if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return instant_parse(ms, slice_of(text), error);
    errno = 0;
    *ms = strtoll(text, NULL, 10);
    return errno == 0 || error_set(error, "'%.64s' is out of range", text);
}

static bool check_time(struct order_row *row, int64_t now, struct error *error) {
    const char *text = order_row_text(row, FIELD_OCCURRED_AT);
    if (text == NULL)
        return error_set(error, "missing");
    if (!parse_time(&row->occurred_at, text, error))
        return false;
    if (!instant_in_range(row->occurred_at))
        return error_set(error, "'%.64s' is outside the years 0000 to 9999", text);
    return row->occurred_at <= now + AHEAD_MS_MAX || error_set(error, "'%.64s' is in the future", text);
}

/* A cancellation's amount is ignored; a return without one takes all of it back. */
static bool check_amount(const struct order_row *row, const struct currency_table *currencies, struct error *error) {
    const char *text = order_row_text(row, FIELD_AMOUNT), *currency = order_row_text(row, FIELD_CURRENCY);
    struct decimal amount;
    int64_t minor;
    if (row->kind == KIND_CANCELLATION || (row->kind == KIND_RETURN && text == NULL))
        return true;
    if (text == NULL)
        return error_set(error, "missing");
    return decimal_parse(&amount, slice_of(text), error) &&
           money_to_minor(currencies, amount, slice_of(currency == NULL ? "" : currency), &minor, error);
}

bool order_row_check(struct order_row *row, const struct currency_table *currencies, int64_t now, enum feed_field *field,
                     struct error *error) {
    *field = FIELD_CUSTOMER_ID;
    if (!check_id(order_row_text(row, FIELD_CUSTOMER_ID), error))
        return false;
    *field = FIELD_ORDER_ID;
    if (!check_id(order_row_text(row, FIELD_ORDER_ID), error))
        return false;
    *field = FIELD_KIND;
    if (!check_kind(row, error))
        return false;
    *field = FIELD_RETURN_ID;
    if (row->at[FIELD_RETURN_ID] != ROW_FIELD_NONE && !check_id(order_row_text(row, FIELD_RETURN_ID), error))
        return false;
    *field = FIELD_OCCURRED_AT;
    if (!check_time(row, now, error))
        return false;
    *field = FIELD_AMOUNT;
    return check_amount(row, currencies, error);
}
