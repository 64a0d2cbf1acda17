/* What the operators' tools are made of: text for terminals and CSV, bytes in JSON, dead letters as files. */
#include "../../tools/dead_files.h"
#include "obek/printing.h"
#include "../../tools/text_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char *printed(void (*print)(FILE *out, struct slice text), struct slice text) {
    char *data = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&data, &len);
    print(out, text);
    fclose(out);
    return data;
}

static void assert_printed(void (*print)(FILE *out, struct slice text), struct slice text, const char *expected) {
    char *data = printed(print, text);
    assert_string_equal(data, expected);
    free(data);
}

static void a_terminal_is_not_driven_by_data(void **state) {
    (void)state;
    assert_printed(print_text, slice_of("ay\x1b[31mse\n\x7f"), "ay?[31mse??");
    assert_printed(print_text,
                   slice_of("\xc2\x9b"
                            "31m"),
                   "?31m"); /* U+009B is ESC [ too */
    assert_printed(print_text, slice_of("Şampiyon\xc2\xa0"), "Şampiyon\xc2\xa0");
}

static void csv_is_quoted_when_it_must_be(void **state) {
    (void)state;
    assert_printed(print_csv, slice_of("plain id"), "plain id");
    assert_printed(print_csv, slice_of("a,b"), "\"a,b\"");
    assert_printed(print_csv, slice_of("say \"x\""), "\"say \"\"x\"\"\"");
    assert_printed(print_csv, slice_of("two\nlines"), "\"two\nlines\"");
}

static void bytes_survive_json(void **state) {
    (void)state;
    static const struct slice cases[] = { { "", 0 },     { "text", 4 },         { "\xff", 1 },        { "\xff\x00", 2 },
                                          { "a\0b", 3 }, { "\xff\xfe\xfd", 3 }, { "\xc3\x28 ==", 5 }, { NULL, 0 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = { 0 };
        json_t *object = json_object();
        text_json_set(object, "value", cases[i]);
        struct slice back = { "not this", 8 };
        assert_true(text_json_get(object, "value", &arena, &back));
        assert_true(slice_equal(back, cases[i]));
        assert_true((back.data == NULL) == (cases[i].data == NULL));
        json_decref(object);
        arena_free(&arena);
    }
}

static void what_is_not_bytes_is_refused(void **state) {
    (void)state;
    struct arena arena = { 0 };
    struct slice bytes;
    json_t *object = json_pack("{s:i, s:s}", "value", 7, "other_base64", "not base64!");
    assert_false(text_json_get(object, "value", &arena, &bytes));
    assert_false(text_json_get(object, "other", &arena, &bytes));
    assert_false(text_json_get(object, "missing", &arena, &bytes));
    json_decref(object);
    arena_free(&arena);
}

static void topic_names_are_no_paths(void **state) {
    (void)state;
    assert_true(is_topic_name(slice_of("orders-web_1.v2")));
    assert_false(is_topic_name(slice_of("")));
    assert_false(is_topic_name(slice_of("..")));
    assert_false(is_topic_name(slice_of("../orders")));
    assert_false(is_topic_name((struct slice){ "a\0b", 3 }));
}

static void a_dead_letter_goes_to_files_and_back(void **state) {
    (void)state;
    char folder[] = "/tmp/obek-unit-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const struct record_header headers[] = { { { "trace", 5 }, { "\xff", 1 } }, { { "empty", 5 }, { NULL, 0 } } };
    const struct dead_letter dead = { .origin = { "orders", 3, 42 },
                                      .reason = slice_of("bad_amount"),
                                      .stage = slice_of("VALUE_CONVERTER"),
                                      .message = slice_of("three decimals"),
                                      .record = {
                                          .value = { "\x00\x01", 2 }, .timestamp = 1234, .n_headers = 2, .headers = headers } };
    struct error error;
    bool written;
    assert_true(dead_file_write(folder, &dead, &written, &error));
    assert_true(written);
    assert_true(dead_file_write(folder, &dead, &written, &error));
    assert_false(written);
    struct dead_files files;
    assert_true(dead_files_load(&files, folder, &error));
    assert_int_equal(files.n, 1);
    struct dead_file *file = dead_files_find(&files, &dead.origin);
    assert_non_null(file);
    assert_null(dead_files_find(&files, &(struct origin){ "orders", 3, 43 }));
    assert_null(dead_files_find(&files, &(struct origin){ NULL, 3, 42 }));
    assert_null(file->record.key.data); /* null, not empty */
    assert_true(slice_equal(file->record.value, dead.record.value));
    assert_int_equal(file->record.timestamp, 1234);
    assert_int_equal(file->record.n_headers, 2);
    assert_true(slice_equal(file->record.headers[0].value, headers[0].value));
    assert_null(file->record.headers[1].value.data);
    assert_true(dead_file_move(&files, file, &error));
    dead_files_free(&files);
    assert_true(dead_files_load(&files, folder, &error));
    assert_int_equal(files.n, 0);
    dead_files_free(&files);
    char path[64];
    static const char *const left[] = { "sent/orders-3-42.json", "sent/orders-3-42.value" };
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, left[i]);
        assert_int_equal(unlink(path), 0);
    }
    snprintf(path, sizeof path, "%s/sent", folder);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_is_not_driven_by_data),
        cmocka_unit_test(csv_is_quoted_when_it_must_be),
        cmocka_unit_test(bytes_survive_json),
        cmocka_unit_test(what_is_not_bytes_is_refused),
        cmocka_unit_test(topic_names_are_no_paths),
        cmocka_unit_test(a_dead_letter_goes_to_files_and_back),
    };
    return cmocka_run_group_tests_name("tools", tests, NULL, NULL);
}
