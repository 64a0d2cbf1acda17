#include "target.h"
#include "obek/utf8.h"

#include <stdint.h>

static int hex(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool decode(struct slice *out, struct arena *arena, struct slice text, bool plus_is_blank) {
    char *at = arena_alloc(arena, text.len + 1), *begin = at;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '%') {
            if (text.len - i < 3 || hex(text.data[i + 1]) < 0 || hex(text.data[i + 2]) < 0)
                return false;
            c = (char)(hex(text.data[i + 1]) << 4 | hex(text.data[i + 2]));
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        *at++ = c;
    }
    *at = '\0';
    *out = (struct slice){ begin, (size_t)(at - begin) };
    return utf8_valid(*out);
}

/* What is before the first `c`; *rest begins behind it, or is empty. */
static struct slice cut(struct slice text, char c, struct slice *rest) {
    const char *at = text.len == 0 ? NULL : memchr(text.data, c, text.len);
    size_t len = at == NULL ? text.len : (size_t)(at - text.data);
    size_t past = at == NULL ? len : len + 1;
    *rest = (struct slice){ text.data + past, text.len - past };
    return (struct slice){ text.data, len };
}

static bool parse_path(struct target *target, struct arena *arena, struct slice path) {
    bool more = true;
    while (more) {
        struct slice rest, part = cut(path, '/', &rest);
        more = part.len < path.len;
        if (target->n_parts == TARGET_PARTS_MAX || !decode(&target->parts[target->n_parts], arena, part, false))
            return false;
        target->n_parts++;
        path = rest;
    }
    return true;
}

static bool parse_query(struct target *target, struct arena *arena, struct slice query) {
    while (query.len > 0) {
        struct slice rest, value, pair = cut(query, '&', &rest);
        struct slice name = cut(pair, '=', &value);
        struct parameter *parameter = &target->parameters[target->n_parameters];
        query = rest;
        if (pair.len == 0)
            continue;
        if (target->n_parameters == TARGET_PARAMETERS_MAX || !decode(&parameter->name, arena, name, true) ||
            !decode(&parameter->value, arena, value, true))
            return false;
        target->n_parameters++;
    }
    return true;
}

enum target_status target_parse(struct target *target, struct arena *arena, const char *text) {
    *target = (struct target){ 0 };
    size_t len = strnlen(text, TARGET_BYTES_MAX + 1);
    if (len > TARGET_BYTES_MAX)
        return TARGET_TOO_LONG;
    if (text[0] != '/')
        return TARGET_BAD;
    struct slice query, path = cut((struct slice){ text + 1, len - 1 }, '?', &query);
    return parse_path(target, arena, path) && parse_query(target, arena, query) ? TARGET_OK : TARGET_BAD;
}

const struct slice *target_parameter(const struct target *target, const char *name) {
    for (size_t i = 0; i < target->n_parameters; i++)
        if (slice_is(target->parameters[i].name, name))
            return &target->parameters[i].value;
    return NULL;
}
