/* Imports and erasures in the core: what they make of a ledger, of segments, and of the records that come after them. */
#include "core_fixture.h"

struct story {
    struct model model;
    struct customer customer;
    struct ledger ledger; /* to be imported */
    struct transitions transitions;
    int n_came_to;
    struct came_to came_to[2]; /* is told with it */
};

static int begin(void **state) {
    static struct story story;
    memset(&story, 0x5a, sizeof story); /* nothing may count on cleared memory */
    story.transitions = (struct transitions){ 0 };
    story.n_came_to = 0;
    story.model = make_model(7, TIME_NONE);
    struct scaled_feature recency = plain_feature(FEATURE_RECENCY_DAYS);
    kmeans_set(&story.model.schemes[0], "age", 3, 1, &recency, (double[]){ 0, 10, 20 }, 0);
    story.model.n_schemes = 1;
    customer_init(&story.customer, 4);
    ledger_init(&story.ledger, 4);
    *state = &story;
    return 0;
}

static int end(void **state) {
    struct story *story = *state;
    model_clear(&story->model);
    transitions_free(&story->transitions);
    return 0;
}

static enum ledger_verdict step(struct story *s, struct order order) {
    transitions_clear(&s->transitions);
    return customer_step(&s->customer, &s->model, &order, TIME_NONE, &s->transitions);
}

static enum ledger_verdict import(struct story *s, int64_t until, bool publish) {
    transitions_clear(&s->transitions);
    struct import import = { .ledger = &s->ledger,
                             .until = until,
                             .time = TIME_NONE,
                             .publish = publish,
                             .n_came_to = s->n_came_to,
                             .came_to = s->came_to };
    return customer_import(&s->customer, &s->model, &import, &s->transitions);
}

static enum ledger_verdict erase(struct story *s, int64_t at) {
    transitions_clear(&s->transitions);
    return customer_erase(&s->customer, &s->model, at, &s->transitions);
}

static void told(struct story *s, struct order order) {
    assert_int_equal(ledger_apply(&s->ledger, &order), LEDGER_APPLIED);
}

static int64_t orders_of(const struct customer *customer) {
    struct ledger_summary summary = ledger_summarise(&customer->ledger);
    return summary_orders(&summary);
}

static void assert_moved(const struct transition *t, const char *from, const char *to, enum cause cause, int64_t at) {
    assert_string_equal(t->from.text, from);
    assert_string_equal(t->to.text, to);
    assert_int_equal(t->cause, cause);
    assert_int_equal(t->occurred_at, at);
}

static void assert_same_customers(struct customer *a, struct customer *b) {
    struct buffer x = { 0 }, y = { 0 };
    state_record_write(&x, a);
    state_record_write(&y, b);
    assert_int_equal(x.len, y.len);
    assert_memory_equal(x.data, y.data, x.len);
    buffer_free(&x);
    buffer_free(&y);
}

static void a_silent_import_numbers_nothing(void **state) {
    struct story *s = *state;
    told(s, make_order("a", EPOCH, 1000));
    assert_int_equal(import(s, EPOCH + 7 * DAY, false), LEDGER_APPLIED);
    assert_int_equal(s->transitions.n, 0);
    assert_int_equal(s->customer.sequence, 0);
    assert_string_equal(s->customer.schemes[0].segment.text, "s1");
    assert_int_equal(s->customer.as_of, EPOCH + 7 * DAY);
    assert_int_equal(s->customer.history[0].cause, CAUSE_IMPORT);
    assert_int_equal(step(s, make_order("b", EPOCH + 8 * DAY, 1000)), LEDGER_APPLIED);
    assert_int_equal(s->transitions.n, 1);
    assert_moved(&s->transitions.items[0], "s1", "s0", CAUSE_ORDER, EPOCH + 8 * DAY);
    assert_int_equal(s->transitions.items[0].sequence, 1);
}

