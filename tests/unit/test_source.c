/* Marks, commit notes and outbox entries: what is written reads back, and what obek did not write is refused. */
#include "../../consumer/models.h"
#include "../../consumer/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define TOKEN "0123456789abcdef0123456789abcdef"

static void marks_read_back(void **state) {
    (void)state;
    const struct mark marks[] = {
        { .next = 0, .watermark = TIME_NONE, .owner = TOKEN },
        { .next = INT64_MAX, .watermark = -1, .owner = "x" },
        { .next = 77, .watermark = 1622505600000, .owner = TOKEN },
    };
    struct arena arena = { 0 };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct mark read;
        assert_true(mark_parse(&read, mark_text(&arena, marks[i].next, marks[i].watermark, marks[i].owner)));
        assert_true(read.next == marks[i].next && read.watermark == marks[i].watermark);
        assert_string_equal(read.owner, marks[i].owner);
    }
    assert_string_equal(mark_text(&arena, 7, TIME_NONE, TOKEN).data, "7 - " TOKEN);
    arena_free(&arena);
}

static void hostile_marks_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "1",
        "1 2",
        "1 2 ",
        "1  2 x",
        " 1 2 x",
        "1 2 x ",
        "1 2 x y",
        "-1 2 x",
        "x 2 x",
        "1 x x",
        "1 -- x",
        "1.5 2 x",
        "9223372036854775808 2 x",
        "1 9223372036854775808 x",
        "0x1 2 x",
        "1 2 " TOKEN "0",
        "1\t2\tx",

    };
    struct mark mark;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(mark_parse(&mark, slice_of(texts[i])));
    static const char nul[] = "1 2\0 x";
    assert_false(mark_parse(&mark, (struct slice){ nul, sizeof nul - 1 }));
    static const char nul_behind[] = "1 2 x\0y";
    assert_false(mark_parse(&mark, (struct slice){ nul_behind, sizeof nul_behind - 1 }));
}

static struct commit_note a_note(int64_t watermark, int64_t first_offset) {
    struct commit_note note = { .watermark = watermark, .first_offset = first_offset };
    memcpy(note.incarnation, TOKEN, sizeof note.incarnation);
    return note;
}

static void commit_notes_read_back(void **state) {
    (void)state;
    const struct commit_note notes[] = { a_note(TIME_NONE, 0), a_note(INT64_MAX, INT64_MAX), a_note(-5, 12) };
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        char text[128];
        struct commit_note read;
        commit_note_text(&notes[i], text, sizeof text);
        assert_true(strlen(text) < sizeof text - 1); /* nothing was cut */
        assert_true(commit_note_parse(&read, slice_of(text)));
        assert_string_equal(read.incarnation, notes[i].incarnation);
        assert_true(read.watermark == notes[i].watermark && read.first_offset == notes[i].first_offset);
    }
}

static void foreign_commit_metadata_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "obek1",
        "obek2 " TOKEN " - 0",
        "obek1 " TOKEN " -",
        "obek1 " TOKEN " - -1",
        "obek1 " TOKEN " - 0 more",
        "obek1 " TOKEN " - 0rubbish",
        "obek1 " TOKEN "0 - 0",
        "obek1 short - 0",
        "obek1 " TOKEN " x 0",
        "{\"some\":\"thing else's metadata\"}",
    };
    struct commit_note note;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(commit_note_parse(&note, slice_of(texts[i])));
    assert_false(commit_note_parse(&note, (struct slice){ NULL, 0 }));
    /* librdkafka does not end metadata with NUL, and what lies behind it is rubbish: only its length counts */
    static const char followed[] = "obek1 " TOKEN " - 12rubbish";
    assert_true(commit_note_parse(&note, (struct slice){ followed, sizeof followed - 1 - 7 }));
    assert_int_equal(note.first_offset, 12);
}

#define SHA "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"

static void model_notes_read_back_and_others_are_refused(void **state) {
    (void)state;
    struct arena arena = { 0 };
    struct model_note note = { .number = 12, .time = TIME_NONE, .sha256 = SHA }, read;
    assert_string_equal(model_note_text(&arena, &note).data, "12 - " SHA);
    assert_true(model_note_parse(&read, model_note_text(&arena, &note)));
    assert_true(read.number == 12 && read.time == TIME_NONE);
    assert_string_equal(read.sha256, SHA);
    note.time = 1622505600000;
    assert_true(model_note_parse(&read, model_note_text(&arena, &note)));
    assert_true(read.time == note.time);
    static const char *const texts[] = {
        "", "12", "12 - ", "12 - abc", "x - " SHA, "12 x " SHA, "12 - " SHA "0", "12 - " SHA " y"
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(model_note_parse(&read, slice_of(texts[i])));
    arena_free(&arena);
}

static void outbox_entries_are_found_by_offset(void **state) {
    (void)state;
    struct outbox_entry entries[] = {
        { .offset = 3, .n = 0 }, { .offset = 5, .n = 0 }, { .offset = 5, .n = 1 }, { .offset = 9 }
    };
    struct source source = { .outbox = entries, .n_outbox = 4 };
    size_t n = 99;
    assert_ptr_equal(source_outbox(&source, 5, &n), &entries[1]);
    assert_int_equal(n, 2);
    assert_ptr_equal(source_outbox(&source, 3, &n), &entries[0]);
    assert_int_equal(n, 1);
    assert_ptr_equal(source_outbox(&source, 9, &n), &entries[3]);
    const int64_t none[] = { 0, 4, 6, 10 };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_null(source_outbox(&source, none[i], &n));
        assert_int_equal(n, 0);
    }
    source.n_outbox = 0;
    assert_null(source_outbox(&source, 3, &n));
}

static void sources_are_found_and_every_one_has_its_own_token(void **state) {
    (void)state;
    struct sources sources = { .n = 3, .items = calloc(3, sizeof(struct source)) };
    source_init(&sources.items[0], "orders", 0, NULL, 4);
    source_init(&sources.items[1], "orders", 1, NULL, 4);
    source_init(&sources.items[2], "orders-web", 0, NULL, 4);
    assert_string_equal(sources.items[1].name, "orders/1");
    assert_ptr_equal(sources_find(&sources, "orders-web", 0), &sources.items[2]);
    assert_ptr_equal(sources_find(&sources, "orders", 1), &sources.items[1]);
    assert_null(sources_find(&sources, "orders", 2));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(strlen(sources.items[i].owner), OWNER_TOKEN_LENGTH);
        assert_int_equal(strspn(sources.items[i].owner, "0123456789abcdef"), OWNER_TOKEN_LENGTH);
        assert_string_not_equal(sources.items[i].owner, sources.items[(i + 1) % 3].owner);
    }
    sources_free(&sources);
    assert_int_equal(sources.n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_read_back),
        cmocka_unit_test(hostile_marks_are_refused),
        cmocka_unit_test(commit_notes_read_back),
        cmocka_unit_test(foreign_commit_metadata_is_refused),
        cmocka_unit_test(model_notes_read_back_and_others_are_refused),
        cmocka_unit_test(outbox_entries_are_found_by_offset),
        cmocka_unit_test(sources_are_found_and_every_one_has_its_own_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
