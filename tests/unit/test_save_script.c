/* The scripts that write a bucket, on a real Redis: every answer, and that a refused call has changed nothing (design, section 5
   "Save", section 6 "On assignment"). */
#include "redis_fixture.h"

#define ME "0123456789abcdef0123456789abcdef"
#define OTHER "ffffffffffffffffffffffffffffffff"
#define INCARNATION "11111111111111111111111111111111"
#define MODEL "0 - sha"

/* One store for all calls; its scripts are the program's own. */
static struct store *store;

static int open_store(void **state) {
    static char prefix[] = "obek";
    static struct config config = { .redis_prefix = prefix, .buckets = 1, .ledger_orders = 32 };
    struct error error;
    if (redis_server_start(state) != 0)
        return -1;
    config.redis_url = server.url;
    store = store_new(&config, &error);
    return store == NULL ? -1 : 0;
}

static int close_store(void **state) {
    store_free(store);
    return redis_server_stop(state);
}

/* Arguments of a script call: texts, with a number where one is needed. */
struct words {
    size_t n, n_keys;
    struct slice items[16384];
    struct arena arena;
};

static struct words words;

static void say(const char *text) {
    assert_true(words.n < sizeof words.items / sizeof words.items[0]);
    words.items[words.n++] = arena_copy(&words.arena, slice_of(text));
}

static void say_number(int64_t number) {
    words.items[words.n++] = arena_printf(&words.arena, "%lld", (long long)number);
}

/* Several texts. */
#define SAY(...)                                                                                                                 \
    do {                                                                                                                         \
        static const char *const texts[] = { __VA_ARGS__ };                                                                      \
        for (size_t text = 0; text < sizeof texts / sizeof texts[0]; text++)                                                     \
            say(texts[text]);                                                                                                    \
    } while (0)

static void begin(void) {
    arena_reset(&words.arena);
    words.n = 0;
}

static const redisReply *run(const struct redis_script *script) {
    struct error error;
    redis_append_script(store->redis, script, (int)words.n_keys, words.n, words.items);
    if (!redis_execute(store->redis, &error))
        fail_msg("%s", error.text);
    return redis_answer(store->redis, 0);
}

static void expect_word(const redisReply *answer, size_t i, const char *text) {
    assert_true(i < answer->elements);
    if (strcmp(answer->element[i]->str, text) != 0)
        fail_msg("answer %zu: '%s' instead of '%s'", i, answer->element[i]->str, text);
}

/* A bucket with an incarnation, a model and one claimed source at offset 10. */
static void fill_bucket(void) {
    redis_server_empty();
    redis_say("HSET obek:{0}:marks incarnation %s orders/0 %s model %s", INCARNATION, "10 - " ME, MODEL);
    redis_say("SET obek:{0}:customer:old rev00001state");
    redis_say("HSET obek:{0}:outbox orders/0/8/0 event8 orders/0/9/0 event9");
    redis_say("HSET obek:{0}:sizes kmeans/small 3 kmeans/small/value 300 kmeans/big 1 kmeans/big/value 50");
    redis_say("ZADD obek:{0}:due 5 old");
    redis_say("HSET obek:{0}:profile:old segment:kmeans big");
}

/* What may be wrong with a call. */
struct wrong {
    const char *incarnation, *model, *owner, *expected, *revision;
    const char *after_source, *after; /* NULL: after nothing */
    const char *absent;
};

