#include "config_parts.h"
#include "obek/buffer.h"
#include "obek/properties.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct setting *find(const struct settings *settings, const char *key) {
    for (size_t i = 0; i < settings->n; i++)
        if (strcmp(settings->items[i].key, key) == 0)
            return &settings->items[i];
    return NULL;
}

const struct setting *settings_find(const struct settings *settings, const char *key) {
    return find(settings, key);
}

void settings_put(struct settings *settings, const char *key, const char *value, const char *origin) {
    struct setting *setting = find(settings, key);
    if (setting == NULL) {
        if ((settings->n & (settings->n - 1)) == 0)
            settings->items = xrealloc(settings->items, (settings->n == 0 ? 1 : settings->n * 2) * sizeof *settings->items);
        setting = &settings->items[settings->n++];
        *setting = (struct setting){ .key = xstrdup(key) };
    }
    free(setting->value);
    free(setting->origin);
    setting->value = xstrdup(value);
    setting->origin = origin == NULL ? NULL : xstrdup(origin);
}

void settings_free(struct settings *settings) {
    for (size_t i = 0; i < settings->n; i++) {
        free(settings->items[i].key);
        free(settings->items[i].value);
        free(settings->items[i].origin);
    }
    free(settings->items);
    *settings = (struct settings){ 0 };
}

bool setting_error(const struct setting *setting, struct error *error) {
    error_context(error, "%s", setting->key);
    return error_context(error, "%s", setting->origin == NULL ? "default" : setting->origin);
}

static bool put_known(struct settings *settings, const char *key, const char *value, const char *origin, struct error *error) {
    if (!config_key_check(key, error))
        return error_context(error, "%s", origin);
    settings_put(settings, key, value, origin);
    return true;
}

static bool file_layer(struct settings *settings, const char *path, struct error *error) {
    struct properties properties;
    bool good = properties_read(&properties, path, error);
    for (size_t i = 0; i < properties.n && good; i++) {
        struct buffer origin = { 0 };
        buffer_printf(&origin, "%s:%u", path, properties.items[i].line);
        good = put_known(settings, properties.items[i].key, properties.items[i].value, origin.data, error);
        buffer_free(&origin);
    }
    properties_free(&properties);
    return good;
}

/* -X key=value; the blanks around both are dropped, a later one of the same key wins. */
static bool override(struct settings *settings, const char *text, struct error *error) {
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return error_set(error, "-X %s: not key=value", text);
    char *key = xstrndup(text, (size_t)(equals - text)), *value = xstrdup(equals + 1 + strspn(equals + 1, " \t"));
    for (size_t len = strlen(key); len > 0 && strchr(" \t", key[len - 1]) != NULL; len--)
        key[len - 1] = '\0';
    for (size_t len = strlen(value); len > 0 && strchr(" \t", value[len - 1]) != NULL; len--)
        value[len - 1] = '\0';
    bool good = put_known(settings, key, value, "-X", error);
    if (good && value_is_secret(key, value))
        good = error_set(
            error, "-X %s: a secret on the command line is seen by all (ps); give it as @file:/path, or in the environment", key);
    free(key);
    free(value);
    return good;
}

static void warn_unknown(const struct buffer *unknown) {
    log_event(LOG_LEVEL_WARN, "environment_unknown", { "variables", LOG_S(unknown->data) },
              { "hint", LOG_S("no option has these names; they change nothing") });
}

/* So that the first line of the log already has the form that was asked for. */
static void configure_log(const struct settings *settings) {
    const struct setting *level = settings_find(settings, "log.level"), *format = settings_find(settings, "log.format");
    enum log_level parsed = LOG_LEVEL_INFO;
    if (level == NULL || !log_level_parse(&parsed, level->value))
        parsed = LOG_LEVEL_INFO; /* a wrong one is told when the option is read */
    log_configure(parsed, format != NULL && strcmp(format->value, "json") == 0);
}

bool settings_layer(struct settings *settings, const char *path, char *const *overrides, size_t n_overrides,
                    struct error *error) {
    struct settings last = { 0 };
    struct buffer unknown = { 0 };
    bool good = true;
    for (size_t i = 0; i < n_overrides && good; i++)
        good = override(&last, overrides[i], error);
    good = good && (path == NULL || file_layer(settings, path, error));
    if (good) {
        environment_layer(settings, &last, environ, &unknown);
        for (size_t i = 0; i < last.n; i++)
            settings_put(settings, last.items[i].key, last.items[i].value, last.items[i].origin);
        configure_log(settings);
        if (unknown.len > 0)
            warn_unknown(&unknown);
    }
    buffer_free(&unknown);
    settings_free(&last);
    return good;
}
