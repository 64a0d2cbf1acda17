#include "config_parts.h"
#include "obek/buffer.h"
#include "obek/fields.h"
#include "obek/instant.h"
#include "obek/ledger.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_FILE_BYTES_MAX 65536
#define TOPIC_LENGTH_MAX 249
#define DAY_MS INT64_C(86400000)
#define DURATION_DAYS_MAX 36500

static char *read_secret(const char *path, struct error *error) {
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        error_set(error, "cannot open %s: %s", path, strerror(errno));
        return NULL;
    }
    char *text = xmalloc(SECRET_FILE_BYTES_MAX + 1);
    size_t len = fread(text, 1, SECRET_FILE_BYTES_MAX, in);
    bool good = !ferror(in) || error_set(error, "cannot read %s: %s", path, strerror(errno));
    good = good && ((len < SECRET_FILE_BYTES_MAX && memchr(text, '\0', len) == NULL) ||
                    error_set(error, "%s is no text, or larger than %d bytes", path, SECRET_FILE_BYTES_MAX - 1));
    fclose(in);
    if (good && len > 0 && text[len - 1] == '\n')
        len -= len > 1 && text[len - 2] == '\r' ? 2 : 1;
    text[len] = '\0';
    if (good)
        return text;
    free(text);
    return NULL;
}

char *setting_text(const struct setting *setting, struct error *error) {
    if (config_key_secrecy(setting->key) != NO_SECRET && strncmp(setting->value, "@file:", 6) == 0)
        return read_secret(setting->value + 6, error);
    return xstrdup(setting->value);
}

bool value_is_secret(const char *key, const char *value) {
    enum secrecy secrecy = config_key_secrecy(key);
    if (secrecy == NO_SECRET || *value == '\0' || strncmp(value, "@file:", 6) == 0)
        return false;
    const char *at = strrchr(value, '@'), *scheme = strstr(value, "://"), *begin = scheme == NULL ? value : scheme + 3;
    return secrecy == SECRET || (at != NULL && at > begin && memchr(begin, ':', (size_t)(at - begin)) != NULL);
}

bool topic_name_check(const char *topic, struct error *error) {
    size_t len = strlen(topic);
    bool good = len > 0 && len <= TOPIC_LENGTH_MAX && strcmp(topic, ".") != 0 && strcmp(topic, "..") != 0;
    for (const char *c = topic; *c != '\0' && good; c++)
        good = isascii((unsigned char)*c) && (isalnum((unsigned char)*c) || strchr("._-", *c) != NULL);
    return good || error_set(error, "'%s' is no topic name (1 to %d of A-Z a-z 0-9 . _ -)", topic, TOPIC_LENGTH_MAX);
}

bool split_list(const char *text, char ***parts, size_t *n, struct error *error) {
    *parts = NULL;
    *n = 0;
    if (slice_trim(text, strlen(text)).len == 0)
        return true;
    for (;;) {
        size_t len = strcspn(text, ",");
        struct slice part = slice_trim(text, len);
        if (part.len == 0) {
            free_list(*parts, *n);
            *parts = NULL;
            *n = 0;
            return error_set(error, "a part between commas is empty");
        }
        *parts = xrealloc(*parts, (*n + 1) * sizeof **parts);
        (*parts)[(*n)++] = xstrndup(part.data, part.len);
        if (text[len] == '\0')
            return true;
        text += len + 1;
    }
}

void free_list(char **parts, size_t n) {
    for (size_t i = 0; i < n; i++)
        free(parts[i]);
    free(parts);
}

static bool set_integer(const struct config_option *option, int64_t *target, const char *value, struct error *error) {
    char *end = NULL;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (end == value || isspace((unsigned char)*value) || *end != '\0')
        return error_set(error, "'%s' is not an integer", value);
    bool power = option->type == OPTION_POWER_OF_TWO;
    if (errno == ERANGE || (double)number < option->min || (double)number > option->max ||
        (power && (number & (number - 1)) != 0))
        return error_set(error, "%s is not %s from %.0f to %.0f", value, power ? "a power of two" : "in the range", option->min,
                         option->max);
    *target = number;
    return true;
}

static bool set_real(const struct config_option *option, double *target, const char *value, struct error *error) {
    char *end = NULL;
    double number = strtod(value, &end);
    if (end == value || isspace((unsigned char)*value) || *end != '\0' || !isfinite(number))
        return error_set(error, "'%s' is not a number", value);
    if (number < option->min || number > option->max)
        return error_set(error, "%s is not in the range from %g to %g", value, option->min, option->max);
    *target = number;
    return true;
}

bool duration_parse(int64_t *ms, const char *text, struct error *error) {
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", DAY_MS } };
    size_t digits = strspn(text, "0123456789");
    int64_t number;
    if (!field_int64((struct slice){ text, digits }, &number))
        return error_set(error, "'%s' is no duration, such as 90s (a whole number and ms, s, m, h or d)", text);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(text + digits, units[i].name) == 0) {
            if (number > DURATION_DAYS_MAX * DAY_MS / units[i].ms)
                return error_set(error, "%s is more than %d days", text, DURATION_DAYS_MAX);
            *ms = number * units[i].ms;
            return true;
        }
    return error_set(error, "'%s' does not end with ms, s, m, h or d", text);
}

bool choose_word(const char *value, const char *const *choices, unsigned *index, struct error *error) {
    struct buffer list = { 0 };
    for (*index = 0; choices[*index] != NULL; (*index)++) {
        if (strcmp(value, choices[*index]) == 0) {
            buffer_free(&list);
            return true;
        }
        buffer_printf(&list, "%s%s", *index > 0 ? ", " : "", choices[*index]);
    }
    error_set(error, "'%s' is none of %s", value, list.data);
    buffer_free(&list);
    return false;
}

static bool set_choice(const struct config_option *option, char *target, const char *value, struct error *error) {
    unsigned index;
    if (!choose_word(value, option->choices, &index, error))
        return false;
    if (option->type == OPTION_FLAG)
        *(bool *)(void *)target = index == 1;
    else
        memcpy(target, &index, sizeof index); /* an enum */
    return true;
}

static bool set_instant(int64_t *target, const char *value, struct error *error) {
    *target = TIME_NONE;
    return *value == '\0' || instant_parse(target, slice_of(value), error);
}

bool option_set(struct config *config, const struct config_option *option, const char *value, struct error *error) {
    void *target = (char *)config + option->offset;
    if (option->check != NULL && !option->check(value, error))
        return false;
    switch (option->type) {
    case OPTION_TEXT:
        *(char **)target = xstrdup(value);
        return true;
    case OPTION_INTEGER:
    case OPTION_POWER_OF_TWO:
        return set_integer(option, target, value, error);
    case OPTION_REAL:
        return set_real(option, target, value, error);
    case OPTION_CHOICE:
    case OPTION_FLAG:
        return set_choice(option, target, value, error);
    case OPTION_INSTANT:
        return set_instant(target, value, error);
    case OPTION_LIST:
        return split_list(value, &config->channels_offline, &config->n_channels_offline, error);
    case OPTION_SECTION:
        return true;
    }
    return true;
}