static void a_published_import_is_an_entry(void **state) {
    struct story *s = *state;
    told(s, make_order("a", EPOCH, 1000));
    assert_int_equal(import(s, EPOCH + DAY, true), LEDGER_APPLIED);
    assert_int_equal(s->transitions.n, 1);
    assert_moved(&s->transitions.items[0], "", "s0", CAUSE_IMPORT, EPOCH + DAY);
    assert_int_equal(s->transitions.items[0].sequence, 1);
    assert_int_equal(s->transitions.items[0].next_change_at, s->customer.due);
}

static void hysteresis_goes_on_from_where_the_history_led(void **state) {
    static const struct {
        const char *scheme, *segment, *kept;
    } cases[] = { { "age", "s0", "s0" }, { "age", "s2", "s1" }, { "age", "gone", "s1" }, { "other", "s0", "s1" } };
    struct story *s = *state;
    s->model.schemes[0].kmeans.hysteresis = 0.2;
    told(s, make_order("a", EPOCH, 1000));
    s->n_came_to = 1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        customer_init(&s->customer, 4);
        s->came_to[0] = (struct came_to){ name_of(cases[i].scheme), name_of(cases[i].segment) };
        assert_int_equal(import(s, EPOCH + 6 * DAY, true), LEDGER_APPLIED); /* a day past the bisector of s0 and s1 */
        assert_int_equal(s->transitions.n, 1);
        assert_moved(&s->transitions.items[0], "", cases[i].kept, CAUSE_IMPORT, EPOCH + 6 * DAY);
        assert_int_equal(s->transitions.items[0].previous_since, TIME_NONE);
    }
}

static void who_is_in_a_segment_comes_from_there(void **state) {
    struct story *s = *state;
    s->model.schemes[0].kmeans.hysteresis = 0.2;
    step(s, make_order("a", EPOCH, 1000));
    told(s, make_order("a", EPOCH, 1000));
    s->n_came_to = 1;
    s->came_to[0] = (struct came_to){ name_of("age"), name_of("s1") };
    assert_int_equal(import(s, EPOCH + 6 * DAY, true), LEDGER_APPLIED);
    assert_int_equal(s->transitions.n, 0);
    assert_string_equal(s->customer.schemes[0].segment.text, "s0");
}

static void the_past_is_told(void **state) {
    struct story *s = *state;
    static struct customer before;
    told(s, make_order("a", EPOCH, 1000));
    told(s, make_order("b", EPOCH + DAY, 1000));
    import(s, EPOCH + DAY, false);
    before = s->customer;
    assert_int_equal(step(s, make_order("c", EPOCH + DAY, 5)), LEDGER_DUPLICATE);
    assert_int_equal(step(s, make_cancellation("a", EPOCH + DAY)), LEDGER_DUPLICATE);
    assert_int_equal(step(s, make_return("a", "r", EPOCH, 5)), LEDGER_DUPLICATE);
    assert_int_equal(import(s, EPOCH + DAY, true), LEDGER_DUPLICATE);
    assert_int_equal(s->transitions.n, 0);
    assert_same_customers(&before, &s->customer);
    assert_int_equal(step(s, make_cancellation("b", EPOCH + DAY + 1)), LEDGER_APPLIED);
    assert_int_equal(orders_of(&s->customer), 1);
}

static void a_second_import_sets_and_does_not_add(void **state) {
    struct story *s = *state;
    told(s, make_order("a", EPOCH, 1000));
    import(s, EPOCH, true);
    step(s, make_order("b", EPOCH + DAY, 300));     /* in the second file, too */
    step(s, make_order("c", EPOCH + 9 * DAY, 300)); /* later than it */
    told(s, make_order("b", EPOCH + DAY, 250));
    assert_int_equal(import(s, EPOCH + 2 * DAY, true), LEDGER_APPLIED);
    assert_int_equal(s->customer.ledger.n_orders, 3);
    assert_int_equal(s->customer.ledger.orders[1].amount, 250);
    assert_int_equal(s->customer.as_of, EPOCH + 9 * DAY);
    assert_int_equal(s->customer.imported_until, EPOCH + 2 * DAY);
}

