#include "json_node.h"

#include "obek/file.h"
#include "obek/instant.h"
#include "obek/words.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define TEXT_LENGTH_MAX 255

json_t *json_document(struct slice bytes, struct error *error) {
    json_error_t at;
    json_t *json = json_loadb(bytes.data == NULL ? "" : bytes.data, bytes.len, JSON_REJECT_DUPLICATES, &at);
    if (json == NULL)
        error_set(error, "line %d, column %d: %s", at.line, at.column, at.text);
    return json;
}

json_t *json_document_load(const char *path, size_t bytes_max, struct error *error) {
    struct buffer bytes = { 0 };
    json_t *json = NULL;
    if (file_read(&bytes, path, bytes_max, error)) {
        if (bytes.len > bytes_max)
            error_set(error, "%s: more than %zu bytes", path, bytes_max);
        else if ((json = json_document(buffer_slice(&bytes), error)) == NULL)
            error_context(error, "%s", path);
    }
    buffer_free(&bytes);
    return json;
}

struct node node_member(const struct node *parent, const char *key) {
    return (struct node){ .parent = parent, .key = key, .json = json_object_get(parent->json, key) };
}

struct node node_item(const struct node *parent, size_t index) {
    return (struct node){ .parent = parent, .index = index, .json = json_array_get(parent->json, index) };
}

static void append_path(struct buffer *path, const struct node *node) {
    if (node->parent == NULL)
        return;
    append_path(path, node->parent);
    if (node->key != NULL)
        buffer_printf(path, "%s%s", path->len > 0 ? "." : "", node->key);
    else
        buffer_printf(path, "[%zu]", node->index);
}

/* What came from the file must not steer a terminal. */
static void make_printable(char *text) {
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            *text = '?';
}

bool node_error(const struct node *node, struct error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    struct buffer path = { 0 };
    append_path(&path, node);
    if (path.len > 0)
        error_context(error, "%.*s", (int)path.len, path.data);
    buffer_free(&path);
    make_printable(error->text);
    return false;
}

static const char *kind_name(const json_t *json) {
    static const char *const names[] = { "an object", "an array", "a string", "an integer", "a number", "true", "false", "null" };
    return names[json_typeof(json)];
}

static bool wrong_kind(const struct node *node, const char *wanted, struct error *error) {
    if (node->json == NULL)
        node_error(node, error, "missing (%s is needed)", wanted);
    else
        node_error(node, error, "%s is needed, not %s", wanted, kind_name(node->json));
    return false;
}

static bool unknown_key(const struct node *node, const char *key, const char *const *known_keys, struct error *error) {
    size_t n = 0;
    while (known_keys[n] != NULL)
        n++;
    const char *nearest = nearest_word(key, known_keys, n);
    if (nearest != NULL)
        return node_error(node, error, "unknown key \"%.64s\" (did you mean \"%s\"?)", key, nearest);
    return node_error(node, error, "unknown key \"%.64s\"", key);
}

bool node_is_object(const struct node *node, const char *const *known_keys, struct error *error) {
    if (!json_is_object(node->json))
        return wrong_kind(node, "an object", error);
    const char *key;
    json_t *value;
    json_object_foreach(node->json, key, value) {
        bool known = known_keys == NULL;
        for (size_t i = 0; !known && known_keys[i] != NULL; i++)
            known = strcmp(key, known_keys[i]) == 0;
        if (!known)
            return unknown_key(node, key, known_keys, error);
    }
    return true;
}

bool node_is_array(const struct node *node, size_t min, size_t max, struct error *error) {
    if (!json_is_array(node->json))
        return wrong_kind(node, "an array", error);
    size_t n = json_array_size(node->json);
    if (n >= min && n <= max)
        return true;
    if (min == max)
        return node_error(node, error, "%zu items are needed, not %zu", min, n);
    return node_error(node, error, "%zu to %zu items are needed, not %zu", min, max, n);
}

bool node_text(const struct node *node, const char **text, struct error *error) {
    if (!json_is_string(node->json))
        return wrong_kind(node, "a string", error);
    *text = json_string_value(node->json);
    size_t len = json_string_length(node->json);
    if (len == 0 || len > TEXT_LENGTH_MAX)
        return node_error(node, error, "1 to %d bytes are needed, not %zu", TEXT_LENGTH_MAX, len);
    for (const char *c = *text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            return node_error(node, error, "control characters are not allowed");
    return true;
}

bool node_name(const struct node *node, struct name *name, struct error *error) {
    const char *text;
    if (!node_text(node, &text, error))
        return false;
    if (!name_set(name, slice_of(text)))
        return node_error(node, error, "\"%s\" is no valid id (1 to %d of A-Z a-z 0-9 _ . -)", text, NAME_LENGTH_MAX);
    return true;
}

bool node_number(const struct node *node, double *number, struct error *error) {
    if (!json_is_number(node->json))
        return wrong_kind(node, "a number", error);
    *number = json_number_value(node->json);
    return isfinite(*number) ? true : node_error(node, error, "the number is not finite");
}

bool node_flag(const struct node *node, bool *flag, struct error *error) {
    if (!json_is_boolean(node->json))
        return wrong_kind(node, "true or false", error);
    *flag = json_is_true(node->json);
    return true;
}

static bool has_zone(const char *text, size_t len) {
    if (len > 10 && (text[len - 1] == 'Z' || text[len - 1] == 'z'))
        return true;
    return len > 16 && (text[len - 6] == '+' || text[len - 6] == '-') && text[len - 3] == ':';
}

bool node_instant(const struct node *node, int64_t *ms, struct error *error) {
    if (json_is_integer(node->json)) {
        *ms = json_integer_value(node->json);
        /* the years 0001 to 9999: what RFC 3339 can say */
        if (*ms < INT64_C(-62135596800000) || *ms > INT64_C(253402300799999))
            return node_error(node, error, "the instant is out of range");
        return true;
    }
    if (!json_is_string(node->json))
        return wrong_kind(node, "an instant (RFC 3339 or epoch milliseconds)", error);
    const char *text = json_string_value(node->json);
    size_t len = json_string_length(node->json);
    if (!has_zone(text, len))
        return node_error(node, error, "\"%.40s\" is no instant: RFC 3339 with a zone (such as 2021-06-01T00:00:00Z) is needed",
                          text);
    struct error why;
    if (!instant_parse(ms, (struct slice){ text, len }, &why))
        return node_error(node, error, "%s", why.text);
    return true;
}
