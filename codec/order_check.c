/* Judges the fields of a record (contract, "An order"; design, section 7). */
#include "obek/instant.h"
#include "obek/utf8.h"
#include "order_fields.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* design, section 7: how far an order may be ahead of its Kafka timestamp, and of the wall clock */
#define AHEAD_OF_TIMESTAMP_MS_MAX (INT64_C(5) * 60 * 1000)
#define AHEAD_OF_WALL_MS_MAX (INT64_C(10) * 60 * 1000)

struct check {
    const struct order_fields *fields;
    const struct order_context *context;
    struct decode_failure *failure;
};

static const struct field_value *value_of(const struct check *check, enum feed_field field) {
    return &check->fields->values[field];
}

static bool present(const struct check *check, enum feed_field field) {
    return value_of(check, field)->type != VALUE_ABSENT;
}

/* "amount: byte 34: negative" */
static bool refuse(const struct check *check, enum feed_field field, const char *reason, const char *text) {
    size_t offset = value_of(check, field)->offset;
    if (!present(check, field) || offset == NO_OFFSET)
        return decode_fail(check->failure, reason, "%s: %s", feed_field_name(field), text);
    return decode_fail(check->failure, reason, "%s: byte %zu: %s", feed_field_name(field), offset, text);
}

static bool refuse_type(const struct check *check, enum feed_field field, const char *wanted) {
    const struct field_value *value = value_of(check, field);
    static const char *const names[] = {
        [VALUE_TEXT] = "a string",     [VALUE_NUMBER] = "a number",    [VALUE_INTEGER] = "a number",
        [VALUE_DECIMAL] = "a decimal", [VALUE_REAL] = "a real number", [VALUE_INSTANT] = "a timestamp",
    };
    char text[128];
    snprintf(text, sizeof text, "%s where %s is wanted", value->type == VALUE_OTHER ? value->what : names[value->type], wanted);
    return refuse(check, field, "wrong_type", text);
}

/* a string; where the path was configured a whole number is its text */
static bool text_of(const struct check *check, enum feed_field field, struct slice *text) {
    const struct field_value *value = value_of(check, field);
    bool numbers = check->context->feed->mapped[field];
    if (value->type == VALUE_TEXT || (numbers && value->type == VALUE_NUMBER && text_is_whole_number(value->text)))
        *text = value->text;
    else if (numbers && value->type == VALUE_INTEGER)
        *text = arena_printf(check->context->arena, "%" PRId64, value->integer);
    else
        return refuse_type(check, field, numbers ? "a string or a whole number" : "a string");
    return true;
}

static bool id_of(const struct check *check, enum feed_field field, const char *reason, struct slice *id) {
    struct slice text;
    if (!present(check, field))
        return refuse(check, field, "missing_field", "missing");
    if (!text_of(check, field, &text))
        return false;
    char why[64];
    if (text.len == 0)
        return refuse(check, field, reason, "empty");
    if (text.len > ORDER_ID_LENGTH_MAX) {
        snprintf(why, sizeof why, "%zu bytes, at most %d are allowed", text.len, ORDER_ID_LENGTH_MAX);
        return refuse(check, field, reason, why);
    }
    if (!utf8_valid(text))
        return refuse(check, field, reason, "invalid UTF-8");
    *id = text;
    return true;
}

static bool check_kind(const struct check *check, struct order *order) {
    static const struct kind_mapping names[] = { { (char *)"ORDER", KIND_ORDER },
                                                 { (char *)"CANCELLATION", KIND_CANCELLATION },
                                                 { (char *)"RETURN", KIND_RETURN } };
    const struct feed *feed = check->context->feed;
    struct slice text;
    order->kind = KIND_ORDER;
    if (!present(check, FIELD_KIND))
        return true;
    if (!text_of(check, FIELD_KIND, &text))
        return false;
    for (size_t i = 0; i < feed->n_kinds + 3; i++) {
        const struct kind_mapping *kind = i < feed->n_kinds ? &feed->kinds[i] : &names[i - feed->n_kinds];
        order->kind = kind->kind;
        if (slice_is(text, kind->text))
            return true;
    }
    char why[96];
    snprintf(why, sizeof why, "unknown kind \"%.*s\"", text.len > 64 ? 64 : (int)text.len, text.data);
    return refuse(check, FIELD_KIND, "bad_kind", why);
}