/* Customer `old` moves from big to small, `new` enters small; two events, two drops. [10, 12) of orders/0. */
static const redisReply *save_two(struct wrong wrong) {
    begin();
    SAY("obek:{0}:marks", "obek:{0}:outbox", "obek:{0}:due", "obek:{0}:sizes", "obek:{0}:customer:old", "obek:{0}:customer:new",
        "obek:{0}:profile:old", "obek:{0}:profile:new");
    words.n_keys = words.n;
    say(wrong.incarnation == NULL ? INCARNATION : wrong.incarnation);
    say(wrong.model == NULL ? MODEL : wrong.model);
    SAY("", "1", "orders/0");
    say(wrong.owner == NULL ? ME : wrong.owner);
    say(wrong.expected == NULL ? "10" : wrong.expected);
    SAY("12 1622505600000 " ME);
    say(wrong.after == NULL ? "0" : "2");
    if (wrong.after != NULL) {
        SAY("orders/0", "10");
        say(wrong.after_source);
        say(wrong.after);
    }
    say(wrong.absent == NULL ? "0" : "1");
    if (wrong.absent != NULL)
        say(wrong.absent);
    SAY("2");
    say(wrong.revision == NULL ? "rev00001" : wrong.revision);
    SAY("rev00002state", "", "rev00003state");
    SAY("2", "7", "old", "4503599627370497", "new", "0");
    SAY("2", "orders/0/10/0", "event10", "orders/0/11/0", "event11");
    SAY("2", "orders/0/8/0", "orders/0/9/0");
    SAY("2", "kmeans/big", "-1", "-50", "kmeans/small", "2", "75");
    SAY("2", "0", "1", "segment:kmeans", "small");
    return run(store->save);
}

static void ok_writes_everything_at_once(void **state) {
    (void)state;
    fill_bucket();
    expect_word(save_two((struct wrong){ 0 }), 0, "ok");
    redis_says("12 1622505600000 " ME, "HGET obek:{0}:marks orders/0");
    redis_says(MODEL, "HGET obek:{0}:marks model");
    redis_says("rev00002state", "GET obek:{0}:customer:old");
    redis_says("rev00003state", "GET obek:{0}:customer:new");
    redis_says("7", "ZSCORE obek:{0}:due old");
    redis_says("4503599627370497", "ZSCORE obek:{0}:due new");
    redis_says("2", "HLEN obek:{0}:outbox");
    redis_says("event11", "HGET obek:{0}:outbox orders/0/11/0");
    redis_says("5", "HGET obek:{0}:sizes kmeans/small");
    redis_says("375", "HGET obek:{0}:sizes kmeans/small/value");
    redis_says("2", "HLEN obek:{0}:sizes"); /* a segment without customers is not there */
    redis_says("0", "EXISTS obek:{0}:profile:old");
    redis_says("small", "HGET obek:{0}:profile:new segment:kmeans");
}

static void refuses(struct wrong wrong, const char *word, const char *found) {
    fill_bucket();
    struct buffer before = redis_dump();
    const redisReply *answer = save_two(wrong);
    expect_word(answer, 0, word);
    if (strcmp(word, "moved") == 0)
        assert_int_equal(answer->element[1]->integer, strtoll(found, NULL, 10));
    else
        expect_word(answer, 1, found);
    assert_int_equal(answer->elements, 2);
    struct buffer after = redis_dump();
    assert_true(slice_equal(buffer_slice(&before), buffer_slice(&after)));
    buffer_free(&before);
    buffer_free(&after);
}

static void a_refused_call_says_what_it_found_and_changes_nothing(void **state) {
    (void)state;
    refuses((struct wrong){ .incarnation = OTHER }, "incarnation", INCARNATION);
    refuses((struct wrong){ .owner = OTHER }, "marks", "10 - " ME);
    refuses((struct wrong){ .expected = "9" }, "marks", "10 - " ME);
    refuses((struct wrong){ .expected = "11" }, "marks", "10 - " ME);
    refuses((struct wrong){ .model = "5 - newer" }, "model", MODEL);
    refuses((struct wrong){ .revision = "rev00000" }, "moved", "0");
    refuses((struct wrong){ .revision = "" }, "moved", "0");
}

/* What is wrong first is what counts: an owner must not be told to step again by what another one did. */
static void the_first_thing_wrong_is_answered(void **state) {
    (void)state;
    refuses((struct wrong){ .incarnation = OTHER, .expected = "9", .model = "x", .revision = "r" }, "incarnation", INCARNATION);
    refuses((struct wrong){ .expected = "9", .model = "x", .revision = "r" }, "marks", "10 - " ME);
    refuses((struct wrong){ .expected = "9", .after_source = "orders/1", .after = "1" }, "marks", "10 - " ME);
    refuses((struct wrong){ .model = "x", .revision = "r", .after_source = "orders/1", .after = "1" }, "wait", "orders/1");
    refuses((struct wrong){ .model = "x", .revision = "r" }, "model", MODEL);
}

