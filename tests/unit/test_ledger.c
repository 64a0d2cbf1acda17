#include "core_fixture.h"

/* The ledger as bytes: a state record of nothing else. Also: what is written can be read. */
static void ledger_bytes(struct buffer *out, const struct ledger *ledger) {
    static struct customer customer, again;
    customer_init(&customer, ledger->capacity);
    customer.as_of = EPOCH + 100000 * DAY;
    customer.ledger = *ledger;
    buffer_clear(out);
    state_record_write(out, &customer);
    struct error error;
    if (state_record_read(&again, buffer_slice(out), ledger->capacity, &error) != STATE_OK)
        fail_msg("%s", error.text);
}

static void assert_ledgers_equal(const struct ledger *a, const struct ledger *b) {
    struct buffer x = { 0 }, y = { 0 };
    ledger_bytes(&x, a);
    ledger_bytes(&y, b);
    assert_int_equal(x.len, y.len);
    assert_memory_equal(x.data, y.data, x.len);
    buffer_free(&x);
    buffer_free(&y);
}

static enum ledger_verdict apply(struct ledger *ledger, struct order order) {
    return ledger_apply(ledger, &order);
}

static void a_duplicate_changes_nothing(void **state) {
    (void)state;
    static struct ledger ledger, before;
    ledger_init(&ledger, 4);
    assert_int_equal(apply(&ledger, make_order("a", EPOCH, 1000)), LEDGER_APPLIED);
    before = ledger;
    assert_int_equal(apply(&ledger, make_order("a", EPOCH + DAY, 2000)), LEDGER_DUPLICATE);
    assert_ledgers_equal(&ledger, &before);
    assert_int_equal(apply(&ledger, make_cancellation("a", EPOCH + DAY)), LEDGER_APPLIED);
    before = ledger;
    assert_int_equal(apply(&ledger, make_cancellation("a", EPOCH + 2 * DAY)), LEDGER_DUPLICATE);
    assert_int_equal(apply(&ledger, make_order("a", EPOCH, 1000)), LEDGER_DUPLICATE);
    assert_ledgers_equal(&ledger, &before);
}

static void a_cancellation_rolls_back(void **state) {
    (void)state;
    static struct ledger ledger;
    ledger_init(&ledger, 4);
    struct order offline = make_order("b", EPOCH + 5 * DAY, 700);
    offline.offline = true;
    apply(&ledger, make_order("a", EPOCH, 1000));
    apply(&ledger, offline);
    struct ledger_summary s = ledger_summarise(&ledger);
    assert_int_equal(s.last_at, EPOCH + 5 * DAY);
    assert_int_equal(s.first_at, EPOCH);
    assert_int_equal(s.offline.value, 700);
    assert_int_equal(summary_value(&s), 1700);
    apply(&ledger, make_cancellation("b", EPOCH + 6 * DAY));
    s = ledger_summarise(&ledger);
    assert_int_equal(s.last_at, EPOCH);
    assert_int_equal(s.offline.orders, 0);
    assert_int_equal(s.offline.last_at, TIME_NONE);
    assert_int_equal(summary_orders(&s), 1);
    apply(&ledger, make_cancellation("a", EPOCH + 6 * DAY));
    s = ledger_summarise(&ledger);
    assert_int_equal(summary_orders(&s), 0);
    assert_int_equal(s.last_at, TIME_NONE);
}

static void a_return_takes_back_no_more_than_the_order(void **state) {
    (void)state;
    static struct ledger ledger;
    ledger_init(&ledger, 4);
    apply(&ledger, make_order("a", EPOCH, 1000));
    assert_int_equal(apply(&ledger, make_return("a", "r1", EPOCH, 300)), LEDGER_APPLIED);
    assert_int_equal(apply(&ledger, make_return("a", "r1", EPOCH + 1, 400)), LEDGER_DUPLICATE);
    struct ledger_summary s = ledger_summarise(&ledger);
    assert_int_equal(summary_value(&s), 700);
    assert_int_equal(apply(&ledger, make_return("a", "r2", EPOCH, 5000)), LEDGER_APPLIED);
    s = ledger_summarise(&ledger);
    assert_int_equal(summary_value(&s), 0);
    assert_int_equal(summary_orders(&s), 1);
    apply(&ledger, make_order("b", EPOCH, 900));
    apply(&ledger, make_return("b", "r1", EPOCH, -1));
    s = ledger_summarise(&ledger);
    assert_int_equal(summary_value(&s), 0);
}

