#include "obek/log.h"
#include "obek/buffer.h"
#include "obek/clock.h"
#include "obek/instant.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum log_level threshold = LOG_LEVEL_INFO;
static bool as_json;
static const char *const level_names[] = { "debug", "info", "warn", "error" };

void log_configure(enum log_level level, bool json) {
    threshold = level;
    as_json = json;
}

bool log_level_parse(enum log_level *level, const char *text) {
    for (int i = 0; i < 4; i++)
        if (strcmp(text, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    return false;
}

bool log_enabled(enum log_level level) {
    return level >= threshold;
}

static void now_text(char *out) {
    instant_text(wall_ms(), out);
}

static void append_quoted(struct buffer *line, const char *text) {
    bool plain = *text != '\0';
    for (const char *c = text; *c != '\0' && plain; c++)
        plain = *c > ' ' && *c != '"' && *c != '=' && *c != '\\' && *c != 127;
    if (plain) {
        buffer_append_text(line, text);
        return;
    }
    buffer_append_text(line, "\"");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            buffer_printf(line, "\\%c", *c);
        else if ((unsigned char)*c < ' ' || *c == 127)
            buffer_printf(line, "\\x%02x", (unsigned)(unsigned char)*c);
        else
            buffer_append(line, c, 1);
    }
    buffer_append_text(line, "\"");
}

static void append_value(struct buffer *line, const struct log_value *value) {
    if (value->type == LOG_VALUE_INT)
        buffer_printf(line, "%" PRId64, value->integer);
    else if (value->type == LOG_VALUE_REAL)
        buffer_printf(line, "%.6g", value->real);
    else
        append_quoted(line, value->text == NULL ? "" : value->text);
}

static json_t *json_of(const struct log_value *value) {
    if (value->type == LOG_VALUE_INT)
        return json_integer(value->integer);
    if (value->type == LOG_VALUE_REAL)
        return isfinite(value->real) ? json_real(value->real) : json_null();
    json_t *text = json_string(value->text == NULL ? "" : value->text);
    return text != NULL ? text : json_string("(not UTF-8)");
}

static void write_json(struct buffer *line, const char *time, enum log_level level, const char *event,
                       const struct log_field *fields, int n) {
    json_t *object = json_pack("{s:s, s:s, s:s}", "time", time, "level", level_names[level], "event", event);
    for (int i = 0; i < n; i++)
        json_object_set_new(object, fields[i].name, json_of(&fields[i].value));
    char *text = json_dumps(object, JSON_COMPACT);
    buffer_append_text(line, text);
    free(text);
    json_decref(object);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, int n) {
    if (!log_enabled(level))
        return;
    char time[40];
    now_text(time);
    struct buffer line = { 0 };
    if (as_json) {
        write_json(&line, time, level, event, fields, n);
    } else {
        buffer_printf(&line, "%s level=%s event=%s", time, level_names[level], event);
        for (int i = 0; i < n; i++) {
            buffer_printf(&line, " %s=", fields[i].name);
            append_value(&line, &fields[i].value);
        }
    }
    buffer_append_text(&line, "\n");
    /* one write: lines of several threads and processes do not mix */
    ssize_t written = write(STDERR_FILENO, line.data, line.len);
    (void)written; /* nowhere to complain to */
    buffer_free(&line);
}
