#include "cell.h"
#include "obek/fields.h"
#include "obek/instant.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#define EXACT_DIGITS 15 /* a number of so many digits is exact, and so is a power of ten of that size */

bool cell_missing(struct slice cell, const struct input_format *format) {
    bool missing = cell.len == 0;
    for (size_t i = 0; i < format->n_missing && !missing; i++)
        missing = slice_is(cell, format->missing[i]);
    return missing;
}

/* Digits with one decimal mark perhaps: exact digits over an exact power of ten is the nearest double. */
static bool short_number(struct slice cell, char decimal, double *number) {
    static const double powers[EXACT_DIGITS + 1] = { 1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
    int64_t digits = 0;
    size_t n = 0, decimals = 0, at = cell.data[0] == '-';
    bool behind = false;
    for (; at < cell.len; at++) {
        char c = cell.data[at];
        if (c == decimal && !behind && n > 0) {
            behind = true;
            continue;
        }
        if (c < '0' || c > '9' || n == EXACT_DIGITS)
            return false;
        digits = digits * 10 + (c - '0');
        decimals += behind;
        n++;
    }
    *number = (double)(cell.data[0] == '-' ? -digits : digits) / powers[decimals];
    return n > 0;
}

/* strtod takes more than decimal numbers: hexadecimal ones, "inf", blanks. */
static bool long_number(struct slice cell, char decimal, double *number) {
    char text[64], *end;
    if (cell.len >= sizeof text)
        return false;
    for (size_t i = 0; i < cell.len; i++) {
        char c = cell.data[i];
        if (strchr("0123456789+-eE", c) == NULL && c != decimal)
            return false;
        text[i] = c == decimal ? '.' : c;
    }
    text[cell.len] = '\0';
    *number = strtod(text, &end);
    return end == text + cell.len && end > text;
}

bool cell_number(struct slice cell, char decimal, double *number, struct error *error) {
    if (!short_number(cell, decimal, number) && !long_number(cell, decimal, number))
        return error_set(
            error, "'%.60s' is no number%s", cell.data,
            memchr(cell.data, decimal == '.' ? ',' : '.', cell.len) != NULL ? " (see \"decimal\" in the recipe's format)" : "");
    return fabs(*number) <= CELL_NUMBER_MAX || error_set(error, "'%.60s' is beyond %g", cell.data, CELL_NUMBER_MAX);
}

static bool by_pattern(struct slice cell, const char *pattern, int64_t *ms, struct error *error) {
    struct tm tm = { .tm_mday = 1 };
    const char *end = strptime(cell.data, pattern, &tm);
    if (end == NULL || end != cell.data + cell.len)
        return error_set(error, "'%.60s' is not a date of the form %s", cell.data, pattern);
    struct tm same = tm;
    int64_t seconds = timegm(&same); /* mends February 30 into March 2 */
    if (same.tm_mday != tm.tm_mday || same.tm_mon != tm.tm_mon)
        return error_set(error, "'%.60s': there is no such day", cell.data);
    *ms = seconds * 1000;
    return true;
}

bool cell_time(struct slice cell, const char *pattern, double *ms, struct error *error) {
    int64_t instant;
    if (pattern != NULL ? !by_pattern(cell, pattern, &instant, error)
                        : !field_int64(cell, &instant) && !instant_parse(&instant, cell, error))
        return false;
    *ms = (double)instant;
    return instant_in_range(instant) || error_set(error, "'%.60s' is outside the years 0000 to 9999", cell.data);
}
