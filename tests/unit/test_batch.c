/* A batch is split into shares: by bucket, in the order of consumption, without what does not apply. */
#include "../../consumer/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define RECORDS 1000
#define BUCKETS 16

static void shares_keep_the_order_and_leave_out_what_does_not_apply(void **state) {
    (void)state;
    struct batch batch;
    batch_init(&batch, decoder_new(NULL, NULL, 0, NULL), RECORDS);
    batch.n = RECORDS;
    for (uint32_t i = 0; i < RECORDS; i++) {
        batch.records[i].bucket = (uint16_t)(i * i % 7 * 2); /* some even buckets only */
        batch.records[i].applies = i % 5 != 0;
    }
    batch_split(&batch, BUCKETS);
    bool seen[RECORDS] = { false };
    size_t n = 0;
    for (size_t s = 0; s < batch.n_shares; s++) {
        const struct share *share = &batch.shares[s];
        assert_true(share->n > 0 && share->saved == 0);
        assert_true(s == 0 || share->bucket > batch.shares[s - 1].bucket);
        for (uint32_t k = 0; k < share->n; k++) {
            uint32_t i = share->records[k];
            assert_int_equal(batch.records[i].bucket, share->bucket);
            assert_true(batch.records[i].applies && !seen[i]);
            assert_true(k == 0 || i > share->records[k - 1]);
            seen[i] = true;
            n++;
        }
    }
    assert_int_equal(n, RECORDS - RECORDS / 5);
    batch.n = 0; /* there are no messages to let go of */
    batch_free(&batch);
}

static void nothing_that_applies_makes_no_share(void **state) {
    (void)state;
    struct batch batch;
    batch_init(&batch, decoder_new(NULL, NULL, 0, NULL), 4);
    batch.n = 4;
    batch_split(&batch, BUCKETS);
    assert_int_equal(batch.n_shares, 0);
    batch.n = 0;
    batch_free(&batch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_keep_the_order_and_leave_out_what_does_not_apply),
        cmocka_unit_test(nothing_that_applies_makes_no_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
