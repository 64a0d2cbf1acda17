#include "obek/properties.h"
#include "obek/file.h"
#include "obek/utf8.h"

#include <stdint.h>
#include <stdlib.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* The text as natural lines: what is left of it, and the number of the line that begins there. */
struct reader {
    struct slice rest;
    unsigned line;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\f';
}

static struct slice skip_blanks(struct slice text) {
    while (text.len > 0 && is_blank(*text.data))
        text = (struct slice){ text.data + 1, text.len - 1 };
    return text;
}

/* Takes one natural line; line ends are \n, \r and \r\n. */
static struct slice take_line(struct reader *reader) {
    size_t len = 0;
    struct slice rest = reader->rest;
    while (len < rest.len && rest.data[len] != '\n' && rest.data[len] != '\r')
        len++;
    size_t next = len;
    if (next < rest.len)
        next += rest.data[next] == '\r' && next + 1 < rest.len && rest.data[next + 1] == '\n' ? 2 : 1;
    reader->rest = (struct slice){ rest.data + next, rest.len - next };
    reader->line++;
    return (struct slice){ rest.data, len };
}

/* A line that ends with an odd number of backslashes goes on in the next one. */
static bool goes_on(struct slice line) {
    size_t backslashes = 0;
    while (backslashes < line.len && line.data[line.len - 1 - backslashes] == '\\')
        backslashes++;
    return backslashes % 2 == 1;
}

/* Takes one logical line, without the continuations' backslashes and leading blanks; false at the end of the text. Comments and
   blank lines are passed over. */
static bool take_logical_line(struct reader *reader, struct buffer *out, unsigned *number) {
    buffer_clear(out);
    while (reader->rest.len > 0) {
        *number = reader->line;
        struct slice line = skip_blanks(take_line(reader));
        if (line.len == 0 || *line.data == '#' || *line.data == '!')
            continue;
        while (goes_on(line)) {
            buffer_append(out, line.data, line.len - 1);
            line = reader->rest.len > 0 ? skip_blanks(take_line(reader)) : (struct slice){ "", 0 };
        }
        buffer_append_slice(out, line);
        return true;
    }
    return false;
}

