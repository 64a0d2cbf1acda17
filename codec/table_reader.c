#include "table_reader.h"
#include "obek/buffer.h"
#include "obek/utf8.h"

#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <zlib.h>

#define BLOCK_BYTES ((size_t)256 * 1024)
#define NO_CONVERSION ((iconv_t)-1)

struct reader {
    const char *path;
    const struct table_format *format;
    const struct table_visitor *visitor;
    struct error *error;
    struct csv_parser parser;
    struct buffer text; /* the cells of the row at hand, each with a NUL */
    struct slice *cells;
    size_t *at, n, capacity;
    size_t n_columns;        /* of the rows before; 0: there was none yet */
    uint32_t line, row_line; /* line: of the byte at hand; row_line: where the row at hand began */
    bool header_read, failed;
    iconv_t conversion;
    struct buffer unconverted, converted;
};

static bool fail(struct reader *reader) {
    if (!reader->failed)
        error_context(reader->error, "%s:%u", reader->path, reader->row_line);
    reader->failed = true;
    return false;
}

static void add_cell(struct reader *reader, const void *text, size_t len) {
    if (reader->n == reader->capacity) {
        reader->capacity = reader->capacity == 0 ? 32 : reader->capacity * 2;
        reader->at = xrealloc(reader->at, reader->capacity * sizeof *reader->at);
        reader->cells = xrealloc(reader->cells, reader->capacity * sizeof *reader->cells);
    }
    reader->at[reader->n] = reader->text.len;
    reader->cells[reader->n++].len = len;
    buffer_append(&reader->text, text, len);
    buffer_append(&reader->text, "", 1);
}

static bool wrong_row(struct reader *reader, const char *why) {
    const struct table_visitor *visitor = reader->visitor;
    bool header = reader->format->has_header && !reader->header_read;
    if (visitor->wrong_row == NULL || header) {
        error_set(reader->error, "%s", why);
        return fail(reader);
    }
    return visitor->wrong_row(visitor->context, reader->row_line, why, reader->error) || fail(reader);
}

/* Points the cells into the text, which has come to rest. Returns the first cell that is no text, or n. */
static size_t place_cells(struct reader *reader) {
    size_t wrong = reader->n;
    for (size_t i = 0; i < reader->n; i++) {
        struct slice *cell = &reader->cells[i];
        cell->data = reader->text.data + reader->at[i];
        if (wrong == reader->n && (memchr(cell->data, '\0', cell->len) != NULL || !utf8_valid(*cell)))
            wrong = i;
    }
    return wrong;
}

static bool take_row(struct reader *reader) {
    const struct table_visitor *visitor = reader->visitor;
    char why[96];
    size_t wrong = place_cells(reader);
    if (wrong < reader->n) {
        snprintf(why, sizeof why, "column %zu: not UTF-8 text", wrong + 1);
        return wrong_row(reader, why);
    }
    if (reader->n_columns > 0 && reader->n != reader->n_columns) {
        snprintf(why, sizeof why, reader->format->has_header ? "%zu columns where the header has %zu" : "%zu columns, before %zu",
                 reader->n, reader->n_columns);
        return wrong_row(reader, why);
    }
    reader->n_columns = reader->n;
    if (reader->format->has_header && !reader->header_read) {
        reader->header_read = true;
        return visitor->header(visitor->context, reader->cells, reader->n, reader->error) || fail(reader);
    }
    return visitor->row(visitor->context, reader->cells, reader->n, reader->row_line, reader->error) || fail(reader);
}

static void end_row(struct reader *reader) {
    if (!reader->failed)
        (void)take_row(reader); /* reader->failed tells */
    buffer_clear(&reader->text);
    reader->n = 0;
    reader->row_line = reader->line + 1;
}

static void on_cell(void *text, size_t len, void *context) {
    add_cell(context, text, len);
}

static void on_row(int end, void *context) {
    (void)end;
    end_row(context);
}