static void bad_records_have_their_verdicts(void **state) {
    (void)state;
    static struct ledger ledger, before;
    char id[16];
    ledger_init(&ledger, 2);
    for (int i = 0; i < LEDGER_WAITING_MAX; i++) {
        snprintf(id, sizeof id, "w%d", i);
        assert_int_equal(apply(&ledger, make_cancellation(id, EPOCH)), LEDGER_APPLIED);
    }
    before = ledger;
    assert_int_equal(apply(&ledger, make_cancellation("w8", EPOCH)), LEDGER_TOO_MANY_WAITING);
    assert_int_equal(apply(&ledger, make_cancellation("w3", EPOCH)), LEDGER_DUPLICATE);
    assert_ledgers_equal(&ledger, &before);
    for (int i = 0; i < LEDGER_RETURNS_MAX; i++) {
        snprintf(id, sizeof id, "r%d", i);
        assert_int_equal(apply(&ledger, make_return("w0", id, EPOCH, ORDER_AMOUNT_MAX)), LEDGER_APPLIED);
    }
    assert_int_equal(apply(&ledger, make_return("w0", "r8", EPOCH, 1)), LEDGER_TOO_MANY_RETURNS);
    assert_int_equal(apply(&ledger, make_return("w0", "r7", EPOCH, 1)), LEDGER_DUPLICATE);
    for (int i = 0; i < 3; i++) {
        snprintf(id, sizeof id, "o%d", i);
        assert_int_equal(apply(&ledger, make_order(id, EPOCH + i, 1)), LEDGER_APPLIED);
    }
    assert_int_equal(ledger.base.fallen, 1);
    assert_int_equal(ledger.n_waiting, LEDGER_WAITING_MAX);
    assert_int_equal(apply(&ledger, make_cancellation("o0", EPOCH)), LEDGER_UNKNOWN_ORDER);
    assert_int_equal(apply(&ledger, make_return("new", "r", EPOCH, 1)), LEDGER_UNKNOWN_ORDER);
    assert_int_equal(apply(&ledger, make_order("late", ORDER_TIME_MIN - 1, 1)), LEDGER_TIME_RANGE);
    assert_string_equal(ledger_verdict_text(LEDGER_UNKNOWN_ORDER), "order not in the ledger");
}

static void a_value_that_does_not_fit_is_refused(void **state) {
    (void)state;
    static struct ledger ledger, before;
    char id[16];
    ledger_init(&ledger, 4); /* so that the base counts too */
    for (int i = 0; i < 9; i++) {
        snprintf(id, sizeof id, "o%d", i);
        assert_int_equal(apply(&ledger, make_order(id, EPOCH + i, ORDER_AMOUNT_MAX)), LEDGER_APPLIED);
    }
    before = ledger;
    assert_int_equal(apply(&ledger, make_order("o9", EPOCH, ORDER_AMOUNT_MAX)), LEDGER_OVERFLOW);
    assert_ledgers_equal(&ledger, &before);
    assert_int_equal(apply(&ledger, make_order("o9", EPOCH, INT64_MAX - 9 * ORDER_AMOUNT_MAX)), LEDGER_APPLIED);
    assert_int_equal(apply(&ledger, make_order("o10", EPOCH, 1)), LEDGER_OVERFLOW);
    assert_int_equal(apply(&ledger, make_order("o10", EPOCH, 0)), LEDGER_APPLIED);
}

static void the_base_keeps_the_newest_categories(void **state) {
    (void)state;
    static struct ledger ledger;
    char id[16];
    ledger_init(&ledger, 1);
    for (uint32_t i = 0; i < 21; i++) {
        snprintf(id, sizeof id, "o%u", i);
        struct order order = make_order(id, EPOCH + i, 1);
        order_set_categories(&order, (uint32_t[]){ 100 - i }, 1);
        apply(&ledger, order);
    }
    assert_int_equal(ledger.base.fallen, 20);
    assert_int_equal(ledger.base.n_categories, 16);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(ledger.base.categories[i].code, 81 + i);
        assert_int_equal(ledger.base.categories[i].last_at, EPOCH + 19 - i);
    }
    assert_int_equal(ledger.base.online.first_at, EPOCH);
    assert_int_equal(ledger.base.online.last_at, EPOCH + 19);
}

#define RECORDS_MAX 400

