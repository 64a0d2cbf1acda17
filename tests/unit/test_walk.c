/* The index of due times on a real Redis, read in slices, and the walk that goes through it. */
#include "redis_fixture.h"

#include "../../consumer/walk.h"

static struct store *store;
static struct arena arena;

static int open_store(void **state) {
    static char prefix[] = "obek";
    static struct config config = { .redis_prefix = prefix, .buckets = 2, .ledger_orders = 32 };
    struct error error;
    if (redis_server_start(state) != 0)
        return -1;
    config.redis_url = server.url;
    store = store_new(&config, &error);
    return store == NULL ? -1 : 0;
}

static int close_store(void **state) {
    arena_free(&arena);
    store_free(store);
    return redis_server_stop(state);
}

static const struct due_place before_all = { .score = INT64_MIN, .whole = true },
                              behind_all = { .score = INT64_MAX, .whole = true };

static struct due_entries read_due(struct due_place from, struct due_place to, size_t limit) {
    struct due_entries entries;
    struct error error;
    if (!store_due_read(store, &arena, NULL, &from, &to, limit, &entries, &error))
        fail_msg("%s", error.text);
    return entries;
}

static void expect_entry(const struct due_entries *entries, size_t i, int bucket, int64_t score, const char *id) {
    assert_true(i < entries->n);
    assert_int_equal(entries->items[i].bucket, bucket);
    assert_true(entries->items[i].place.score == score);
    assert_true(slice_is(entries->items[i].place.id, id));
}

static void a_range_has_its_ends_by_score_and_id(void **state) {
    (void)state;
    redis_server_empty();
    redis_say("ZADD obek:{0}:due 5 a 5 b 5 c 4503599627370497 never");
    redis_say("ZADD obek:{1}:due -3 old 6 d");
    struct due_entries entries = read_due(before_all, (struct due_place){ .score = 5, .whole = true }, 0);
    assert_int_equal(entries.n, 4);
    expect_entry(&entries, 0, 0, 5, "a");
    expect_entry(&entries, 3, 1, -3, "old");
    entries = read_due(before_all, (struct due_place){ .score = 5, .id = slice_of("b") }, 0);
    assert_int_equal(entries.n, 3);
    entries = read_due((struct due_place){ .score = 5, .id = slice_of("b") }, behind_all, 0);
    assert_int_equal(entries.n, 3);
    expect_entry(&entries, 0, 0, 5, "c");
    expect_entry(&entries, 1, 0, INT64_C(4503599627370497), "never");
    expect_entry(&entries, 2, 1, 6, "d");
    entries = read_due((struct due_place){ .score = 5, .whole = true }, (struct due_place){ .score = 6, .whole = true }, 0);
    assert_int_equal(entries.n, 1);
    entries = read_due(before_all, (struct due_place){ .score = -4, .whole = true }, 0);
    assert_int_equal(entries.n, 0);
    bool only_second[] = { false, true };
    struct error error;
    assert_true(store_due_read(store, &arena, only_second, &before_all, &behind_all, 0, &entries, &error));
    assert_int_equal(entries.n, 2);
    uint64_t n;
    assert_true(store_due_count(store, &n, &error));
    assert_int_equal(n, 6);
}

/* A limit says where there may be more; a crowd with one score, of whom many lie before `from`, does not hide those behind. */
static void a_limit_is_no_end(void **state) {
    (void)state;
    redis_server_empty();
    for (int i = 0; i < 500; i++)
        redis_say("ZADD obek:{1}:due 7 c%03lld", (long long)i);
    redis_say("ZADD obek:{0}:due 7 x");
    struct due_entries entries = read_due(before_all, behind_all, 10);
    assert_int_equal(entries.n, 11);
    expect_entry(&entries, 0, 0, 7, "x");
    assert_false(entries.items[0].more);
    assert_false(entries.items[9].more);
    assert_true(entries.items[10].more);
    entries = read_due((struct due_place){ .score = 7, .id = slice_of("c437") }, behind_all, 10);
    assert_true(entries.n > 1);
    size_t first = 0;
    while (first < entries.n && entries.items[first].bucket == 0)
        first++;
    expect_entry(&entries, first, 1, 7, "c438");
    entries = read_due((struct due_place){ .score = 7, .id = slice_of("c499") }, behind_all, 10);
    assert_int_equal(entries.n, 1);
}

static struct due_place look(struct walk *walk, int64_t model) {
    struct due_place from;
    struct error error;
    if (!walk_look(walk, store, model, &arena, &from, &error))
        fail_msg("%s", error.text);
    return from;
}

static void a_walk_goes_on_where_it_was_left(void **state) {
    (void)state;
    redis_server_empty();
    redis_say("ZADD obek:{0}:due 1 a 2 b");
    struct error error;
    struct walk walk = { .model = -1 };
    struct due_place from = look(&walk, 3);
    assert_int_equal(due_place_compare(&from, &before_all), 0);
    assert_false(walk.done);
    assert_int_equal(walk.total, 2);
    struct tick tick = { .from = from, .to = { .score = -17, .id = { "an id\0with all", 14 } }, .up_to = TIME_NONE, .model = 3 };
    assert_true(walk_note(&walk, store, &tick, 1, &error));
    struct walk another = { .model = -1 };
    from = look(&another, 3);
    assert_int_equal(due_place_compare(&from, &tick.to), 0);
    tick.to = behind_all;
    assert_true(walk_note(&another, store, &tick, 1, &error));
    assert_true(another.done);
    struct walk third = { .model = -1 };
    look(&third, 3);
    assert_true(third.done);
    from = look(&third, 4); /* a newer model: from the start */
    assert_false(third.done);
    assert_int_equal(due_place_compare(&from, &before_all), 0);
}

static void a_note_that_says_nothing_begins_anew(void **state) {
    (void)state;
    static const char *const notes[] = { "", "3", "3 ", "3 x", "3 7", "3 7 ", "3 seven id", "done", "-1 done", "x done" };
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        redis_server_empty();
        redis_say("HSET obek:meta walk %s", notes[i]);
        struct walk walk = { .model = -1 };
        struct due_place from = look(&walk, 3);
        assert_false(walk.done);
        assert_int_equal(due_place_compare(&from, &before_all), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_has_its_ends_by_score_and_id),
        cmocka_unit_test(a_limit_is_no_end),
        cmocka_unit_test(a_walk_goes_on_where_it_was_left),
        cmocka_unit_test(a_note_that_says_nothing_begins_anew),
    };
    return cmocka_run_group_tests(tests, open_store, close_store);
}