static bool take_hex4(struct slice *text, uint32_t *code) {
    if (text->len < 4)
        return false;
    *code = 0;
    for (int i = 0; i < 4; i++) {
        char c = text->data[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return false;
        *code = *code * 16 + digit;
    }
    *text = (struct slice){ text->data + 4, text->len - 4 };
    return true;
}

static void append_utf8(struct buffer *out, uint32_t code) {
    char bytes[4];
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint32_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = len - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    bytes[0] = (char)(lead[len] | code);
    buffer_append(out, bytes, len);
}

/* What follows \u: four hexadecimal digits; characters beyond the basic plane are two of them, as in Java. */
static bool unescape_unicode(struct slice *text, struct buffer *out, struct error *error) {
    uint32_t code, low;
    if (!take_hex4(text, &code))
        return error_set(error, "\\u needs four hexadecimal digits");
    if (code == 0)
        return error_set(error, "\\u0000 is not allowed");
    if (code >= 0xdc00 && code <= 0xdfff)
        return error_set(error, "\\u%04x is half of a character", (unsigned)code);
    if (code >= 0xd800 && code <= 0xdbff) {
        if (text->len < 2 || text->data[0] != '\\' || text->data[1] != 'u')
            return error_set(error, "\\u%04x is half of a character", (unsigned)code);
        *text = (struct slice){ text->data + 2, text->len - 2 };
        if (!take_hex4(text, &low) || low < 0xdc00 || low > 0xdfff)
            return error_set(error, "\\u%04x is half of a character", (unsigned)code);
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(out, code);
    return true;
}

/* One character of a key or a value, unescaped. */
static bool take_char(struct slice *text, struct buffer *out, struct error *error) {
    char c = *text->data;
    *text = (struct slice){ text->data + 1, text->len - 1 };
    if (c != '\\') {
        buffer_append(out, &c, 1);
        return true;
    }
    if (text->len == 0)
        return true;
    c = *text->data;
    *text = (struct slice){ text->data + 1, text->len - 1 };
    if (c == 'u')
        return unescape_unicode(text, out, error);
    c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 'f' ? '\f' : c;
    buffer_append(out, &c, 1);
    return true;
}

/* Without the blanks at its end that are not escaped. */
static struct slice trim_end(struct slice line) {
    while (line.len > 0 && is_blank(line.data[line.len - 1]) && !goes_on((struct slice){ line.data, line.len - 1 }))
        line.len--;
    return line;
}

/* The key ends at the first `=`, `:` or blank that is not escaped. */
static bool split_line(struct slice line, struct buffer *key, struct buffer *value, struct error *error) {
    buffer_clear(key);
    buffer_clear(value);
    line = trim_end(line);
    while (line.len > 0 && *line.data != '=' && *line.data != ':' && !is_blank(*line.data))
        if (!take_char(&line, key, error))
            return false;
    line = skip_blanks(line);
    if (line.len > 0 && (*line.data == '=' || *line.data == ':'))
        line = skip_blanks((struct slice){ line.data + 1, line.len - 1 });
    while (line.len > 0)
        if (!take_char(&line, value, error))
            return false;
    return key->len > 0 || error_set(error, "a value without a key");
}

static bool check_bytes(struct slice text, const char *file, struct error *error) {
    if (text.len > PROPERTIES_BYTES_MAX)
        return error_set(error, "%s: larger than %d bytes", file, PROPERTIES_BYTES_MAX);
    struct reader reader = { text, 1 };
    while (reader.rest.len > 0) {
        unsigned number = reader.line;
        struct slice line = take_line(&reader);
        if (!utf8_valid(line) || memchr(line.data, '\0', line.len) != NULL)
            return error_set(error, "%s:%u: not UTF-8 text", file, number);
    }
    return true;
}

static int by_key_then_line(const void *a, const void *b) {
    const struct property *one = *(const struct property *const *)a, *two = *(const struct property *const *)b;
    int order = strcmp(one->key, two->key);
    return order != 0 ? order : (one->line > two->line) - (one->line < two->line);
}

static bool check_distinct(const struct properties *properties, const char *file, struct error *error) {
    bool distinct = true;
    const struct property **sorted = xcalloc(properties->n, sizeof(*sorted));
    for (size_t i = 0; i < properties->n; i++)
        sorted[i] = &properties->items[i];
    qsort(sorted, properties->n, sizeof(*sorted), by_key_then_line);
    for (size_t i = 1; i < properties->n && distinct; i++)
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
            distinct = error_set(error, "%s:%u: '%s' is given twice: in line %u and in line %u", file, sorted[i]->line,
                                 sorted[i]->key, sorted[i - 1]->line, sorted[i]->line);
    free(sorted);
    return distinct;
}

static void add(struct properties *properties, struct buffer *key, struct buffer *value, unsigned line) {
    if ((properties->n & (properties->n - 1)) == 0)
        properties->items =
            xrealloc(properties->items, (properties->n == 0 ? 1 : properties->n * 2) * sizeof(*properties->items));
    properties->items[properties->n++] =
        (struct property){ xstrndup(key->data, key->len), xstrndup(value->data, value->len), line };
}

bool properties_parse(struct properties *properties, struct slice text, const char *file, struct error *error) {
    *properties = (struct properties){ 0 };
    if (!check_bytes(text, file, error))
        return false;
    size_t mark = strlen(BYTE_ORDER_MARK);
    if (text.len >= mark && memcmp(text.data, BYTE_ORDER_MARK, mark) == 0)
        text = (struct slice){ text.data + mark, text.len - mark };
    struct reader reader = { text, 1 };
    struct buffer line = { 0 }, key = { 0 }, value = { 0 };
    unsigned number;
    bool good = true;
    while (good && take_logical_line(&reader, &line, &number)) {
        good = split_line(buffer_slice(&line), &key, &value, error);
        if (good && properties->n == PROPERTIES_COUNT_MAX)
            good = error_set(error, "more than %d properties", PROPERTIES_COUNT_MAX);
        if (good)
            add(properties, &key, &value, number);
        else
            error_context(error, "%s:%u", file, number);
    }
    buffer_free(&line);
    buffer_free(&key);
    buffer_free(&value);
    return good && check_distinct(properties, file, error);
}

bool properties_read(struct properties *properties, const char *path, struct error *error) {
    *properties = (struct properties){ 0 };
    struct buffer text = { 0 };
    bool good = file_read(&text, path, PROPERTIES_BYTES_MAX, error);
    good = good && properties_parse(properties, buffer_slice(&text), path, error);
    buffer_free(&text);
    return good;
}

void properties_free(struct properties *properties) {
    for (size_t i = 0; i < properties->n; i++) {
        free(properties->items[i].key);
        free(properties->items[i].value);
    }
    free(properties->items);
    *properties = (struct properties){ 0 };
}

/* Blanks at both ends of a value and everywhere in a key are escaped, line ends and tabs always. */
static void write_escaped(FILE *out, const char *text, bool key) {
    size_t len = strlen(text), i = 0;
    if (key && strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0) { /* it would vanish at the beginning of a file */
        fputs("\\uFEFF", out);
        i = strlen(BYTE_ORDER_MARK);
    }
    for (; i < len; i++) {
        char c = text[i];
        const char *control = strchr("\tt\nn\rr\ff", c);
        if (c == '\t' || c == '\n' || c == '\r' || c == '\f')
            fprintf(out, "\\%c", control[1]);
        else if (c == '\\' || (key && strchr("=: #!", c) != NULL) || (c == ' ' && (i == 0 || i == len - 1)))
            fprintf(out, "\\%c", c);
        else
            fputc(c, out);
    }
}

void properties_write(FILE *out, const char *key, const char *value) {
    write_escaped(out, key, true);
    fputs(" = ", out);
    write_escaped(out, value, false);
    fputc('\n', out);
}
