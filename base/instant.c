#include "obek/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MS_PER_DAY INT64_C(86400000)
#define YEAR_0000_MS INT64_C(-62167219200000)
#define YEAR_9999_END_MS INT64_C(253402300799999)

static bool zone_is_utc = true;

/* days since 1970-01-01 of a proleptic Gregorian date (H. Hinnant, "chrono-compatible low-level date algorithms") */
static int64_t days_from_civil(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, int *year, int *month, int *day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static int days_in_month(int year, int month) {
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* what is left of the text while it is read */
struct cursor {
    const char *at, *end;
};

static bool take_char(struct cursor *cursor, char wanted) {
    if (cursor->at == cursor->end || *cursor->at != wanted)
        return false;
    cursor->at++;
    return true;
}

static bool take_digits(struct cursor *cursor, int n, int *number) {
    if (cursor->end - cursor->at < n)
        return false;
    *number = 0;
    for (int i = 0; i < n; i++, cursor->at++) {
        if (*cursor->at < '0' || *cursor->at > '9')
            return false;
        *number = *number * 10 + (*cursor->at - '0');
    }
    return true;
}

static bool take_date(struct cursor *cursor, int64_t *days) {
    int year, month, day;
    if (!take_digits(cursor, 4, &year) || !take_char(cursor, '-') || !take_digits(cursor, 2, &month) || !take_char(cursor, '-') ||
        !take_digits(cursor, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *days = days_from_civil(year, month, day);
    return true;
}

/* ms within the second: fractions beyond are cut off */
static bool take_fraction(struct cursor *cursor, int *ms) {
    *ms = 0;
    if (!take_char(cursor, '.'))
        return true;
    int digits = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++, digits++)
        if (digits < 3)
            *ms = *ms * 10 + (*cursor->at - '0');
    for (int i = digits; i < 3; i++)
        *ms *= 10;
    return digits > 0;
}

static bool take_time(struct cursor *cursor, int64_t *ms_of_day) {
    int hour, minute, second, ms;
    if (!take_digits(cursor, 2, &hour) || !take_char(cursor, ':') || !take_digits(cursor, 2, &minute) ||
        !take_char(cursor, ':') || !take_digits(cursor, 2, &second) || !take_fraction(cursor, &ms))
        return false;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    if (second == 60) {
        second = 59;
        ms = 999;
    }
    *ms_of_day = ((int64_t)(hour * 60 + minute) * 60 + second) * 1000 + ms;
    return true;
}

/* "Z" or "+hh:mm"; *local is set when there is no zone at all */
static bool take_zone(struct cursor *cursor, bool *local, int64_t *offset_ms) {
    *offset_ms = 0;
    *local = cursor->at == cursor->end;
    if (*local || take_char(cursor, 'Z') || take_char(cursor, 'z'))
        return true;
    int sign = take_char(cursor, '-') ? -1 : 1;
    int hours, minutes;
    if ((sign > 0 && !take_char(cursor, '+')) || !take_digits(cursor, 2, &hours) || !take_char(cursor, ':') ||
        !take_digits(cursor, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset_ms = sign * (int64_t)(hours * 60 + minutes) * 60000;
    return true;
}

static bool take_instant(struct cursor *cursor, int64_t *ms) {
    int64_t days, ms_of_day = 0, offset_ms = 0;
    bool local = true;
    if (!take_date(cursor, &days))
        return false;
    if (cursor->at != cursor->end) {
        if (!take_char(cursor, 'T') && !take_char(cursor, 't') && !take_char(cursor, ' '))
            return false;
        if (!take_time(cursor, &ms_of_day) || !take_zone(cursor, &local, &offset_ms))
            return false;
    }
    *ms = days * MS_PER_DAY + ms_of_day - offset_ms;
    if (local)
        *ms = instant_of_local(*ms);
    return cursor->at == cursor->end;
}

bool instant_parse(int64_t *ms, struct slice text, struct error *error) {
    struct cursor cursor = { text.data, text.data + text.len };
    int shown = text.len > 64 ? 64 : (int)text.len;
    if (!take_instant(&cursor, ms))
        return error_set(error, "\"%.*s\" is no RFC 3339 time", shown, text.data == NULL ? "" : text.data);
    if (*ms < YEAR_0000_MS || *ms > YEAR_9999_END_MS)
        return error_set(error, "\"%.*s\" lies outside the years 0000 to 9999", shown, text.data);
    return true;
}

bool instant_in_range(int64_t ms) {
    return ms >= YEAR_0000_MS && ms <= YEAR_9999_END_MS;
}

static int64_t zone_offset_ms(int64_t utc_ms) {
    time_t seconds = (time_t)(utc_ms >= 0 ? utc_ms / 1000 : -((-utc_ms + 999) / 1000));
    struct tm parts;
    if (localtime_r(&seconds, &parts) == NULL)
        return 0;
    return (int64_t)parts.tm_gmtoff * 1000;
}

/* mktime() would let earlier calls decide which of two equal local times is meant; here it is always the first one, and a
   time that a clock skipped is read with the offset before the gap. */
int64_t instant_of_local(int64_t local_ms) {
    if (zone_is_utc)
        return local_ms;
    int64_t before = zone_offset_ms(local_ms - MS_PER_DAY);
    int64_t after = zone_offset_ms(local_ms + MS_PER_DAY);
    if (zone_offset_ms(local_ms - before) != before && zone_offset_ms(local_ms - after) == after)
        return local_ms - after;
    return local_ms - before;
}

static bool zone_name_is_plain(const char *zone) {
    if (zone[0] == '\0' || zone[0] == '/' || strlen(zone) > 64 || strstr(zone, "..") != NULL)
        return false;
    return strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == strlen(zone);
}

static bool zone_file_exists(const char *zone) {
    const char *folder = getenv("TZDIR");
    char path[512], magic[4] = { 0 };
    snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "/usr/share/zoneinfo", zone);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    size_t n = fread(magic, 1, sizeof magic, file);
    fclose(file);
    return n == sizeof magic && memcmp(magic, "TZif", 4) == 0;
}

bool instant_set_zone(const char *zone, struct error *error) {
    if (strcmp(zone, "UTC") == 0) {
        zone_is_utc = true;
        return true;
    }
    if (!zone_name_is_plain(zone))
        return error_set(error, "\"%.80s\" is no IANA time zone name", zone);
    if (!zone_file_exists(zone))
        return error_set(error, "time zone \"%s\" is not in the system's tz database (is tzdata installed?)", zone);
    setenv("TZ", zone, 1);
    tzset();
    zone_is_utc = false;
    return true;
}

static void write_digits(char *out, int n, unsigned value) {
    for (; n-- > 0; value /= 10)
        out[n] = (char)('0' + value % 10);
}

void instant_text(int64_t ms, char *out) {
    if (ms < YEAR_0000_MS)
        ms = YEAR_0000_MS;
    if (ms > YEAR_9999_END_MS)
        ms = YEAR_9999_END_MS;
    int64_t days = (ms - YEAR_0000_MS) / MS_PER_DAY + YEAR_0000_MS / MS_PER_DAY;
    int64_t rest = ms - days * MS_PER_DAY;
    unsigned second = (unsigned)(rest / 1000);
    int year, month, day;
    civil_from_days(days, &year, &month, &day);
    memcpy(out, "0000-00-00T00:00:00.000Z", 25);
    write_digits(out, 4, (unsigned)year);
    write_digits(out + 5, 2, (unsigned)month);
    write_digits(out + 8, 2, (unsigned)day);
    write_digits(out + 11, 2, second / 3600);
    write_digits(out + 14, 2, second / 60 % 60);
    write_digits(out + 17, 2, second % 60);
    write_digits(out + 20, 3, (unsigned)(rest % 1000));
}