static void what_waits_is_applied_to_imported_orders(void **state) {
    struct story *s = *state;
    step(s, make_cancellation("a", EPOCH + 3 * DAY));
    step(s, make_return("b", "r", EPOCH + 3 * DAY, 400));
    step(s, make_return("c", "r", EPOCH + 3 * DAY, 400));
    step(s, make_cancellation("later", EPOCH + 3 * DAY));
    told(s, make_order("a", EPOCH, 1000));
    told(s, make_order("b", EPOCH + 1, 1000));
    told(s, make_order("c", EPOCH + 2, 1000));
    told(s, make_return("c", "r", EPOCH + 2, 100)); /* known: the import's stands */
    assert_int_equal(import(s, EPOCH + DAY, false), LEDGER_APPLIED);
    const struct ledger *ledger = &s->customer.ledger;
    assert_true(ledger->orders[0].voided);
    assert_int_equal(ledger->orders[1].returned, 400);
    assert_int_equal(ledger->orders[2].returned, 100);
    assert_int_equal(ledger->n_waiting, 1);
}

static void what_is_summed_up_cannot_be_told_apart(void **state) {
    struct story *s = *state;
    static struct customer before;
    char id[16];
    for (int i = 0; i < 6; i++) {
        snprintf(id, sizeof id, "l%d", i);
        step(s, make_order(id, EPOCH + (5 + i) * DAY, 100));
    }
    told(s, make_order("a", EPOCH, 1000));
    before = s->customer;
    assert_int_equal(import(s, EPOCH + DAY, true), LEDGER_INSEPARABLE);
    assert_same_customers(&before, &s->customer);
    assert_int_equal(import(s, EPOCH + 6 * DAY, true), LEDGER_APPLIED);
    assert_int_equal(orders_of(&s->customer), 5);
    assert_non_null(strstr(ledger_verdict_text(LEDGER_INSEPARABLE), "summed up"));
}

static void values_that_do_not_fit(void **state) {
    struct story *s = *state;
    static struct customer before;
    for (int i = 0; i < 4; i++)
        told(s, make_order((char[]){ (char)('a' + i), '\0' }, EPOCH + i, ORDER_AMOUNT_MAX));
    s->ledger.base.fallen = s->ledger.base.online.orders = 1;
    s->ledger.base.online.value = INT64_MAX - 4 * ORDER_AMOUNT_MAX;
    s->ledger.base.online.first_at = s->ledger.base.online.last_at = EPOCH - DAY;
    step(s, make_order("z", EPOCH + 5 * DAY, 1));
    before = s->customer;
    assert_int_equal(import(s, EPOCH + DAY, true), LEDGER_OVERFLOW);
    assert_same_customers(&before, &s->customer);
    s->ledger.base.online.value--;
    assert_int_equal(import(s, EPOCH + DAY, true), LEDGER_APPLIED);
    s->ledger.base.offline = s->ledger.base.online;
    s->ledger.base.fallen = 2;
    assert_int_equal(import(s, EPOCH + 2 * DAY, true), LEDGER_OVERFLOW);
}

static void an_erased_customer_leaves_a_tombstone(void **state) {
    struct story *s = *state;
    static struct customer before;
    step(s, make_order("a", EPOCH, 1000));
    assert_int_equal(erase(s, EPOCH + 6 * DAY), LEDGER_APPLIED);
    assert_int_equal(s->transitions.n, 2);
    assert_moved(&s->transitions.items[0], "s0", "s1", CAUSE_TIME, EPOCH + 5 * DAY + 1);
    assert_moved(&s->transitions.items[1], "s1", "", CAUSE_ERASE, EPOCH + 6 * DAY);
    assert_int_equal(s->transitions.items[1].sequence, 3);
    assert_true(customer_is_tombstone(&s->customer));
    assert_int_equal(s->customer.due, TIME_NEVER);
    assert_int_equal(s->customer.n_history, 0);
    before = s->customer;
    assert_int_equal(step(s, make_order("b", EPOCH + 6 * DAY, 1000)), LEDGER_DUPLICATE);
    assert_int_equal(step(s, make_cancellation("a", EPOCH + 6 * DAY)), LEDGER_DUPLICATE);
    assert_int_equal(step(s, make_cancellation("a", EPOCH + 7 * DAY)), LEDGER_UNKNOWN_ORDER);
    assert_int_equal(erase(s, EPOCH + 6 * DAY), LEDGER_DUPLICATE);
    customer_live_until(&s->customer, &s->model, EPOCH + 400 * DAY, &s->transitions);
    assert_int_equal(s->transitions.n, 0);
    before.n_schemes = s->customer.n_schemes; /* those of the model in force, in none of them */
    assert_int_equal(s->customer.sequence, before.sequence);
    assert_int_equal(step(s, make_order("c", EPOCH + 8 * DAY, 1000)), LEDGER_APPLIED);
    assert_int_equal(s->transitions.n, 1);
    assert_moved(&s->transitions.items[0], "", "s0", CAUSE_ORDER, EPOCH + 8 * DAY);
    assert_int_equal(s->transitions.items[0].sequence, 4);
    assert_int_equal(orders_of(&s->customer), 1);
    assert_false(customer_is_tombstone(&s->customer));
}