/* a whole number of the feed's time unit -> ms */
static bool epoch_ms(const struct check *check, struct decimal epoch, int64_t *ms) {
    enum time_unit unit = check->context->feed->time_unit;
    const __int128 far = INT64_C(1000000000000000000); /* outside the years 0000..9999 in any unit */
    epoch = decimal_normal(epoch);
    if (epoch.scale > 0)
        return refuse(check, FIELD_OCCURRED_AT, "bad_time", "an epoch time that is not a whole number");
    if (epoch.digits > far || epoch.digits < -far)
        return refuse(check, FIELD_OCCURRED_AT, "bad_time", "outside the years 0000 to 9999");
    int64_t number = (int64_t)epoch.digits;
    if (unit == TIME_UNIT_US)
        number = number / 1000 - (number % 1000 < 0);
    if (unit == TIME_UNIT_S && __builtin_mul_overflow(number, INT64_C(1000), &number))
        return refuse(check, FIELD_OCCURRED_AT, "bad_time", "outside the years 0000 to 9999");
    *ms = number;
    return true;
}

/* a double or float is the shortest decimal that it stands for */
static bool decimal_of_real(struct decimal *decimal, const struct field_value *value, struct error *error) {
    char text[40];
    if (!isfinite(value->real))
        return error_set(error, "not a finite number");
    snprintf(text, sizeof text, value->single ? "%.7g" : "%.15g", value->real);
    return decimal_parse(decimal, slice_of(text), error);
}

/* *number: whether the value is one at all */
static bool decimal_of(struct decimal *decimal, const struct field_value *value, bool *number, struct error *error) {
    *number = true;
    switch (value->type) {
    case VALUE_TEXT:
    case VALUE_NUMBER:
        return decimal_parse(decimal, value->text, error);
    case VALUE_INTEGER:
        *decimal = (struct decimal){ value->integer, 0 };
        return true;
    case VALUE_DECIMAL:
        *decimal = (struct decimal){ value->digits, value->scale };
        return true;
    case VALUE_REAL:
        return decimal_of_real(decimal, value, error);
    default:
        *number = false;
        return false;
    }
}

static bool time_of(const struct check *check, int64_t *ms) {
    const struct field_value *value = value_of(check, FIELD_OCCURRED_AT);
    struct error error;
    struct decimal epoch;
    bool number;
    if (value->type == VALUE_INSTANT) {
        *ms = value->integer;
        return true;
    }
    if (value->type == VALUE_TEXT && !(value->untyped && text_is_whole_number(value->text)))
        return instant_parse(ms, value->text, &error) || refuse(check, FIELD_OCCURRED_AT, "bad_time", error.text);
    if (decimal_of(&epoch, value, &number, &error))
        return epoch_ms(check, epoch, ms);
    return number ? refuse(check, FIELD_OCCURRED_AT, "bad_time", error.text) : refuse_type(check, FIELD_OCCURRED_AT, "a time");
}

static bool refuse_ahead(const struct check *check, int64_t occurred_at, const char *reason, const char *of_what) {
    char text[32], why[128];
    instant_text(occurred_at, text);
    snprintf(why, sizeof why, "%s is more than %s", text, of_what);
    return refuse(check, FIELD_OCCURRED_AT, reason, why);
}

static bool check_time(const struct check *check, struct order *order) {
    int64_t timestamp = check->context->record->timestamp;
    if (!present(check, FIELD_OCCURRED_AT)) {
        if (timestamp < 0)
            return refuse(check, FIELD_OCCURRED_AT, "missing_field", "missing, and the record has no Kafka timestamp");
        order->occurred_at = timestamp;
    } else if (!time_of(check, &order->occurred_at)) {
        return false;
    }
    if (!instant_in_range(order->occurred_at))
        return refuse(check, FIELD_OCCURRED_AT, "bad_time", "outside the years 0000 to 9999");
    if (timestamp >= 0 && order->occurred_at - AHEAD_OF_TIMESTAMP_MS_MAX > timestamp)
        return refuse_ahead(check, order->occurred_at, "bad_time", "5 min after the record's Kafka timestamp");
    if (order->occurred_at - AHEAD_OF_WALL_MS_MAX > check->context->wall_now)
        return refuse_ahead(check, order->occurred_at, "future", "10 min after the present");
    return true;
}

