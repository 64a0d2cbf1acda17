#include "json_text.h"
#include "obek/printing.h"

#include <math.h>
#include <stdlib.h>

#define LINE_MAX_BYTES 126

static void write_flat(struct buffer *out, const json_t *json);

static void write_string(struct buffer *out, const char *text, size_t len) {
    json_t *string = json_stringn(text, len);
    char *quoted = json_dumps(string, JSON_ENCODE_ANY);
    buffer_append_text(out, quoted);
    free(quoted);
    json_decref(string);
}

static void write_real(struct buffer *out, double number) {
    char text[32];
    size_t len = real_text(number, text);
    buffer_append(out, text, len);
    if (strpbrk(text, ".e") == NULL) /* stays a real when it is read back */
        buffer_append_text(out, ".0");
}

static void write_scalar(struct buffer *out, const json_t *json) {
    if (json_is_string(json))
        write_string(out, json_string_value(json), json_string_length(json));
    else if (json_is_real(json))
        write_real(out, json_real_value(json));
    else if (json_is_integer(json))
        buffer_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
    else
        buffer_append_text(out, json_is_true(json) ? "true" : json_is_false(json) ? "false" : "null");
}

static void write_flat(struct buffer *out, const json_t *json) {
    const char *key, *separator = "";
    json_t *value;
    size_t i;
    if (json_is_object(json)) {
        buffer_append_text(out, "{");
        json_object_foreach((json_t *)(uintptr_t)json, key, value) {
            buffer_append_text(out, separator);
            write_string(out, key, strlen(key));
            buffer_append_text(out, ": ");
            write_flat(out, value);
            separator = ", ";
        }
        buffer_append_text(out, "}");
    } else if (json_is_array(json)) {
        buffer_append_text(out, "[");
        json_array_foreach(json, i, value) {
            buffer_append_text(out, separator);
            write_flat(out, value);
            separator = ", ";
        }
        buffer_append_text(out, "]");
    } else {
        write_scalar(out, json);
    }
}

/* An upper bound is enough: long ones need not be written out to be found too long. */
static bool is_short(const json_t *json, size_t *room) {
    const char *key;
    json_t *value;
    size_t i, own = json_is_string(json) ? json_string_length(json) + 2 : json_is_real(json) ? 6 : 2;
    if (own > *room)
        return false;
    *room -= own;
    json_object_foreach((json_t *)(uintptr_t)json, key,
                        value) if (!is_short(value, room) || strlen(key) + 4 > *room) return false;
    json_array_foreach(json, i, value) if (!is_short(value, room)) return false;
    return true;
}

static void indent(struct buffer *out, size_t depth) {
    buffer_printf(out, "%*s", (int)depth, "");
}

static void write_json(struct buffer *out, const json_t *json, size_t depth) {
    size_t start = out->len, room = LINE_MAX_BYTES, i;
    const char *key, *separator = "\n";
    json_t *value;
    bool nested = json_is_object(json) || json_is_array(json);
    if (!nested || (depth > 0 && is_short(json, &room))) {
        write_flat(out, json);
        if (!nested || out->len - start <= LINE_MAX_BYTES - depth)
            return;
        out->len = start;
    }
    buffer_append_text(out, json_is_object(json) ? "{" : "[");
    json_object_foreach((json_t *)(uintptr_t)json, key, value) {
        buffer_append_text(out, separator);
        indent(out, depth + 2);
        write_string(out, key, strlen(key));
        buffer_append_text(out, ": ");
        write_json(out, value, depth + 2);
        separator = ",\n";
    }
    json_array_foreach(json, i, value) {
        buffer_append_text(out, separator);
        indent(out, depth + 2);
        write_json(out, value, depth + 2);
        separator = ",\n";
    }
    buffer_append_text(out, "\n");
    indent(out, depth);
    buffer_append_text(out, json_is_object(json) ? "}" : "]");
}

void json_text(struct buffer *out, const json_t *json) {
    write_json(out, json, 0);
    buffer_append_text(out, "\n");
}