static void nobody_is_erased_too(void **state) {
    struct story *s = *state;
    assert_int_equal(erase(s, EPOCH), LEDGER_APPLIED); /* a rebuild reads the control topic first */
    assert_int_equal(s->transitions.n, 0);
    assert_true(customer_is_tombstone(&s->customer));
    assert_int_equal(step(s, make_order("a", EPOCH, 1)), LEDGER_DUPLICATE);
    assert_int_equal(step(s, make_order("b", EPOCH + 1, 1)), LEDGER_APPLIED);
}

static void later_orders_outlive_an_erasure(void **state) {
    struct story *s = *state;
    step(s, make_order("a", EPOCH, 1000));
    step(s, make_order("b", EPOCH + 20 * DAY, 1000));
    assert_int_equal(erase(s, EPOCH + DAY), LEDGER_APPLIED);
    assert_int_equal(s->transitions.n, 0);
    assert_string_equal(s->customer.schemes[0].segment.text, "s0");
    assert_int_equal(orders_of(&s->customer), 1);
    assert_int_equal(s->customer.n_history, 0);
}

static void an_import_does_not_bring_back_what_was_erased(void **state) {
    struct story *s = *state;
    erase(s, EPOCH + DAY);
    told(s, make_order("a", EPOCH, 1000));
    told(s, make_order("b", EPOCH + 2 * DAY, 1000));
    assert_int_equal(import(s, EPOCH + DAY, true), LEDGER_DUPLICATE);
    assert_int_equal(import(s, EPOCH + 3 * DAY, true), LEDGER_APPLIED);
    assert_int_equal(orders_of(&s->customer), 1);
    s->ledger.base.fallen = s->ledger.base.online.orders = 1;
    s->ledger.base.online.first_at = EPOCH + DAY;
    s->ledger.base.online.last_at = EPOCH + 3 * DAY;
    assert_int_equal(import(s, EPOCH + 4 * DAY, true), LEDGER_INSEPARABLE);
    s->ledger.base.online.first_at++;
    assert_int_equal(import(s, EPOCH + 4 * DAY, true), LEDGER_APPLIED);
    assert_int_equal(erase(s, EPOCH + 4 * DAY), LEDGER_APPLIED);
    assert_int_equal(s->customer.imported_until, TIME_NONE);
}

/* ---- properties, over random histories in time order ---- */

#define HISTORY 24

static int make_history(uint64_t *seed, struct order *records, char (*ids)[16]) {
    int n_orders = 0;
    int64_t at = EPOCH;
    for (int i = 0; i < HISTORY; i++) {
        at += 1 + random_below(seed, 6 * DAY);
        bool back =
            n_orders > 0 && i < HISTORY - 1 && random_below(seed, 4) == 0; /* the last one is an order: as_of is its time */
        int of = back ? (int)random_below(seed, n_orders) : n_orders++;
        snprintf(ids[i], sizeof ids[i], "o%d", of);
        records[i] = !back                        ? make_order(ids[i], at, random_below(seed, 100000))
                     : random_below(seed, 2) == 0 ? make_cancellation(ids[i], at)
                                                  : make_return(ids[i], "r", at, random_below(seed, 3000) - 1000);
        records[i].offline = random_below(seed, 2) == 0;
    }
    return n_orders;
}

