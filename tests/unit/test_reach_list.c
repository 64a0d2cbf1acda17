/* The notes of sources in Redis, and what is made of them and the brokers' answer. */
#include "../../consumer/reach_list.h"
#include "obek/buffer.h"
#include "redis_fixture.h"

static struct feed web = { .name = (char[]){ "web" }, .topic = (char[]){ "web-orders" }, .idle_after_ms = 5000 };
static struct feed store_feed = { .name = (char[]){ "store" }, .topic = (char[]){ "store-orders" } };
static struct feed *feeds[] = { &web, &store_feed };
static struct config config = {
    .redis_url = server.url,
    .redis_prefix = (char[]){ "obek" },
    .control_topic = (char[]){ "control" },
    .n_feeds = 2,
    .feeds = feeds,
};

static struct store *open_store(void) {
    struct error error;
    redis_server_empty();
    struct store *store = store_new(&config, &error);
    assert_non_null(store);
    return store;
}

static void what_is_noted_reads_back(void **state) {
    (void)state;
    struct store *store = open_store();
    struct error error;
    struct source items[] = {
        { .name = (char[]){ "web-orders/0" },
          .position = 12,
          .watermark = INT64_C(1622505600000),
          .fingerprint = 0xabcdef,
          .fingerprint_offset = 11 },
        { .name = (char[]){ "web-orders/1" }, .position = 0, .watermark = TIME_NONE, .fingerprint_offset = -1 },
    };
    struct sources sources = { items, 2 };
    assert_true(store_notes_write(store, &sources, &error));
    static const char *const names[] = { "web-orders/1", "web-orders/2", "web-orders/0" };
    struct source_note notes[3];
    bool found[3];
    assert_true(store_notes_read(store, names, 3, notes, found, &error));
    assert_true(found[0] && !found[1] && found[2]);
    assert_int_equal(notes[0].position, 0);
    assert_true(notes[0].watermark == TIME_NONE && notes[0].fingerprint == 0 && notes[0].fingerprint_offset == -1);
    assert_int_equal(notes[2].position, 12);
    assert_true(notes[2].watermark == INT64_C(1622505600000) && notes[2].fingerprint == 0xabcdef);
    assert_int_equal(notes[2].fingerprint_offset, 11);
    assert_true(store_notes_read(store, NULL, 0, NULL, NULL, &error));
    store_free(store);
}

static void a_damaged_note_is_named(void **state) {
    (void)state;
    struct store *store = open_store();
    static const char *const damaged[] = { "12", "12 - 0@-1 more", "x - 0@-1", "12 y 0@-1", "12 - 0", "12 - g@1", "12 - 0@z" };
    static const char *const names[] = { "good/0", "bad/0" };
    struct source_note notes[2];
    bool found[2];
    redis_say("HSET obek:watermarks good/0 %s", "12 - 000000000000@-1");
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        struct error error = { "" };
        redis_say("HSET obek:watermarks bad/0 %s", damaged[i]);
        assert_false(store_notes_read(store, names, 2, notes, found, &error));
        assert_string_equal(error.text, "obek:watermarks is damaged at bad/0");
    }
    store_free(store);
}

static void redis_may_refuse(void **state) {
    (void)state;
    struct store *store = open_store();
    struct error error = { "" };
    struct source_note note;
    bool found;
    redis_say("SET obek:watermarks text");
    assert_false(store_notes_read(store, (const char *const[]){ "web-orders/0" }, 1, &note, &found, &error));
    assert_non_null(strstr(error.text, "WRONGTYPE"));
    store_free(store);
}

static void the_answer_and_the_notes_are_put_together(void **state) {
    (void)state;
    struct store *store = open_store();
    redis_say("HSET obek:watermarks web-orders/0 %s store-orders/0 %s control/0 %s", "12 700 00000000000a@11", "3 - 0@-1",
              "7 - 0@-1");
    struct partition_end ends[] = {
        { "web-orders", 0, 2, 12 },
        { "web-orders", 1, OFFSET_NONE, OFFSET_NONE },
        { "store-orders", 0, 0, 4 },
        { "control", 0, 0, 7 },
    };
    struct ends_answer answer = { .asked_ms = 1000, .whole = true, .n = 4, .items = ends };
    struct idle_watch *watch = idle_watch_new();
    struct error error;
    for (int round = 0; round < 2; round++, answer.asked_ms += web.idle_after_ms) {
        struct arena arena = { 0 };
        struct reach_list list;
        assert_true(reach_list_read(&list, &arena, store, &config, &answer, watch, &error));
        assert_int_equal(list.n, 3); /* the control topic is none */
        const struct reach_source *web_0 = &list.items[0], *web_1 = &list.items[1], *store_0 = &list.items[2];
        assert_string_equal(web_0->name, "web-orders/0");
        assert_true(web_0->seen && web_0->watermark == 700 && web_0->position == 12 && web_0->end == 12);
        assert_true(web_0->idle == (round == 1));
        assert_string_equal(web_1->name, "web-orders/1");
        assert_true(!web_1->seen && !web_1->idle && web_1->end == OFFSET_NONE);
        assert_string_equal(store_0->name, "store-orders/0");
        assert_true(store_0->seen && store_0->watermark == TIME_NONE && store_0->position == 3 && store_0->end == 4);
        assert_false(store_0->idle);
        arena_free(&arena);
    }
    struct arena arena = { 0 };
    struct reach_list list;
    assert_true(reach_list_read(&list, &arena, store, &config, &answer, NULL, &error));
    assert_false(list.items[0].idle);
    answer.n = 0;
    assert_true(reach_list_read(&list, &arena, store, &config, &answer, watch, &error));
    assert_int_equal(list.n, 0);
    arena_free(&arena);
    idle_watch_free(watch);
    store_free(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_noted_reads_back),
        cmocka_unit_test(a_damaged_note_is_named),
        cmocka_unit_test(redis_may_refuse),
        cmocka_unit_test(the_answer_and_the_notes_are_put_together),
    };
    return cmocka_run_group_tests(tests, redis_server_start, redis_server_stop);
}