static bool parse_csv(struct reader *reader, const char *data, size_t len) {
    if (csv_parse(&reader->parser, data, len, on_cell, on_row, reader) != len && !reader->failed) {
        error_set(reader->error, "a quote where none may be (%s)", csv_strerror(csv_error(&reader->parser)));
        fail(reader);
    }
    if (!reader->failed && reader->text.len > TABLE_ROW_BYTES_MAX) {
        error_set(reader->error, "a row without an end (is a quote left open?)");
        fail(reader);
    }
    return !reader->failed;
}

static bool is_blank(const char *line, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r' && line[i] != '\n')
            return false;
    return true;
}

/* A whole line, or the last one without its end. */
static bool parse_blanks(struct reader *reader, const char *data, size_t len) {
    size_t at = 0;
    while (at < len) {
        while (at < len && strchr(" \t\r\n", data[at]) != NULL && data[at] != '\0')
            at++;
        size_t start = at;
        while (at < len && (strchr(" \t\r\n", data[at]) == NULL || data[at] == '\0'))
            at++;
        if (at > start)
            add_cell(reader, data + start, at - start);
    }
    if (reader->n > 0)
        end_row(reader);
    reader->row_line = reader->line + 1;
    return !reader->failed;
}

/* Line by line, so that rows know where they began; libcsv passes over blank lines between them. A part of a line of blanks waits
   for the rest of it: returns how many bytes were taken, SIZE_MAX on failure. */
static size_t parse_lines(struct reader *reader, const char *data, size_t len, bool last) {
    bool blanks = reader->format->separator == ' ';
    size_t taken = 0;
    while (taken < len) {
        const char *line = data + taken, *end = memchr(line, '\n', len - taken);
        size_t part = end == NULL ? len - taken : (size_t)(end - line) + 1;
        if (blanks && end == NULL && !last)
            return part > TABLE_ROW_BYTES_MAX ? (error_set(reader->error, "a row without an end"), fail(reader), SIZE_MAX)
                                              : taken;
        if (end != NULL && reader->row_line == reader->line && is_blank(line, part))
            reader->row_line++;
        if (!(blanks ? parse_blanks(reader, line, part) : parse_csv(reader, line, part)))
            return SIZE_MAX;
        reader->line += end != NULL;
        taken += part;
    }
    return taken;
}

static bool parse_text(struct reader *reader, struct buffer *rest, const char *data, size_t len, bool last) {
    if (rest->len > 0) {
        buffer_append(rest, data, len);
        data = rest->data;
        len = rest->len;
    }
    size_t taken = parse_lines(reader, data, len, last);
    if (taken == SIZE_MAX)
        return false;
    if (rest->len > 0) {
        if (taken < len)
            memmove(rest->data, rest->data + taken, len - taken);
        rest->len = len - taken;
    } else {
        buffer_append(rest, data + taken, len - taken);
    }
    return true;
}

/* Appends what the bytes mean in UTF-8; a sequence that is not complete yet waits. */
static bool convert(struct reader *reader, const char *data, size_t len, bool last) {
    buffer_append(&reader->unconverted, data, len);
    char *in = reader->unconverted.data;
    size_t left = reader->unconverted.len;
    buffer_clear(&reader->converted);
    while (left > 0) {
        size_t room = left * 2 + 64;
        char *out = buffer_reserve(&reader->converted, room);
        char *end = out;
        size_t result = iconv(reader->conversion, &in, &left, &end, &room);
        reader->converted.len += (size_t)(end - out);
        if (result != (size_t)-1 || errno == E2BIG)
            continue;
        if (errno == EINVAL && !last)
            break;
        error_set(reader->error, "%s: not text in %s, near line %u", reader->path, reader->format->encoding, reader->line);
        return false;
    }
    if (left > 0)
        memmove(reader->unconverted.data, in, left);
    reader->unconverted.len = left;
    return true;
}

struct source {
    gzFile in;
    struct buffer rest; /* a line of blanks that is not complete */
    bool first;
};

