/* The configuration's inside: settings are texts with their origins; the table and the sections turn them into struct config. */
#ifndef OBEK_CONFIG_PARTS_H
#define OBEK_CONFIG_PARTS_H

#include "obek/config.h"

/* One `key = value` and where it comes from ("obek.properties:12", "OBEK_BUCKETS", "-X buckets=3"; NULL: the default). */
struct setting {
    char *key, *value, *origin;
};
struct settings {
    size_t n;
    struct setting *items;
};

/* config_settings.c */
const struct setting *settings_find(const struct settings *settings, const char *key);
void settings_put(struct settings *settings, const char *key, const char *value, const char *origin);
void settings_free(struct settings *settings);
/* file, then environment, then overrides. */
bool settings_layer(struct settings *settings, const char *path, char *const *overrides, size_t n_overrides, struct error *error);
/* "<origin>: <key>: " before the error. */
bool setting_error(const struct setting *setting, struct error *error);

/* config_environment.c: variables that stand for no key are appended to *unknown, joined by blanks. */
struct buffer;
void environment_layer(struct settings *settings, const struct settings *overrides, char *const *environment,
                       struct buffer *unknown);

/* config_table.c: one row an option. */
enum option_type {
    OPTION_TEXT,
    OPTION_INTEGER,
    OPTION_POWER_OF_TWO,
    OPTION_REAL,
    OPTION_CHOICE, /* an enum whose values are the indices of `choices` */
    OPTION_FLAG,   /* a bool; false and true are called by `choices` */
    OPTION_INSTANT,
    OPTION_LIST,
    OPTION_SECTION /* no member of struct config: read by a section below */
};
enum secrecy { NO_SECRET, SECRET_PART /* the password in an address */, SECRET };
struct config_option {
    const char *key;
    enum option_type type;
    size_t offset;              /* of the member of struct config */
    const char *fallback;       /* the default; NULL: required */
    double min, max;            /* OPTION_INTEGER, OPTION_POWER_OF_TWO, OPTION_REAL */
    const char *const *choices; /* NULL-terminated */
    bool (*check)(const char *value, struct error *error);
    enum secrecy secrecy;
    const char *help; /* one line; for a required one it says what to write */
};
extern const struct config_option config_options[];
extern const size_t n_config_options;
const struct config_option *config_option_find(const char *key);
/* Is there an option, or a section, of this key? If not, the error says so and names the nearest. */
bool config_key_check(const char *key, struct error *error);
/* Passwords and the like, by the table or by the name. */
enum secrecy config_key_secrecy(const char *key);

/* config_value.c: the value (owned); that of a secret may be "@file:/path": what is in that file, without its last line end. */
char *setting_text(const struct setting *setting, struct error *error);
/* Would whoever sees it see a secret? Not where a file is named, nor in an address without a password. */
bool value_is_secret(const char *key, const char *value);
/* Sets the option's member from the text. */
bool option_set(struct config *config, const struct config_option *option, const char *value, struct error *error);
/* The parts of "a, b , c", trimmed, into *parts (owned, NULL when none); an empty part is an error. */
bool split_list(const char *text, char ***parts, size_t *n, struct error *error);
void free_list(char **parts, size_t n);
/* The index of the value among the NULL-terminated choices. */
bool choose_word(const char *value, const char *const *choices, unsigned *index, struct error *error);
/* "90s": a whole number and ms, s, m, h or d; at most 36500d. */
bool duration_parse(int64_t *ms, const char *text, struct error *error);
bool topic_name_check(const char *topic, struct error *error);

/* config_feeds.c: `feeds`, feed.*; config_kafka.c: kafka.* */
extern const char *const feed_keys[]; /* what may follow "feed.<name>." */
extern const size_t n_feed_keys;
bool feeds_section(struct config *config, struct error *error);
bool kafka_section(struct config *config, struct error *error);

#endif