/* A history told by an import and gone on with ends where the whole replay ends; it does not matter when the import comes. */
static void import_then_orders_is_the_replay(void **state) {
    struct story *s = *state;
    static struct customer whole;
    struct transitions unused = { 0 };
    struct order records[HISTORY];
    char ids[HISTORY][16];
    uint64_t seed = 11;
    for (int trial = 0; trial < 2000; trial++) {
        uint16_t capacity = trial % 2 == 0 ? 32 : 4; /* as far as the ring covers what comes late */
        make_history(&seed, records, ids);
        int told_n = 1 + (int)random_below(&seed, HISTORY - 1), early = (int)random_below(&seed, capacity == 4 ? 1 : 6);
        customer_init(&whole, capacity);
        customer_init(&s->customer, capacity);
        ledger_init(&s->ledger, capacity);
        for (int i = 0; i < HISTORY; i++)
            customer_step(&whole, &s->model, &records[i], TIME_NONE, &unused);
        for (int i = 0; i < told_n; i++)
            ledger_apply(&s->ledger, &records[i]);
        for (int i = told_n; i < HISTORY && i < told_n + early; i++) /* live before the import */
            step(s, records[i]);
        assert_int_equal(import(s, records[told_n - 1].occurred_at, trial % 3 == 0), LEDGER_APPLIED);
        for (int i = (int)random_below(&seed, told_n); i < HISTORY; i++) /* and some of the told ones again */
            step(s, records[i]);
        s->customer.imported_until = TIME_NONE;
        s->customer.sequence = whole.sequence;
        s->customer.n_history = whole.n_history = 0;
        s->customer.schemes[0].since = whole.schemes[0].since;
        assert_same_customers(&whole, &s->customer);
    }
    transitions_free(&unused);
}

/* An erasure forgets the same, wherever among the records it is read. */
static void an_erasure_commutes(void **state) {
    struct story *s = *state;
    static struct customer first;
    struct order records[HISTORY];
    char ids[HISTORY][16];
    uint64_t seed = 12;
    for (int trial = 0; trial < 2000; trial++) {
        make_history(&seed, records, ids);
        int64_t at = records[random_below(&seed, HISTORY)].occurred_at;
        for (int i = 0; i < HISTORY; i++)
            if (records[i].kind != KIND_ORDER) /* of an erased order: refused only where it comes after the erasure */
                records[i].occurred_at = EPOCH;
        customer_init(&first, 32);
        customer_erase(&first, &s->model, at, &s->transitions);
        customer_init(&s->customer, 32);
        int read_after = (int)random_below(&seed, HISTORY);
        for (int i = 0; i < HISTORY; i++) {
            if (records[i].kind != KIND_ORDER)
                continue;
            customer_step(&first, &s->model, &records[i], TIME_NONE, &s->transitions);
            step(s, records[i]);
            if (i == read_after)
                erase(s, at);
        }
        if (s->customer.erased_at == TIME_NONE)
            erase(s, at);
        struct customer *twins[2] = { &first, &s->customer };
        for (int i = 0; i < 2; i++) {
            twins[i]->sequence = 0;
            twins[i]->n_history = twins[i]->n_schemes = 0;
            twins[i]->as_of = EPOCH + 1000 * DAY;
            twins[i]->due = TIME_NEVER;
        }
        assert_same_customers(&first, &s->customer);
    }
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        STORY(a_silent_import_numbers_nothing),
        STORY(a_published_import_is_an_entry),
        STORY(hysteresis_goes_on_from_where_the_history_led),
        STORY(who_is_in_a_segment_comes_from_there),
        STORY(the_past_is_told),
        STORY(a_second_import_sets_and_does_not_add),
        STORY(what_waits_is_applied_to_imported_orders),
        STORY(what_is_summed_up_cannot_be_told_apart),
        STORY(values_that_do_not_fit),
        STORY(an_erased_customer_leaves_a_tombstone),
        STORY(nobody_is_erased_too),
        STORY(later_orders_outlive_an_erasure),
        STORY(an_import_does_not_bring_back_what_was_erased),
        STORY(import_then_orders_is_the_replay),
        STORY(an_erasure_commutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
