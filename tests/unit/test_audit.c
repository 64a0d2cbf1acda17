/* Parts of obek audit: the book of customers, and the search for an order in which several sources may have been read. */
#include "../../tools/audit_book.h"
#include "../../tools/audit_told.h"
#include "core_fixture.h"

#define CUSTOMERS 5000

static void test_book_keeps_what_it_is_given(void **state) {
    (void)state;
    struct book book;
    char id[32], record[64];
    book_init(&book);
    for (int round = 0; round < 3; round++) /* records grow and shrink */
        for (int i = 0; i < CUSTOMERS; i++) {
            size_t len = (size_t)snprintf(id, sizeof id, "customer-%d", i);
            size_t bytes = (size_t)snprintf(record, sizeof record, "%.*s-%d", (i + round) % 20, "..................", i * round);
            struct audited **slot = book_take(&book, (struct slice){ id, len }, (uint16_t)(i % 7), 1);
            book_set(slot, (struct slice){ record, bytes });
        }
    assert_int_equal(book.n, CUSTOMERS);
    for (int i = 0; i < CUSTOMERS; i++) {
        size_t len = (size_t)snprintf(id, sizeof id, "customer-%d", i);
        size_t bytes = (size_t)snprintf(record, sizeof record, "%.*s-%d", (i + 2) % 20, "..................", i * 2);
        const struct audited *found = book_find(&book, (struct slice){ id, len });
        assert_non_null(found);
        assert_true(slice_equal(audited_record(found), (struct slice){ record, bytes }));
        assert_int_equal(found->bucket, i % 7);
    }
    assert_null(book_find(&book, slice_of("customer-")));
    book_free(&book);
}

static void test_book_by_bucket_leaves_out_who_has_nothing(void **state) {
    (void)state;
    struct book book;
    size_t n;
    book_init(&book);
    book_set(book_take(&book, slice_of("b"), 3, 0), slice_of("x"));
    book_set(book_take(&book, slice_of("a"), 1, 0), slice_of("y"));
    book_take(&book, slice_of("nothing"), 2, 0);
    assert_null(book_find(&book, slice_of("nothing")));
    struct audited **list = book_by_bucket(&book, &n);
    assert_int_equal(n, 2);
    assert_true(slice_is(audited_id(list[0]), "a") && slice_is(audited_id(list[1]), "b"));
    free(list);
    book_free(&book);
}

/* ---- orders of reading ---- */

static struct told told(uint16_t source, struct order order) {
    return (struct told){ .kind = TOLD_ORDER, .source = source, .order = order };
}

static bool has_fallen_value(void *context, const struct customer *customer) {
    return customer->ledger.base.online.value == *(const int64_t *)context;
}

/* A ring of two. Source 1 cancels the order that the third of source 0 pushes out: in time, or too late. */
static void test_search_finds_what_some_order_gives(void **state) {
    (void)state;
    struct told items[] = { told(0, make_order("a", EPOCH, 100)), told(0, make_order("b", EPOCH + 1, 200)),
                            told(0, make_order("c", EPOCH + 2, 400)), told(1, make_cancellation("a", EPOCH + 3)) };
    struct told_customer asked = { .id = slice_of("c"), .n = 4, .items = items };
    int64_t in_time = 0, too_late = 100, never = 200;
    assert_int_equal(told_search(&asked, 2, has_fallen_value, &in_time), TOLD_POSSIBLE);
    assert_int_equal(told_search(&asked, 2, has_fallen_value, &too_late), TOLD_POSSIBLE);
    assert_int_equal(told_search(&asked, 2, has_fallen_value, &never), TOLD_IMPOSSIBLE);
    /* the same from one source: there is only one order */
    items[3].source = 0;
    assert_int_equal(told_search(&asked, 2, has_fallen_value, &too_late), TOLD_POSSIBLE);
    assert_int_equal(told_search(&asked, 2, has_fallen_value, &in_time), TOLD_IMPOSSIBLE);
}

static bool never_the_same(void *context, const struct customer *customer) {
    (void)context;
    return customer == NULL;
}

static void test_search_gives_up(void **state) {
    (void)state;
    enum { SOURCES = 6, EACH = 12 };
    static char ids[SOURCES * EACH][16];
    struct told items[SOURCES * EACH];
    for (int i = 0; i < SOURCES * EACH; i++) {
        snprintf(ids[i], sizeof ids[i], "o%d", i);
        items[i] = told((uint16_t)(i % SOURCES), make_order(ids[i], EPOCH + i, 100));
    }
    struct told_customer asked = { .id = slice_of("c"), .n = SOURCES * EACH, .items = items };
    assert_int_equal(told_search(&asked, 8, never_the_same, NULL), TOLD_TOO_MANY);
}

static void test_telling_keeps_only_who_was_asked_for(void **state) {
    (void)state;
    struct telling telling = { 0 };
    telling_ask(&telling, slice_of("b"));
    telling_ask(&telling, slice_of("a"));
    telling_begin(&telling);
    struct told one = told(0, make_order("x", EPOCH, 1));
    telling_add(&telling, slice_of("a"), &one);
    telling_add(&telling, slice_of("a"), &one);
    telling_add(&telling, slice_of("z"), &one);
    assert_int_equal(telling_find(&telling, slice_of("a"))->n, 2);
    assert_int_equal(telling_find(&telling, slice_of("b"))->n, 0);
    assert_null(telling_find(&telling, slice_of("z")));
    telling_free(&telling);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_book_keeps_what_it_is_given),
        cmocka_unit_test(test_book_by_bucket_leaves_out_who_has_nothing),
        cmocka_unit_test(test_search_finds_what_some_order_gives),
        cmocka_unit_test(test_search_gives_up),
        cmocka_unit_test(test_telling_keeps_only_who_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