static void shuffle(struct order *records, int n, uint64_t *seed) {
    for (int i = n - 1; i > 0; i--) {
        int j = (int)random_below(seed, i + 1);
        struct order swap = records[i];
        records[i] = records[j];
        records[j] = swap;
    }
}

static void apply_all(struct ledger *ledger, const struct order *records, int n) {
    for (int i = 0; i < n; i++) {
        enum ledger_verdict verdict = ledger_apply(ledger, &records[i]);
        assert_true(verdict == LEDGER_APPLIED || verdict == LEDGER_DUPLICATE);
    }
}

static struct order random_order(uint64_t *seed, char id[16], int number) {
    snprintf(id, 16, "o%d", number);
    struct order order = make_order(id, EPOCH + random_below(seed, 6) * DAY, random_below(seed, 2000));
    order.offline = random_below(seed, 2) == 1;
    uint32_t codes[3] = { (uint32_t)random_below(seed, 40), (uint32_t)random_below(seed, 40), (uint32_t)random_below(seed, 40) };
    order_set_categories(&order, codes, (size_t)random_below(seed, 4));
    return order;
}

/* Orders, cancellations, returns and duplicates of all of them, about n distinct ids; at most 8 can wait at once. */
static int random_records(uint64_t *seed, struct order *records, int n_orders, int n_touched) {
    static char ids[64][16], returns[3][4] = { "r0", "r1", "r2" };
    int n = 0;
    for (int i = 0; i < n_orders; i++) {
        struct order order = random_order(seed, ids[i], i);
        for (int64_t copies = 1 + random_below(seed, 2); copies > 0; copies--)
            records[n++] = order;
        if (i >= n_touched)
            continue;
        for (int64_t copies = random_below(seed, 3); copies > 0; copies--)
            records[n++] = make_cancellation(ids[i], EPOCH);
        for (int r = 0; r < 3; r++) {
            struct order taken = make_return(ids[i], returns[r], EPOCH, random_below(seed, 1500) - 200);
            for (int64_t copies = random_below(seed, 3); copies > 0; copies--)
                records[n++] = taken;
        }
    }
    return n;
}

static void any_order_of_arrival_gives_the_same_ledger(void **state) {
    (void)state;
    static struct order records[RECORDS_MAX];
    static struct ledger first, other;
    uint64_t seed = 1;
    for (int trial = 0; trial < 300; trial++) {
        uint16_t capacity = (uint16_t)(8 + random_below(&seed, 24));
        int n = random_records(&seed, records, (int)random_below(&seed, capacity + 1), LEDGER_WAITING_MAX);
        ledger_init(&first, capacity);
        apply_all(&first, records, n);
        for (int again = 0; again < 5; again++) {
            shuffle(records, n, &seed);
            memset(&other, 0xa5, sizeof other);
            ledger_init(&other, capacity);
            apply_all(&other, records, n);
            assert_ledgers_equal(&first, &other);
        }
    }
}

static void distinct_orders_beyond_the_ring_too(void **state) {
    (void)state;
    static struct order records[RECORDS_MAX];
    static char ids[RECORDS_MAX][16];
    static struct ledger first, other;
    uint64_t seed = 2;
    for (int trial = 0; trial < 200; trial++) {
        int n = 1 + (int)random_below(&seed, 150);
        uint16_t capacity = (uint16_t)(1 + random_below(&seed, 40));
        int64_t value = 0;
        for (int i = 0; i < n; i++) {
            records[i] = random_order(&seed, ids[i], i);
            value += records[i].amount;
        }
        ledger_init(&first, capacity);
        apply_all(&first, records, n);
        struct ledger_summary s = ledger_summarise(&first);
        assert_int_equal(summary_orders(&s), n);
        assert_int_equal(summary_value(&s), value);
        for (int again = 0; again < 5; again++) {
            shuffle(records, n, &seed);
            ledger_init(&other, capacity);
            apply_all(&other, records, n);
            assert_ledgers_equal(&first, &other);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_duplicate_changes_nothing),
        cmocka_unit_test(a_cancellation_rolls_back),
        cmocka_unit_test(a_return_takes_back_no_more_than_the_order),
        cmocka_unit_test(bad_records_have_their_verdicts),
        cmocka_unit_test(a_value_that_does_not_fit_is_refused),
        cmocka_unit_test(the_base_keeps_the_newest_categories),
        cmocka_unit_test(any_order_of_arrival_gives_the_same_ledger),
        cmocka_unit_test(distinct_orders_beyond_the_ring_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
