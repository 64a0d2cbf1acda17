#include "json_numbers.h"

#include <strings.h>

struct lexer {
    struct slice document;
    size_t at, run;        /* where it reads; the first byte that is not copied yet */
    struct buffer *quoted; /* NULL: only count */
    size_t written;
    size_t wanted, found; /* an offset in the output, and the one in the document that belongs to it */
    const char *why;
};

static void emit(struct lexer *lexer, const char *bytes, size_t len, size_t from, bool copied) {
    if (lexer->wanted >= lexer->written && lexer->wanted < lexer->written + len)
        lexer->found = copied ? from + (lexer->wanted - lexer->written) : from;
    if (lexer->quoted != NULL)
        buffer_append(lexer->quoted, bytes, len);
    lexer->written += len;
}

static void copy_run(struct lexer *lexer) {
    emit(lexer, lexer->document.data + lexer->run, lexer->at - lexer->run, lexer->run, true);
    lexer->run = lexer->at;
}

static void insert(struct lexer *lexer, const char *text) {
    emit(lexer, text, strlen(text), lexer->at, false);
}

static char peek(const struct lexer *lexer) {
    return lexer->at < lexer->document.len ? lexer->document.data[lexer->at] : '\0';
}

static bool at_digit(const struct lexer *lexer) {
    return peek(lexer) >= '0' && peek(lexer) <= '9';
}

static bool skip_digits(struct lexer *lexer) {
    bool any = at_digit(lexer);
    while (at_digit(lexer))
        lexer->at++;
    return any;
}

/* RFC 8259, section 6 */
static bool skip_number(struct lexer *lexer) {
    lexer->at += peek(lexer) == '-';
    bool zero = peek(lexer) == '0';
    lexer->at += zero;
    if (zero ? at_digit(lexer) : !skip_digits(lexer))
        return false;
    if (peek(lexer) == '.') {
        lexer->at++;
        if (!skip_digits(lexer))
            return false;
    }
    if (peek(lexer) == 'e' || peek(lexer) == 'E') {
        lexer->at++;
        lexer->at += peek(lexer) == '+' || peek(lexer) == '-';
        return skip_digits(lexer);
    }
    return true;
}

static bool is_name(const struct lexer *lexer) {
    size_t at = lexer->at;
    while (at < lexer->document.len && strchr(" \t\r\n", lexer->document.data[at]) != NULL && lexer->document.data[at] != '\0')
        at++;
    return at < lexer->document.len && lexer->document.data[at] == ':';
}

static bool take_number(struct lexer *lexer) {
    copy_run(lexer);
    insert(lexer, "\"" JSON_MARK_NUMBER);
    lexer->why = "not a number of JSON";
    if (!skip_number(lexer))
        return false;
    lexer->why = "a number where a name is wanted";
    if (is_name(lexer))
        return false;
    copy_run(lexer);
    insert(lexer, "\"");
    return true;
}

/* whether the string goes on with one of the marks, as bytes or escaped */
static bool at_mark(const struct lexer *lexer) {
    const char *at = lexer->document.data + lexer->at;
    size_t left = lexer->document.len - lexer->at;
    if (left >= JSON_MARK_LENGTH &&
        (memcmp(at, JSON_MARK_NUMBER, JSON_MARK_LENGTH) == 0 || memcmp(at, JSON_MARK_STRING, JSON_MARK_LENGTH) == 0))
        return true;
    return left >= 6 && at[0] == '\\' && at[1] == 'u' && strncasecmp(at + 2, "fdd", 3) == 0 && (at[5] == '0' || at[5] == '1');
}

static void skip_string(struct lexer *lexer) {
    lexer->at++;
    if (at_mark(lexer)) {
        copy_run(lexer);
        insert(lexer, JSON_MARK_STRING);
    }
    while (lexer->at < lexer->document.len && peek(lexer) != '"')
        lexer->at += peek(lexer) == '\\' && lexer->at + 1 < lexer->document.len ? 2 : 1;
    lexer->at += lexer->at < lexer->document.len;
}

static bool lex(struct lexer *lexer) {
    while (lexer->at < lexer->document.len) {
        char c = peek(lexer);
        if (c == '"')
            skip_string(lexer);
        else if (c != '-' && !at_digit(lexer))
            lexer->at++;
        else if (!take_number(lexer))
            return false;
    }
    copy_run(lexer);
    return true;
}

bool json_numbers_quote(struct buffer *quoted, struct slice document, size_t *offset, const char **why) {
    struct lexer lexer = { .document = document, .quoted = quoted, .wanted = SIZE_MAX };
    if (lex(&lexer))
        return true;
    *offset = lexer.at;
    *why = lexer.why;
    return false;
}

size_t json_numbers_offset(struct slice document, size_t quoted_offset) {
    struct lexer lexer = { .document = document, .wanted = quoted_offset, .found = document.len };
    lex(&lexer);
    return lexer.found;
}
