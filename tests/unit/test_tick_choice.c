/* How far one tick goes: what no bucket's save call could hold, and what the pace forbids, is left for the next one. */
#include "../../consumer/tick_choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct head {
    int64_t score;
    const char *id;
    uint16_t bucket;
    bool more;
};

static struct tick_choice choose(const struct head *heads, size_t n, size_t most) {
    static struct due_entry items[16];
    struct due_entries entries = { .items = items, .n = n, .capacity = 16 };
    for (size_t i = 0; i < n; i++)
        items[i] = (struct due_entry){ .place = { .score = heads[i].score, .id = slice_of(heads[i].id) },
                                       .bucket = heads[i].bucket,
                                       .more = heads[i].more };
    return tick_choose(&entries, most);
}

static void expect(struct tick_choice choice, size_t n, bool all, int64_t score, const char *id) {
    assert_int_equal(choice.n, n);
    assert_int_equal(choice.all, all);
    if (n == 0)
        return;
    assert_true(choice.last.score == score);
    assert_true(slice_is(choice.last.id, id));
}

static void all_that_is_due_is_one_tick(void **state) {
    (void)state;
    const struct head heads[] = { { 7, "b", 1, false }, { 5, "z", 2, false }, { 7, "a", 3, false } };
    expect(choose(heads, 3, 100), 3, true, 7, "b");
    expect(choose(heads, 3, 3), 3, true, 7, "b");
    expect(choose(heads, 0, 3), 0, true, 0, NULL);
}

static void the_pace_cuts_by_due_time_and_customer(void **state) {
    (void)state;
    const struct head heads[] = { { 7, "b", 1, false }, { 5, "z", 2, false }, { 7, "a", 3, false } };
    expect(choose(heads, 3, 2), 2, false, 7, "a");
    expect(choose(heads, 3, 1), 1, false, 5, "z");
    expect(choose(heads, 3, 0), 0, false, 0, NULL);
}

/* Behind the last of a cut answer the bucket may have somebody who is due before the heads of other buckets. */
static void no_further_than_what_is_known_of_a_full_bucket(void **state) {
    (void)state;
    const struct head heads[] = { { 1, "a", 1, false }, { 4, "b", 1, true },  { 2, "c", 2, false },
                                  { 9, "d", 2, false }, { 3, "e", 3, false }, { 4, "a", 3, true } };
    expect(choose(heads, 6, 100), 4, false, 4, "a");
    expect(choose(heads, 6, 4), 4, false, 4, "a");
    expect(choose(heads, 6, 3), 3, false, 3, "e");
    const struct head last[] = { { 1, "a", 1, false }, { 4, "b", 1, true } };
    expect(choose(last, 2, 100), 2, false, 4, "b");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_due_is_one_tick),
        cmocka_unit_test(the_pace_cuts_by_due_time_and_customer),
        cmocka_unit_test(no_further_than_what_is_known_of_a_full_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
