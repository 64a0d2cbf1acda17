/* Outbox entries that are done with: dropped in the order they came, bucket by bucket. */
#include "../../consumer/drops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void the_first_go_and_the_others_move_up(void **state) {
    (void)state;
    struct drops drops;
    drops_init(&drops, 4);
    for (int i = 0; i < 100; i++) {
        char field[32];
        snprintf(field, sizeof field, "orders/0/%d/0", i);
        drops_add(&drops, i % 2 == 0 ? 1 : 3, slice_of(field));
    }
    assert_int_equal(drops.lists[0].n, 0);
    assert_int_equal(drops.lists[1].n, 50);
    drops_done(&drops, 1, 48);
    assert_int_equal(drops.lists[1].n, 2);
    assert_string_equal(drops.lists[1].fields[0], "orders/0/96/0");
    assert_string_equal(drops.lists[1].fields[1], "orders/0/98/0");
    assert_int_equal(drops.lists[3].n, 50);
    drops_done(&drops, 1, 0);
    assert_int_equal(drops.lists[1].n, 2);
    drops_clear(&drops);
    assert_int_equal(drops.lists[1].n + drops.lists[3].n, 0);
    drops_add(&drops, 3, (struct slice){ "orders/0/1/0 and more", 12 });
    assert_string_equal(drops.lists[3].fields[0], "orders/0/1/0");
    drops_free(&drops);
    assert_null(drops.lists);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_first_go_and_the_others_move_up) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