static bool currency_of(const struct check *check, struct slice *currency, int *decimals) {
    const struct currency_table *table = check->context->currencies;
    char why[96];
    *currency = slice_of(currency_table_base(table));
    if (present(check, FIELD_CURRENCY) && !text_of(check, FIELD_CURRENCY, currency))
        return false;
    *decimals = currency->len == 0 ? -1 : currency_table_decimals(table, *currency);
    if (*decimals >= 0)
        return true;
    bool known = currency_decimals(*currency) >= 0;
    snprintf(why, sizeof why, known ? "no rate for \"%.*s\"" : "unknown currency \"%.*s\"",
             currency->len > 16 ? 16 : (int)currency->len, currency->data);
    return refuse(check, FIELD_CURRENCY, "bad_currency", why);
}

static bool minor_units(struct decimal *amount, int decimals) {
    *amount = decimal_normal(*amount);
    bool whole = amount->scale == 0;
    amount->scale = decimals;
    return whole;
}

static bool check_amount(const struct check *check, struct order *order) {
    struct slice currency;
    struct decimal amount;
    struct error error;
    int decimals;
    bool number;
    if (!currency_of(check, &currency, &decimals))
        return false;
    if (!decimal_of(&amount, value_of(check, FIELD_AMOUNT), &number, &error))
        return number ? refuse(check, FIELD_AMOUNT, "bad_amount", error.text) : refuse_type(check, FIELD_AMOUNT, "a number");
    if (check->context->feed->amount_in_minor && !minor_units(&amount, decimals))
        return refuse(check, FIELD_AMOUNT, "bad_amount", "not a whole number of minor units");
    if (!money_to_minor(check->context->currencies, amount, currency, &order->amount, &error))
        return refuse(check, FIELD_AMOUNT, "bad_amount", error.text);
    return true;
}

/* a cancellation has no amount, a return may be without one, an order has one */
static bool check_value(const struct check *check, struct order *order) {
    order->amount = 0;
    order->whole = order->kind == KIND_RETURN && !present(check, FIELD_AMOUNT);
    if (order->kind == KIND_CANCELLATION || order->whole)
        return true;
    if (!present(check, FIELD_AMOUNT))
        return refuse(check, FIELD_AMOUNT, "missing_field", "missing");
    return check_amount(check, order);
}

static bool check_return(const struct check *check, struct order *order) {
    struct slice return_id;
    order->return_hash = 0;
    if (order->kind != KIND_RETURN)
        return true;
    if (!present(check, FIELD_RETURN_ID)) {
        order->return_hash = order_return_hash(order->occurred_at, order->amount, order->whole);
        return true;
    }
    if (!id_of(check, FIELD_RETURN_ID, "bad_order_id", &return_id))
        return false;
    order->return_hash = order_hash(return_id);
    return true;
}

static bool check_channel(const struct check *check, struct order *order) {
    const struct feed *feed = check->context->feed;
    struct slice channel = slice_of(feed->channel != NULL ? feed->channel : feed->name);
    if (feed->channel == NULL && present(check, FIELD_CHANNEL) && !text_of(check, FIELD_CHANNEL, &channel))
        return false;
    order->offline = false;
    for (size_t i = 0; i < check->context->n_offline_channels; i++)
        order->offline |= slice_is(channel, check->context->offline_channels[i]);
    return true;
}

static bool check_categories(const struct check *check, struct order *order) {
    if (present(check, FIELD_CATEGORIES))
        return refuse_type(check, FIELD_CATEGORIES, "an array of strings");
    order_set_categories(order, check->fields->categories, check->fields->n_categories);
    return true;
}

bool order_customer(struct order *order, const struct order_fields *fields, const struct order_context *context,
                    struct decode_failure *failure) {
    const struct check check = { fields, context, failure };
    return id_of(&check, FIELD_CUSTOMER_ID, "bad_customer_id", &order->customer_id);
}

bool order_from_fields(struct order *order, const struct order_fields *fields, const struct order_context *context,
                       struct decode_failure *failure) {
    const struct check check = { fields, context, failure };
    if (!order_customer(order, fields, context, failure) || !id_of(&check, FIELD_ORDER_ID, "bad_order_id", &order->order_id) ||
        !check_kind(&check, order) || !check_time(&check, order) || !check_value(&check, order) || !check_return(&check, order) ||
        !check_channel(&check, order) || !check_categories(&check, order))
        return false;
    order->order_hash = order_hash(order->order_id);
    return true;
}
