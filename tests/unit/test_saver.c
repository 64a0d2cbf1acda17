/* The save stage on a real Redis: whatever is refused on the way, every record is applied once. */
#include "saver_fixture.h"

#define BUCKETS_MAX 2

/* "n" customers of the name in Redis, each with a state. */
static void expect_customers(const char *pattern, long long n) {
    const redisReply *found = redis_say("KEYS %s", pattern);
    assert_int_equal(found->elements, n);
}

static void an_order_is_saved_with_its_mark(void **state) {
    (void)state;
    struct bench *bench = bench_new(1);
    add_order(bench, 0, "a");
    assert_int_equal(save(bench), SAVE_DONE);
    expect_customers("obek:{0}:customer:*", 1);
    redis_says("1", "HGET obek:{0}:sizes kmeans/small");
    redis_says("500", "HGET obek:{0}:sizes kmeans/small/value");
    assert_int_equal(bench->sources.items[0].marks[0], 1);
    assert_int_equal(bench->sources.items[1].marks[0], 0);
    bench_free(bench);
}

/* The first call of a cut share is refused; the second has records of another partition only. Once it was taken, and the
   records of the first were passed over. */
static void nothing_is_lost_when_the_first_call_of_a_share_is_refused(void **state) {
    (void)state;
    struct bench *bench = bench_new(1);
    char id[16];
    add_order(bench, 0, "a0");
    assert_int_equal(save(bench), SAVE_DONE);
    for (int i = 0; i < CALL_CUSTOMERS_MAX; i++) {
        snprintf(id, sizeof id, "a%d", i);
        add_order(bench, 0, id);
    }
    for (int i = 0; i < CALL_CUSTOMERS_MAX / 2; i++) {
        snprintf(id, sizeof id, "b%d", i);
        add_order(bench, 1, id);
    }
    /* as if another instance had made the customer since this one asked */
    cached_customer_set(bench->batch.records[0].customer, (struct slice){ "", 0 });
    assert_int_equal(save(bench), SAVE_DONE);
    expect_customers("obek:{0}:customer:a*", CALL_CUSTOMERS_MAX);
    expect_customers("obek:{0}:customer:b*", CALL_CUSTOMERS_MAX / 2);
    redis_says("150", "HGET obek:{0}:sizes kmeans/small"); /* a0's second record is a duplicate */
    assert_int_equal(bench->sources.items[0].marks[0], CALL_CUSTOMERS_MAX + 1);
    assert_int_equal(bench->sources.items[1].marks[0], CALL_CUSTOMERS_MAX / 2);
    bench_free(bench);
}

/* Another instance has put a model in force that this one has never seen. Once looking for it threw away the answers that were
   still to be judged. */
static void an_unknown_model_is_learnt_from_a_refusal(void **state) {
    (void)state;
    struct bench *bench = bench_new(BUCKETS_MAX);
    struct arena arena = { 0 };
    struct model_note note;
    char id[16];
    note_model(&note, 7);
    const char *text = model_note_text(&arena, &note).data;
    redis_say("SET obek:model:%s %s", note.sha256, model_file);
    redis_say("HSET obek:{0}:marks model %s", text);
    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof id, "c%d", i);
        add_order(bench, i % 2, id);
    }
    assert_int_equal(save(bench), SAVE_DONE);
    assert_string_equal(bench->models.by_bucket[0]->text, text);
    assert_ptr_equal(bench->models.by_bucket[1], bench->model);
    expect_customers("obek:{?}:customer:c*", 20);
    arena_free(&arena);
    bench_free(bench);
}

static void a_bucket_without_the_model_it_had_has_lost_its_tail(void **state) {
    (void)state;
    struct bench *bench = bench_new(1);
    redis_say("HDEL obek:{0}:marks model");
    add_order(bench, 0, "a");
    assert_int_equal(save(bench), SAVE_FOREIGN);
    assert_false(bench->halt.raised);
    expect_customers("obek:{0}:customer:*", 0);
    bench_free(bench);
}

static void another_owner_ends_it(void **state) {
    (void)state;
    struct bench *bench = bench_new(1);
    redis_say("HSET obek:{0}:marks orders/0 %s", "0 - ffffffffffffffffffffffffffffffff");
    add_order(bench, 0, "a");
    assert_int_equal(save(bench), SAVE_FOREIGN);
    expect_customers("obek:{0}:customer:*", 0);
    bench_free(bench);
}

static void another_incarnation_halts(void **state) {
    (void)state;
    struct bench *bench = bench_new(1);
    redis_say("HSET obek:{0}:marks incarnation 22222222222222222222222222222222");
    add_order(bench, 0, "a");
    assert_int_equal(save(bench), SAVE_STOPPED);
    assert_string_equal(bench->halt.reason, "incarnation");
    assert_int_equal(bench->halt.status, EXIT_HALTED);
    bench_free(bench);
}

/* The answer to a call was lost: repeated, it finds its own mark. */
static void a_call_whose_answer_was_lost_is_done(void **state) {
    (void)state;
    struct bench *bench = bench_new(1);
    add_order(bench, 0, "a");
    assert_int_equal(save(bench), SAVE_DONE);
    bench->sources.items[0].marks[0] = 0; /* as it was before the answer */
    bench->sources.items[0].position = 0;
    add_order(bench, 0, "a");
    assert_int_equal(save(bench), SAVE_DONE);
    assert_int_equal(bench->sources.items[0].marks[0], 1);
    redis_says("1", "HGET obek:{0}:sizes kmeans/small");
    bench_free(bench);
}

static void the_advance_moves_marks_and_drops_what_is_committed(void **state) {
    (void)state;
    struct bench *bench = bench_new(BUCKETS_MAX);
    redis_say("HSET obek:{1}:outbox orders/0/3/0 x orders/0/4/0 y");
    drops_add(&bench->saver.drops, 1, slice_of("orders/0/3/0"));
    bench->sources.items[0].position = 9;
    bench->sources.items[0].watermark = 5;
    assert_int_equal(saver_advance(&bench->saver, &bench->sources, NULL), SAVE_DONE);
    redis_says("1", "HLEN obek:{1}:outbox");
    assert_int_equal(bench->saver.drops.lists[1].n, 0);
    for (int b = 0; b < BUCKETS_MAX; b++) {
        const redisReply *mark = redis_say("HGET obek:{%d}:marks orders/0", b);
        assert_true(strncmp(mark->str, "9 5 ", 4) == 0);
        assert_int_equal(bench->sources.items[0].marks[b], 9);
    }
    bench_free(bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_saved_with_its_mark),
        cmocka_unit_test(nothing_is_lost_when_the_first_call_of_a_share_is_refused),
        cmocka_unit_test(an_unknown_model_is_learnt_from_a_refusal),
        cmocka_unit_test(a_bucket_without_the_model_it_had_has_lost_its_tail),
        cmocka_unit_test(another_owner_ends_it),
        cmocka_unit_test(another_incarnation_halts),
        cmocka_unit_test(a_call_whose_answer_was_lost_is_done),
        cmocka_unit_test(the_advance_moves_marks_and_drops_what_is_committed),
    };
    return cmocka_run_group_tests(tests, redis_server_start, redis_server_stop);
}
