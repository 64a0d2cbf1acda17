#include "obek/money.h"
#include "obek/buffer.h"
#include "obek/order.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* bounds that keep every product below inside an __int128 (1.7e38) */
#define TEN_POWER_MAX 38
#define RATE_DIGITS_MAX INT64_C(1000000000000000000)
#define SCALE_MAX 1000
#define EXPONENT_MAX 100000

struct rate {
    char code[4];
    int decimals;
    struct decimal rate;
};

struct currency_table {
    char base[4];
    int base_decimals;
    size_t n_rates;
    struct rate *rates;
};

static __int128 ten_to(int power) {
    __int128 result = 1;
    for (int i = 0; i < power; i++)
        result *= 10;
    return result;
}

/* what has been read of a number: digits * 10^exponent, trailing zeros of the digits still pending */
struct digits {
    __int128 value;
    int exponent, pending_zeros;
    bool any;
};

static bool digits_add(struct digits *digits, char c, bool fraction) {
    digits->any = true;
    digits->exponent -= fraction;
    if (digits->exponent < -EXPONENT_MAX || digits->pending_zeros > EXPONENT_MAX)
        return false;
    if (c == '0') {
        digits->pending_zeros += digits->value != 0;
        return true;
    }
    for (; digits->pending_zeros >= 0; digits->pending_zeros--)
        if (__builtin_mul_overflow(digits->value, (__int128)10, &digits->value))
            return false;
    digits->pending_zeros = 0;
    return !__builtin_add_overflow(digits->value, (__int128)(c - '0'), &digits->value);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* "e12" at text[at] .. the end */
static bool parse_exponent(struct slice text, size_t at, int *exponent) {
    int sign = 1, value = 0;
    if (++at < text.len && (text.data[at] == '-' || text.data[at] == '+'))
        sign = text.data[at++] == '-' ? -1 : 1;
    if (at == text.len)
        return false;
    for (; at < text.len && is_digit(text.data[at]); at++)
        if (value <= EXPONENT_MAX)
            value = value * 10 + (text.data[at] - '0');
    *exponent = sign * value;
    return at == text.len;
}

static bool decimal_from(struct decimal *decimal, struct digits digits, bool negative) {
    if (digits.value == 0) {
        *decimal = (struct decimal){ 0, 0 };
        return true;
    }
    int exponent = digits.exponent + digits.pending_zeros;
    if (exponent < -SCALE_MAX || exponent > TEN_POWER_MAX)
        return false;
    if (exponent > 0 && __builtin_mul_overflow(digits.value, ten_to(exponent), &digits.value))
        return false;
    decimal->digits = negative ? -digits.value : digits.value;
    decimal->scale = exponent > 0 ? 0 : -exponent;
    return true;
}

bool decimal_parse(struct decimal *decimal, struct slice text, struct error *error) {
    struct digits digits = { 0 };
    bool negative = text.len > 0 && text.data[0] == '-', fraction = false, fits = true;
    size_t at = text.len > 0 && (negative || text.data[0] == '+') ? 1 : 0;
    int shown = text.len > 64 ? 64 : (int)text.len, exponent = 0;
    for (; at < text.len && fits && (is_digit(text.data[at]) || (text.data[at] == '.' && !fraction)); at++) {
        if (text.data[at] == '.')
            fraction = true;
        else
            fits = digits_add(&digits, text.data[at], fraction);
    }
    if (!fits)
        return error_set(error, "number of %zu digits does not fit", text.len);
    if (digits.any && at < text.len && (text.data[at] == 'e' || text.data[at] == 'E') && parse_exponent(text, at, &exponent))
        at = text.len;
    if (!digits.any || at < text.len)
        return error_set(error, "\"%.*s\" is no decimal number", shown, text.data == NULL ? "" : text.data);
    digits.exponent += exponent;
    if (!decimal_from(decimal, digits, negative))
        return error_set(error, "\"%.*s\" does not fit", shown, text.data);
    return true;
}

struct decimal decimal_normal(struct decimal decimal) {
    if (decimal.digits == 0)
        return (struct decimal){ 0, 0 };
    while (decimal.scale > 0 && decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        decimal.scale--;
    }
    return decimal;
}

struct currency_table *currency_table_new(const char *base, struct error *error) {
    int decimals = currency_decimals(slice_of(base));
    if (decimals < 0) {
        error_set(error, "\"%.40s\" is no ISO 4217 currency", base);
        return NULL;
    }
    struct currency_table *table = xcalloc(1, sizeof *table);
    memcpy(table->base, base, 3);
    table->base_decimals = decimals;
    return table;
}

bool currency_table_add(struct currency_table *table, const char *code, const char *rate_text, struct error *error) {
    struct rate rate = { .decimals = currency_decimals(slice_of(code)) };
    if (rate.decimals < 0)
        return error_set(error, "\"%.40s\" is no ISO 4217 currency", code);
    memcpy(rate.code, code, 3);
    if (!decimal_parse(&rate.rate, slice_of(rate_text), error))
        return error_context(error, "rate of %s", rate.code);
    if (rate.rate.digits <= 0 || rate.rate.digits > RATE_DIGITS_MAX || rate.rate.scale > 18)
        return error_set(error, "rate of %s: %.60s is not above 0 with at most 18 digits", rate.code, rate_text);
    if (strcmp(rate.code, table->base) == 0 && (rate.rate.digits != 1 || rate.rate.scale != 0))
        return error_set(error, "rate of %s: the base currency's rate is 1", rate.code);
    for (size_t i = 0; i < table->n_rates; i++)
        if (strcmp(table->rates[i].code, rate.code) == 0)
            return error_set(error, "rate of %s is given twice", rate.code);
    table->rates = xrealloc(table->rates, (table->n_rates + 1) * sizeof *table->rates);
    table->rates[table->n_rates++] = rate;
    return true;
}

void currency_table_free(struct currency_table *table) {
    if (table == NULL)
        return;
    free(table->rates);
    free(table);
}

const char *currency_table_base(const struct currency_table *table) {
    return table->base;
}

static const struct rate *rate_of(const struct currency_table *table, struct slice currency) {
    for (size_t i = 0; i < table->n_rates; i++)
        if (slice_is(currency, table->rates[i].code))
            return &table->rates[i];
    return NULL;
}

int currency_table_decimals(const struct currency_table *table, struct slice currency) {
    if (currency.len == 0 || slice_is(currency, table->base))
        return table->base_decimals;
    const struct rate *rate = rate_of(table, currency);
    return rate == NULL ? -1 : rate->decimals;
}

/* the amount as a whole number of the currency's minor units; trailing zeros beyond them do not matter */
static bool whole_minor(struct decimal amount, int decimals, __int128 *minor, struct error *error) {
    if (amount.digits < 0)
        return error_set(error, "negative");
    amount = decimal_normal(amount);
    if (amount.scale > decimals)
        return error_set(error, "%d decimals, the currency has %d", amount.scale, decimals);
    /* room for currencies that are worth little: 10^20 of their minor units, times a rate of 18 digits, fits */
    if (__builtin_mul_overflow(amount.digits, ten_to(decimals - amount.scale), minor) ||
        *minor > (__int128)ORDER_AMOUNT_MAX * 100)
        return error_set(error, "out of range");
    return true;
}

/* divisor: a power of ten from 10 on */
static __int128 divide_half_to_even(__int128 value, __int128 divisor) {
    __int128 quotient = value / divisor, rest = value % divisor, half = divisor / 2;
    return quotient + (rest > half || (rest == half && quotient % 2 == 1));
}

/* minor units of one currency * rate -> minor units of another: one rounding, at the end */
static bool convert(__int128 *minor, int decimals, struct decimal rate, int base_decimals) {
    if (__builtin_mul_overflow(*minor, rate.digits, minor))
        return false;
    int power = base_decimals - decimals - rate.scale;
    if (power >= 0)
        return !__builtin_mul_overflow(*minor, ten_to(power), minor);
    *minor = divide_half_to_even(*minor, ten_to(-power));
    return true;
}

bool money_to_minor(const struct currency_table *table, struct decimal amount, struct slice currency, int64_t *minor,
                    struct error *error) {
    __int128 value;
    if (currency.len == 0 || slice_is(currency, table->base)) {
        if (!whole_minor(amount, table->base_decimals, &value, error))
            return false;
    } else {
        const struct rate *rate = rate_of(table, currency);
        if (rate == NULL)
            return error_set(error, "no rate for currency \"%.*s\"", currency.len > 16 ? 16 : (int)currency.len, currency.data);
        if (!whole_minor(amount, rate->decimals, &value, error))
            return false;
        if (!convert(&value, rate->decimals, rate->rate, table->base_decimals))
            return error_set(error, "out of range");
    }
    if (value > ORDER_AMOUNT_MAX)
        return error_set(error, "out of range");
    *minor = (int64_t)value;
    return true;
}

void money_text(int64_t minor, int decimals, char *out) {
    uint64_t magnitude = minor < 0 ? -(uint64_t)minor : (uint64_t)minor, unit = (uint64_t)ten_to(decimals);
    const char *sign = minor < 0 ? "-" : "";
    if (decimals == 0)
        snprintf(out, 32, "%s%" PRIu64, sign, magnitude);
    else
        snprintf(out, 32, "%s%" PRIu64 ".%0*" PRIu64, sign, magnitude / unit, decimals, magnitude % unit);
}