/* A bucket waits for the orders that a tick comes after, of whichever source, and not longer. */
static void a_tick_waits_for_the_orders_before_it(void **state) {
    (void)state;
    refuses((struct wrong){ .after_source = "orders/0", .after = "11" }, "wait", "orders/0");
    refuses((struct wrong){ .after_source = "orders/7", .after = "0" }, "wait", "orders/7"); /* it has no mark */
    fill_bucket();
    redis_say("HSET obek:{0}:marks web/3 %s", "99 - " OTHER);
    expect_word(save_two((struct wrong){ .after_source = "web/3", .after = "100" }), 0, "wait");
    expect_word(save_two((struct wrong){ .after_source = "web/3", .after = "99" }), 0, "ok");
}

/* Its answer was lost with the connection: the marks say that it is done. */
/* One that a tick found in the index, and whose state it did not find: damage, unless Redis lost both meanwhile. */
static void an_entry_without_a_state_is_damage(void **state) {
    (void)state;
    refuses((struct wrong){ .absent = "old" }, "index", "old");
    refuses((struct wrong){ .absent = "old", .expected = "9" }, "marks", "10 - " ME);
    fill_bucket();
    expect_word(save_two((struct wrong){ .absent = "nobody" }), 0, "ok");
}

static void a_repeated_call_finds_its_own_marks(void **state) {
    (void)state;
    fill_bucket();
    expect_word(save_two((struct wrong){ 0 }), 0, "ok");
    struct buffer before = redis_dump();
    const redisReply *answer = save_two((struct wrong){ 0 });
    expect_word(answer, 0, "marks");
    expect_word(answer, 1, "12 1622505600000 " ME);
    struct buffer after = redis_dump();
    assert_true(slice_equal(buffer_slice(&before), buffer_slice(&after)));
    buffer_free(&before);
    buffer_free(&after);
}

static void an_emptied_bucket_is_refused(void **state) {
    (void)state;
    redis_server_empty();
    const redisReply *answer = save_two((struct wrong){ 0 });
    expect_word(answer, 0, "incarnation");
    expect_word(answer, 1, "");
    redis_says("0", "DBSIZE");
}

/* A call without customers: marks of one source, and what sizes it adds. */
static const redisReply *save_sizes(const char *field, int64_t customers, int64_t value) {
    begin();
    SAY("obek:{0}:marks", "obek:{0}:outbox", "obek:{0}:due", "obek:{0}:sizes");
    words.n_keys = words.n;
    SAY(INCARNATION, "", "", "0", "0", "0", "0", "0", "0", "0", "0", "1");
    say(field);
    say_number(customers);
    say_number(value);
    say("0");
    return run(store->save);
}

static void sums_are_exact_beyond_what_a_double_holds(void **state) {
    (void)state;
    fill_bucket();
    expect_word(save_sizes("kmeans/rich", 9007199254740993, 999999999999999999), 0, "ok");
    redis_says("9007199254740993", "HGET obek:{0}:sizes kmeans/rich");
    redis_says("999999999999999999", "HGET obek:{0}:sizes kmeans/rich/value");
    expect_word(save_sizes("kmeans/rich", -9007199254740992, -999999999999999998), 0, "ok");
    redis_says("1", "HGET obek:{0}:sizes kmeans/rich");
    redis_says("1", "HGET obek:{0}:sizes kmeans/rich/value");
    expect_word(save_sizes("kmeans/rich", -1, -1), 0, "ok");
    redis_says("nil", "HGET obek:{0}:sizes kmeans/rich/value");
}

/* Once it failed half-way, with states written and marks not. */
static void a_sum_beyond_64_bits_stops_nothing(void **state) {
    (void)state;
    fill_bucket();
    redis_say("HSET obek:{0}:sizes kmeans/small/value 9223372036854775800");
    expect_word(save_two((struct wrong){ 0 }), 0, "ok");
    redis_says("5", "HGET obek:{0}:sizes kmeans/small");
    redis_says("9223372036854775800", "HGET obek:{0}:sizes kmeans/small/value");
    redis_says("12 1622505600000 " ME, "HGET obek:{0}:marks orders/0");
}

