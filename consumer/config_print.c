#include "config_parts.h"
#include "obek/buffer.h"
#include "obek/properties.h"

#include <string.h>

#define MASK "********"

/* redis://user:password@host -> redis://user:********@host, in each of several addresses. What looks like a password is taken
   generously: from the first colon to the last @ before the next address. */
static void append_masked_url(struct buffer *out, const char *url) {
    const char *begin;
    while ((begin = strstr(url, "://")) != NULL) {
        begin += 3;
        const char *next = strstr(begin, "://");
        size_t len = next == NULL ? strlen(begin) : (size_t)(next - begin);
        const char *at = memrchr(begin, '@', len), *colon = memchr(begin, ':', len);
        buffer_append(out, url, (size_t)(begin - url));
        url = begin;
        if (at != NULL && colon != NULL && colon < at) {
            buffer_append(out, begin, (size_t)(colon - begin) + 1);
            buffer_append_text(out, MASK);
            url = at;
        }
        if (next == NULL)
            break;
        buffer_append(out, url, (size_t)(next - url));
        url = next;
    }
    buffer_append_text(out, url);
}

static void print_setting(const struct setting *setting, FILE *out) {
    enum secrecy secrecy = config_key_secrecy(setting->key);
    struct buffer masked = { 0 };
    if (setting->origin != NULL)
        fprintf(out, "# from %s\n", setting->origin);
    if (secrecy == NO_SECRET || *setting->value == '\0' || strncmp(setting->value, "@file:", 6) == 0)
        properties_write(out, setting->key, setting->value);
    else if (secrecy == SECRET)
        properties_write(out, setting->key, MASK);
    else {
        append_masked_url(&masked, setting->value);
        buffer_append(&masked, "", 1);
        properties_write(out, setting->key, masked.data);
    }
    buffer_free(&masked);
}

void config_print(const struct config *config, FILE *out) {
    for (size_t i = 0; i < n_config_options; i++) {
        fprintf(out, "# %s\n", config_options[i].help);
        print_setting(settings_find(config->settings, config_options[i].key), out);
    }
    for (size_t i = 0; i < config->settings->n; i++)
        if (config_option_find(config->settings->items[i].key) == NULL)
            print_setting(&config->settings->items[i], out);
}
