/* Buckets are CRC16 as Redis Cluster has it, so that any client can say where a customer is. */
#include "obek/bucket.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* the first is the specification's own check value, the others CLUSTER KEYSLOT's answers */
static void crc16_is_that_of_redis(void **state) {
    (void)state;
    assert_int_equal(crc16(slice_of("123456789")), 0x31c3);
    assert_int_equal(crc16(slice_of("")), 0);
    assert_int_equal(crc16(slice_of("foo")) & 16383, 12182);
    assert_int_equal(crc16(slice_of("bar")) & 16383, 5061);
    assert_int_equal(crc16(slice_of("somekey")) & 16383, 11058);
}

static void nul_counts_like_any_byte(void **state) {
    (void)state;
    assert_int_not_equal(crc16((struct slice){ "a\0b", 3 }), crc16((struct slice){ "a\0c", 3 }));
}

static void a_bucket_is_below_their_number(void **state) {
    (void)state;
    assert_int_equal(bucket_of(slice_of("123456789"), 1), 0);
    assert_int_equal(bucket_of(slice_of("123456789"), 256), 0xc3);
    assert_int_equal(bucket_of(slice_of("123456789"), 65536), 0x31c3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc16_is_that_of_redis),
        cmocka_unit_test(nul_counts_like_any_byte),
        cmocka_unit_test(a_bucket_is_below_their_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
