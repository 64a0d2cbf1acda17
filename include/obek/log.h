/* One line an event to stderr: time, level, event, then key=value; JSON lines by option (conventions: Logs). Thread-safe.
   Never a secret; never a customer's payload above debug. */
#ifndef OBEK_LOG_H
#define OBEK_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

void log_configure(enum log_level level, bool json);
bool log_level_parse(enum log_level *level, const char *text);
bool log_enabled(enum log_level level);

/* log_info("redis_down", "url", LOG_S(url), "retry_ms", LOG_I(ms)): fields are pairs of a name and a tagged value. */
struct log_value {
    enum { LOG_VALUE_TEXT, LOG_VALUE_INT, LOG_VALUE_REAL } type;
    const char *text;
    int64_t integer;
    double real;
};
#define LOG_S(v) ((struct log_value){ .type = LOG_VALUE_TEXT, .text = (v) })
#define LOG_I(v) ((struct log_value){ .type = LOG_VALUE_INT, .integer = (int64_t)(v) })
#define LOG_F(v) ((struct log_value){ .type = LOG_VALUE_REAL, .real = (v) })
struct log_field {
    const char *name;
    struct log_value value;
};

void log_write(enum log_level level, const char *event, const struct log_field *fields, int n);
#define LOG_FIELD_COUNT(...) ((int)(sizeof((struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field)))
/* log_event(LOG_LEVEL_INFO, "assigned", { "sources", LOG_I(n) }, { "group", LOG_S(group) }); at least one field */
#define log_event(level, event, ...)                                                                                             \
    log_write(level, event, (const struct log_field[]){ __VA_ARGS__ }, LOG_FIELD_COUNT(__VA_ARGS__))

#endif
