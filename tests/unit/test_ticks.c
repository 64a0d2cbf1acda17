/* Living through ticks on a real Redis: whom they wait for, and what becomes of a bucket that is through with one sooner. */
#include "saver_fixture.h"

#include "../../consumer/ticks.h"

#define BUCKETS 2
#define MONTHS_LATER (ORDERED_AT + INT64_C(60) * 86400000)

/* The bench's parts as a pipeline has them. Its second source plays the control topic. */
struct ticks_bench {
    struct bench *bench;
    struct pipeline pipeline;
    char customers[BUCKETS][16]; /* one in each bucket, with an order in orders/0 */
};

static void put_customers(struct ticks_bench *bench) {
    for (int b = 0, n = 0; b < BUCKETS; n++) {
        snprintf(bench->customers[b], sizeof bench->customers[b], "c%d", n);
        if (bucket_of(slice_of(bench->customers[b]), BUCKETS) == b)
            add_order(bench->bench, 0, bench->customers[b++]);
    }
    assert_int_equal(save(bench->bench), SAVE_DONE);
}

static struct ticks_bench *ticks_bench_new(void) {
    struct ticks_bench *bench = xcalloc(1, sizeof *bench);
    struct bench *parts = bench->bench = bench_new(BUCKETS);
    put_customers(bench);
    /* now the bench is complete, it can be lent */
    bench->pipeline = (struct pipeline){ .config = &parts->config,
                                         .store = parts->saver.store,
                                         .cache = parts->saver.cache,
                                         .models = parts->models,
                                         .saver = parts->saver,
                                         .sources = parts->sources };
    return bench;
}

static void ticks_bench_free(struct ticks_bench *bench) {
    bench->bench->saver = bench->pipeline.saver;
    bench_free(bench->bench);
    free(bench);
}

/* As the housekeeping does: marks of all buckets, then the notes. */
static void advance_marks(struct ticks_bench *bench) {
    assert_int_equal(saver_advance(&bench->pipeline.saver, &bench->pipeline.sources, NULL), SAVE_DONE);
}

static void write_notes(struct ticks_bench *bench) {
    struct error error;
    assert_true(store_notes_write(bench->pipeline.store, &bench->pipeline.sources, &error));
}

/* The control topic's record 0: time has come to `MONTHS_LATER`, after both orders. */
static enum save_result live(struct ticks_bench *bench) {
    struct source *control = &bench->pipeline.sources.items[1];
    struct batch *batch = &bench->bench->batch;
    struct tick_after after = { slice_of("orders/0"), BUCKETS };
    struct control_record tick = { .type = CONTROL_TICK,
                                   .tick = { .from = { .score = INT64_MIN, .whole = true },
                                             .to = { .score = MONTHS_LATER, .whole = true },
                                             .up_to = MONTHS_LATER,
                                             .model = -1,
                                             .n_after = 1,
                                             .after = &after } };
    control->position = 1; /* it was drawn */
    batch->records[0] = (struct batch_record){ .source = control, .publishes = true };
    batch->n = 1;
    enum save_result result = tick_apply(&bench->pipeline, batch, &tick);
    free(batch->shares);
    batch->shares = NULL;
    batch->n_shares = 0;
    return result;
}

static void expect_late(int bucket, bool late) {
    char call[64];
    snprintf(call, sizeof call, "HGET obek:{%d}:sizes recency/late", bucket);
    redis_says(late ? "1" : "nil", call);
}

/* The marks are there, but nobody has said so before the index was read: somebody may have been missed. */
static void a_tick_waits_until_its_orders_are_noted(void **state) {
    (void)state;
    struct ticks_bench *bench = ticks_bench_new();
    advance_marks(bench);
    assert_int_equal(live(bench), SAVE_WAIT);
    assert_int_equal(bench->bench->batch.n, 1);
    redis_say("HSET obek:watermarks orders/0 %s", "1 - 000000000000@0");
    assert_int_equal(live(bench), SAVE_WAIT);
    for (int b = 0; b < BUCKETS; b++)
        expect_late(b, false);
    write_notes(bench);
    assert_int_equal(live(bench), SAVE_DONE);
    for (int b = 0; b < BUCKETS; b++) {
        expect_late(b, true);
        assert_int_equal(bench->pipeline.sources.items[1].marks[b], 1);
    }
    ticks_bench_free(bench);
}

/* Redis has lost the mark of one bucket, and the instance that has the orders has not noticed. The other bucket lives through the
   tick; its event is published with the tick, when that is through. */
static void what_a_waiting_tick_has_saved_is_kept(void **state) {
    (void)state;
    struct ticks_bench *bench = ticks_bench_new();
    struct source *control = &bench->pipeline.sources.items[1];
    advance_marks(bench);
    write_notes(bench);
    char mark[64];
    snprintf(mark, sizeof mark, "%s", redis_say("HGET obek:{1}:marks orders/0")->str);
    mark[0] = '1';
    redis_say("HSET obek:{1}:marks orders/0 %s", mark);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(live(bench), SAVE_WAIT);
        expect_late(0, true);
        expect_late(1, false);
        assert_int_equal(control->n_outbox, 1);
        assert_int_equal(bench->bench->batch.n, 1);
    }
    mark[0] = '2';
    redis_say("HSET obek:{1}:marks orders/0 %s", mark);
    assert_int_equal(live(bench), SAVE_DONE);
    expect_late(1, true);
    const struct batch *batch = &bench->bench->batch;
    assert_int_equal(batch->n, 2);
    for (int b = 0; b < BUCKETS; b++) { /* the tick has the one that was kept, the customer whom it reached now the other */
        assert_int_equal(batch->records[b].n_outgoing, 1);
        assert_int_equal(batch->records[b].outgoing[0].bucket, b);
        redis_says("1", b == 0 ? "HLEN obek:{0}:outbox" : "HLEN obek:{1}:outbox");
    }
    ticks_bench_free(bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tick_waits_until_its_orders_are_noted),
        cmocka_unit_test(what_a_waiting_tick_has_saved_is_kept),
    };
    return cmocka_run_group_tests(tests, redis_server_start, redis_server_stop);
}
