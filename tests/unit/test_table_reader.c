/* Tables of text: what makes a row, and where a wrong one is. tests/trainer reads whole files through it. */
#include "../../codec/table_reader.h"
#include "obek/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

static char path[64];
static struct buffer seen;

static void add_cells(const char *kind, uint32_t line, const struct slice *cells, size_t n) {
    buffer_printf(&seen, "%s%u", kind, line);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(strlen(cells[i].data), cells[i].len);
        buffer_printf(&seen, "|%s", cells[i].data);
    }
    buffer_append_text(&seen, "\n");
}

static bool on_header(void *context, const struct slice *cells, size_t n, struct error *error) {
    (void)context;
    (void)error;
    add_cells("h", 0, cells, n);
    return true;
}

static bool on_row(void *context, const struct slice *cells, size_t n, uint32_t line, struct error *error) {
    const char *refused = context;
    add_cells("", line, cells, n);
    return refused == NULL || strcmp(cells[0].data, refused) != 0 || error_set(error, "refused");
}

static bool on_wrong(void *context, uint32_t line, const char *why, struct error *error) {
    (void)context;
    (void)error;
    buffer_printf(&seen, "!%u %s\n", line, why);
    return true;
}

struct reading {
    const char *text;
    size_t len; /* 0: of the text */
    struct table_format format;
    bool skips;
    const char *refused;
};

static bool read_table(struct reading reading, struct error *error) {
    FILE *file = fopen(path, "wb");
    fwrite(reading.text, 1, reading.len > 0 ? reading.len : strlen(reading.text), file);
    fclose(file);
    buffer_clear(&seen);
    if (reading.format.separator == 0)
        reading.format.separator = ',';
    const struct table_visitor visitor = { .context = (void *)(uintptr_t)reading.refused,
                                           .header = on_header,
                                           .row = on_row,
                                           .wrong_row = reading.skips ? on_wrong : NULL };
    bool good = table_read(path, &reading.format, &visitor, error);
    buffer_append(&seen, "", 1);
    return good;
}

static const struct table_format with_header = { .has_header = true };

static void assert_reads(struct reading reading, const char *expected) {
    struct error error;
    if (!read_table(reading, &error))
        fail_msg("%s", error.text);
    assert_string_equal(seen.data, expected);
}

static void assert_fails(struct reading reading, const char *expected) {
    struct error error;
    assert_false(read_table(reading, &error));
    assert_memory_equal(error.text, path, strlen(path));
    assert_string_equal(error.text + strlen(path), expected);
}

static void rows_know_where_they_begin(void **state) {
    (void)state;
    assert_reads((struct reading){ "a,b\n1,2\n\n  \n3,\"4\n5\"\r\n6,7", .format = with_header },
                 "h0|a|b\n2|1|2\n5|3|4\n5\n7|6|7\n");
    assert_reads((struct reading){ "\xef\xbb\xbf"
                                   "a,b\n1,\"x\"\"y\"\n",
                                   .format = with_header },
                 "h0|a|b\n2|1|x\"y\n");
    assert_reads((struct reading){ "a;b,c\n", .format = { .separator = ';' } }, "1|a|b,c\n");
    assert_reads((struct reading){ "a\tb\t\tc d\n", .format = { .separator = '\t' } }, "1|a|b||c d\n");
}

static void blanks_separate(void **state) {
    (void)state;
    assert_reads((struct reading){ " 00004  0001 \"x\n\n\t7 8   9", .format = { .separator = ' ' } },
                 "1|00004|0001|\"x\n3|7|8|9\n");
}

static void other_encodings(void **state) {
    (void)state;
    assert_reads((struct reading){ "\xfe\xdd\n", .format = { .encoding = "ISO-8859-9" } }, "1|\xc5\x9f\xc4\xb0\n");
    assert_reads((struct reading){ "\xff\xfe"
                                   "a\0,\0b\0\n\0",
                                   .len = 10,
                                   .format = { .encoding = "UTF-16" } },
                 "1|a|b\n");
    assert_fails((struct reading){ "\xff\xfe"
                                   "a\0,",
                                   .len = 5,
                                   .format = { .encoding = "UTF-16" } },
                 ": not text in UTF-16, near line 1");
    assert_fails((struct reading){ "a\n", .format = { .encoding = "klingon" } }, ": 'klingon' is no encoding known here");
}

static void wrong_rows_are_told(void **state) {
    (void)state;
    assert_fails((struct reading){ "a,b\n1\n", .format = with_header }, ":2: 1 columns where the header has 2");
    assert_fails((struct reading){ "a,b\n1,\"2\n", .format = with_header }, ":2: the file ends within quotes");
    assert_fails((struct reading){ "a,b\n1,2\n3,\"4\"5\n", .format = with_header, .skips = true },
                 ":3: a quote where none may be (error parsing data while strict checking enabled)");
    assert_fails((struct reading){ "a,b\n1,\xff\n", .format = with_header }, ":2: column 2: not UTF-8 text");
    assert_fails((struct reading){ "\xff,b\n1,2\n", .format = with_header, .skips = true }, ":1: column 1: not UTF-8 text");
    assert_fails((struct reading){ "a\nx\ny\n", .format = with_header, .refused = "x" }, ":2: refused");
    assert_reads(
        (struct reading){ "a,b\n1\n1,\xff\n1,2\n1,2,3\n", .format = with_header, .skips = true },
        "h0|a|b\n!2 1 columns where the header has 2\n!3 column 2: not UTF-8 text\n4|1|2\n!5 3 columns where the header has 2\n");
}

static void gzip_that_was_cut(void **state) {
    (void)state;
    struct error error;
    unsigned char packed[256];
    char text[4096];
    memset(text, 'x', sizeof text);
    for (size_t i = 79; i < sizeof text; i += 80)
        text[i] = '\n';
    gzFile out = gzopen(path, "wb");
    gzwrite(out, text, sizeof text);
    gzclose(out);
    FILE *file = fopen(path, "rb");
    size_t len = fread(packed, 1, sizeof packed, file);
    fclose(file);
    assert_true(read_table((struct reading){ (char *)packed, .len = len, .format = { .separator = ',' } }, &error));
    assert_false(read_table((struct reading){ (char *)packed, .len = len - 9, .format = { .separator = ',' } }, &error));
    assert_non_null(strstr(error.text, "unexpected end of file"));
}

static int set_up(void **state) {
    (void)state;
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%.40s/obek-table-XXXXXX", folder != NULL ? folder : "/tmp");
    int file = mkstemp(path);
    return file < 0 ? -1 : close(file);
}

static int tear_down(void **state) {
    (void)state;
    buffer_free(&seen);
    return unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_know_where_they_begin), cmocka_unit_test(blanks_separate),   cmocka_unit_test(other_encodings),
        cmocka_unit_test(wrong_rows_are_told),        cmocka_unit_test(gzip_that_was_cut),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