static void thousands_of_events_fit_into_one_call(void **state) {
    (void)state;
    fill_bucket();
    begin();
    SAY("obek:{0}:marks", "obek:{0}:outbox", "obek:{0}:due", "obek:{0}:sizes");
    words.n_keys = words.n;
    SAY(INCARNATION, MODEL, "", "1", "orders/0", ME, "10", "12 - " ME, "0", "0", "0", "0", "0", "4500");
    for (int i = 0; i < 4500; i++) {
        char field[32];
        snprintf(field, sizeof field, "orders/0/11/%d", i);
        say(field);
        say(field);
    }
    SAY("2", "orders/0/8/0", "orders/0/9/0", "0", "0");
    expect_word(run(store->save), 0, "ok");
    redis_says("4500", "HLEN obek:{0}:outbox");
    static const char *const some[] = { "0", "999", "1000", "1001", "1999", "2000", "4499" };
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        const redisReply *value = redis_say("HGET obek:{0}:outbox orders/0/11/%s", some[i]);
        assert_true(value->type == REDIS_REPLY_STRING && strcmp(value->str + strlen("orders/0/11/"), some[i]) == 0);
    }
    redis_says("12 - " ME, "HGET obek:{0}:marks orders/0");
}

/* All that a tick reaches in a bucket is one call. */
static void thousands_of_customers_fit_into_one_call(void **state) {
    (void)state;
    enum { N = 4500 };
    for (int moved = 0; moved < 2; moved++) {
        fill_bucket();
        begin();
        SAY("obek:{0}:marks", "obek:{0}:outbox", "obek:{0}:due", "obek:{0}:sizes");
        for (int i = 0; i < N; i++)
            words.items[words.n++] = arena_printf(&words.arena, "obek:{0}:customer:%d", i);
        words.n_keys = words.n;
        SAY(INCARNATION, MODEL, "", "1", "orders/0", ME, "10", "12 - " ME, "0", "0");
        say_number(N);
        for (int i = 0; i < N; i++) {
            say(moved && i == N - 1 ? "rev00000" : "");
            words.items[words.n++] = arena_printf(&words.arena, "rev%05d-%d", i, i);
        }
        SAY("0", "0", "0", "0", "0", "0");
        const redisReply *answer = run(store->save);
        expect_word(answer, 0, moved ? "moved" : "ok");
        if (moved)
            assert_int_equal(answer->element[1]->integer, N - 1);
        redis_says(moved ? "6" : "4506", "DBSIZE");
        redis_says(moved ? "nil" : "rev01000-1000", "GET obek:{0}:customer:1000");
        redis_says(moved ? "nil" : "rev04499-4499", "GET obek:{0}:customer:4499");
    }
}

/* An erasure: the tombstone is written, and nothing else of the customer stays. */
static void who_is_gone_leaves_the_index(void **state) {
    (void)state;
    fill_bucket();
    redis_say("ZADD obek:{0}:due 6 other");
    begin();
    SAY("obek:{0}:marks", "obek:{0}:outbox", "obek:{0}:due", "obek:{0}:sizes", "obek:{0}:customer:old", "obek:{0}:profile:old");
    words.n_keys = words.n;
    SAY(INCARNATION, MODEL, "", "1", "orders/0", ME, "10", "11 - " ME, "0", "0", "1", "rev00001", "rev00002tombstone");
    SAY("0", "1", "old", "1", "orders/0/10/0", "last", "0", "1", "kmeans/big", "-1", "-50", "1", "0");
    expect_word(run(store->save), 0, "ok");
    redis_says("rev00002tombstone", "GET obek:{0}:customer:old");
    redis_says("nil", "ZSCORE obek:{0}:due old");
    redis_says("6", "ZSCORE obek:{0}:due other");
    redis_says("0", "EXISTS obek:{0}:profile:old");
    redis_says("nil", "HGET obek:{0}:sizes kmeans/big");
    redis_says("last", "HGET obek:{0}:outbox orders/0/10/0");
}