static bool take_block(struct reader *reader, struct source *source, const char *data, size_t len, bool last) {
    if (reader->conversion != NO_CONVERSION) {
        if (!convert(reader, data, len, last))
            return false;
        data = reader->converted.data;
        len = reader->converted.len;
    }
    if (source->first && len > 0) {
        bool mark = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0;
        data += mark ? 3 : 0;
        len -= mark ? 3 : 0;
        source->first = false;
    }
    return len == 0 || parse_text(reader, &source->rest, data, len, last);
}

static bool report(const struct reader *reader, struct source *source) {
    const struct table_visitor *visitor = reader->visitor;
    z_off_t at = gzoffset(source->in);
    return visitor->progress == NULL || visitor->progress(visitor->context, at > 0 ? (uint64_t)at : 0, reader->error);
}

/* zlib begins most of its reasons with the path. */
static const char *reason_of(const struct reader *reader, gzFile in, int *status) {
    const char *reason = gzerror(in, status);
    size_t len = strlen(reader->path);
    if (*status == Z_ERRNO)
        return strerror(errno);
    return strncmp(reason, reader->path, len) == 0 && strncmp(reason + len, ": ", 2) == 0 ? reason + len + 2 : reason;
}

static bool read_blocks(struct reader *reader, struct source *source, char *block) {
    int got, status;
    while ((got = gzread(source->in, block, BLOCK_BYTES)) > 0)
        if (!take_block(reader, source, block, (size_t)got, false) || !report(reader, source))
            return false;
    const char *reason = reason_of(reader, source->in, &status);
    if (got < 0 || (status != Z_OK && status != Z_STREAM_END))
        return error_set(reader->error, "cannot read %s: %s", reader->path, reason);
    return take_block(reader, source, "", 0, true) && (source->rest.len == 0 || parse_text(reader, &source->rest, "", 0, true));
}

static bool finish(struct reader *reader) {
    if (csv_fini(&reader->parser, on_cell, on_row, reader) != 0 && !reader->failed) {
        error_set(reader->error, "the file ends within quotes");
        fail(reader);
    }
    if (!reader->failed && reader->format->has_header && !reader->header_read)
        return error_set(reader->error, "%s is empty: its first line must name the columns", reader->path);
    return !reader->failed;
}

static bool open_conversion(struct reader *reader) {
    const char *encoding = reader->format->encoding;
    if (encoding == NULL || strcasecmp(encoding, "utf-8") == 0 || strcasecmp(encoding, "utf8") == 0)
        return true;
    reader->conversion = iconv_open("UTF-8", encoding);
    return reader->conversion != NO_CONVERSION ||
           error_set(reader->error, "%s: '%s' is no encoding known here", reader->path, encoding);
}

static void reader_free(struct reader *reader) {
    csv_free(&reader->parser);
    buffer_free(&reader->text);
    buffer_free(&reader->unconverted);
    buffer_free(&reader->converted);
    free(reader->cells);
    free(reader->at);
    if (reader->conversion != NO_CONVERSION)
        iconv_close(reader->conversion);
}

bool table_read(const char *path, const struct table_format *format, const struct table_visitor *visitor, struct error *error) {
    struct source source = { .in = gzopen(path, "rb"), .first = true }; /* reads plain files too */
    if (source.in == NULL)
        return error_set(error, "cannot open %s: %s", path, strerror(errno));
    struct reader reader = { .path = path, .format = format, .visitor = visitor, .error = error, .conversion = NO_CONVERSION };
    reader.line = reader.row_line = 1;
    gzbuffer(source.in, BLOCK_BYTES);
    char *block = xmalloc(BLOCK_BYTES);
    bool good = csv_init(&reader.parser, CSV_STRICT | CSV_STRICT_FINI) == 0 || error_set(error, "libcsv cannot be used");
    csv_set_delim(&reader.parser, (unsigned char)format->separator);
    good = good && open_conversion(&reader) && read_blocks(&reader, &source, block) && finish(&reader);
    free(block);
    buffer_free(&source.rest);
    reader_free(&reader);
    gzclose_r(source.in);
    return good;
}