static void a_model_comes_into_force_with_its_mark(void **state) {
    (void)state;
    fill_bucket();
    redis_say("HSET obek:{0}:marks control/0 %s", "4 - " ME);
    redis_say("HSET obek:{0}:sizes kmeans/small@3 2 kmeans/small@3/value 900");
    begin();
    SAY("obek:{0}:marks", "obek:{0}:outbox", "obek:{0}:due", "obek:{0}:sizes");
    words.n_keys = words.n;
    SAY(INCARNATION, "", "4 - newer", "1", "control/0", ME, "4", "5 - " ME, "0", "0", "0", "0", "0", "0", "0", "0", "0");
    expect_word(run(store->save), 0, "ok");
    redis_says("4 - newer", "HGET obek:{0}:marks model");
    redis_says("5 - " ME, "HGET obek:{0}:marks control/0");
    redis_says("4", "HLEN obek:{0}:sizes"); /* what was expected by the model before is gone */
    redis_says("300", "HGET obek:{0}:sizes kmeans/small/value");
}

/* ---- claim ---- */

static const redisReply *claim(const char *incarnation, const char *expected, const char *other_expected) {
    begin();
    SAY("obek:{0}:marks", "obek:{0}:outbox");
    words.n_keys = words.n;
    say(incarnation);
    SAY("2", "orders/0");
    say(expected);
    SAY(OTHER, "3", "orders/1");
    say(other_expected);
    SAY(OTHER, "7");
    return run(store->claim);
}

static void a_claim_takes_over_marks_and_outbox(void **state) {
    (void)state;
    fill_bucket();
    redis_say("HSET obek:{0}:outbox orders/01/8/0 foreign orders/10/1/0 foreign orders/1/7/0 mine");
    const redisReply *answer = claim(INCARNATION, ME, "");
    expect_word(answer, 0, "ok");
    expect_word(answer, 1, MODEL);
    expect_word(answer, 2, "10 - " OTHER);
    expect_word(answer, 3, "7 - " OTHER); /* no mark yet: where the source begins */
    assert_int_equal(answer->element[4]->elements, 6);
    for (size_t i = 0; i < 6; i += 2)
        assert_true(strcmp(answer->element[4]->element[i + 1]->str, "foreign") != 0);
    redis_says("10 - " OTHER, "HGET obek:{0}:marks orders/0");
    redis_says("7 - " OTHER, "HGET obek:{0}:marks orders/1");
    /* the former owner writes nothing any more */
    expect_word(save_two((struct wrong){ 0 }), 0, "marks");
    /* a repeated claim, its answer lost, is answered the same */
    expect_word(claim(INCARNATION, ME, ""), 0, "ok");
}

static void a_claim_by_the_wrong_token_changes_nothing(void **state) {
    (void)state;
    fill_bucket();
    struct buffer before = redis_dump();
    const redisReply *answer = claim(INCARNATION, "somebody", "");
    expect_word(answer, 0, "owner");
    expect_word(answer, 1, "10 - " ME);
    expect_word(answer, 2, "");
    expect_word(claim(INCARNATION, ME, "somebody"), 0, "owner"); /* one of two is enough */
    answer = claim(OTHER, ME, "");
    expect_word(answer, 0, "incarnation");
    expect_word(answer, 1, INCARNATION);
    struct buffer after = redis_dump();
    assert_true(slice_equal(buffer_slice(&before), buffer_slice(&after)));
    buffer_free(&before);
    buffer_free(&after);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ok_writes_everything_at_once),
        cmocka_unit_test(a_refused_call_says_what_it_found_and_changes_nothing),
        cmocka_unit_test(the_first_thing_wrong_is_answered),
        cmocka_unit_test(a_tick_waits_for_the_orders_before_it),
        cmocka_unit_test(an_entry_without_a_state_is_damage),
        cmocka_unit_test(a_repeated_call_finds_its_own_marks),
        cmocka_unit_test(an_emptied_bucket_is_refused),
        cmocka_unit_test(sums_are_exact_beyond_what_a_double_holds),
        cmocka_unit_test(a_sum_beyond_64_bits_stops_nothing),
        cmocka_unit_test(thousands_of_events_fit_into_one_call),
        cmocka_unit_test(thousands_of_customers_fit_into_one_call),
        cmocka_unit_test(who_is_gone_leaves_the_index),
        cmocka_unit_test(a_model_comes_into_force_with_its_mark),
        cmocka_unit_test(a_claim_takes_over_marks_and_outbox),
        cmocka_unit_test(a_claim_by_the_wrong_token_changes_nothing),
    };
    return cmocka_run_group_tests(tests, open_store, close_store);
}
