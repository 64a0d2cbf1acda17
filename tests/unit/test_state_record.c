#include "core_fixture.h"

static struct customer customer, again;
static struct model model;

static void make_two_schemes(uint64_t *seed) {
    model = make_model(random_below(seed, 1000), TIME_NONE);
    struct scaled_feature features[2] = { plain_feature(FEATURE_RECENCY_DAYS), plain_feature(FEATURE_FREQUENCY) };
    double centroids[12] = { 0, 1, 20, 2, 60, 3, 120, 1, 200, 8, 300, 2 };
    kmeans_set(&model.schemes[0], "kmeans", 6, 2, features, centroids, 0.1);
    kmeans_set(&model.schemes[1], "recency", 4, 1, features, (double[]){ 0, 30, 90, 400 }, 0);
    model.n_schemes = 2;
}

static struct order random_record(uint64_t *seed, int64_t at) {
    char id[16];
    snprintf(id, sizeof id, "o%d", (int)random_below(seed, 60));
    struct order order = make_order(id, at - random_below(seed, 50 * DAY), random_below(seed, 200000));
    order.kind = (enum order_kind)(random_below(seed, 5) % 3);
    order.offline = random_below(seed, 2) == 1;
    order.return_hash = random_next(seed) % 20;
    order.whole = order.kind == KIND_RETURN && random_below(seed, 4) == 0;
    uint32_t codes[8];
    for (int i = 0; i < 8; i++)
        codes[i] = (uint32_t)random_below(seed, 30) * 1000003;
    order_set_categories(&order, codes, (size_t)random_below(seed, 9));
    return order;
}

/* A customer as life makes one. */
static void live(uint64_t *seed, int records, uint16_t capacity) {
    struct transitions transitions = { 0 };
    customer_init(&customer, capacity);
    int64_t at = EPOCH;
    for (int i = 0; i < records; i++) {
        struct order order = random_record(seed, at);
        customer_step(&customer, &model, &order, TIME_NONE, &transitions);
        at += random_below(seed, 40 * DAY);
        if (i % 16 == 7 && random_below(seed, 8) == 0)
            customer_erase(&customer, &model, at - random_below(seed, 60 * DAY), &transitions);
        struct ledger told = customer.ledger;
        told.n_waiting = 0;
        struct import import = { .ledger = &told, .until = customer.as_of, .time = TIME_NONE };
        if (i % 16 == 3 && customer.as_of != TIME_NONE && random_below(seed, 4) == 0)
            customer_import(&customer, &model, &import, &transitions);
    }
    customer.revision = random_next(seed);
    transitions_free(&transitions);
}

static void assert_equal_customers(void) {
    assert_int_equal(customer.revision, again.revision);
    assert_int_equal(customer.sequence, again.sequence);
    assert_int_equal(customer.as_of, again.as_of);
    assert_int_equal(customer.due, again.due);
    assert_int_equal(customer.model, again.model);
    assert_int_equal(customer.imported_until, again.imported_until);
    assert_int_equal(customer.erased_at, again.erased_at);
    assert_int_equal(customer.n_schemes, again.n_schemes);
    for (int i = 0; i < customer.n_schemes; i++) {
        assert_string_equal(customer.schemes[i].scheme.text, again.schemes[i].scheme.text);
        assert_string_equal(customer.schemes[i].segment.text, again.schemes[i].segment.text);
        assert_int_equal(customer.schemes[i].since, again.schemes[i].since);
        assert_true(customer.schemes[i].margin == again.schemes[i].margin);
    }
    assert_int_equal(customer.n_history, again.n_history);
    for (int i = 0; i < customer.n_history; i++) {
        assert_string_equal(customer.history[i].scheme.text, again.history[i].scheme.text);
        assert_string_equal(customer.history[i].from.text, again.history[i].from.text);
        assert_string_equal(customer.history[i].to.text, again.history[i].to.text);
        assert_int_equal(customer.history[i].cause, again.history[i].cause);
        assert_int_equal(customer.history[i].occurred_at, again.history[i].occurred_at);
    }
}

static void assert_equal_entries(const struct ledger_entry *a, const struct ledger_entry *b, int n) {
    for (int i = 0; i < n; i++) {
        assert_int_equal(a[i].id_hash, b[i].id_hash);
        assert_int_equal(a[i].time, b[i].time);
        assert_int_equal(a[i].amount, b[i].amount);
        assert_int_equal(a[i].returned, b[i].returned);
        assert_int_equal(a[i].whole, b[i].whole);
        assert_int_equal(a[i].voided, b[i].voided);
        assert_int_equal(a[i].offline, b[i].offline);
        assert_int_equal(a[i].n_returns, b[i].n_returns);
        assert_memory_equal(a[i].returns, b[i].returns, a[i].n_returns * sizeof a[i].returns[0]);
        assert_int_equal(a[i].n_categories, b[i].n_categories);
        assert_memory_equal(a[i].categories, b[i].categories, a[i].n_categories * sizeof a[i].categories[0]);
    }
}

static void assert_equal_ledgers(const struct ledger *a, const struct ledger *b) {
    assert_int_equal(a->base.fallen, b->base.fallen);
    assert_memory_equal(&a->base.online, &b->base.online, sizeof a->base.online);
    assert_memory_equal(&a->base.offline, &b->base.offline, sizeof a->base.offline);
    assert_int_equal(a->base.n_categories, b->base.n_categories);
    for (int i = 0; i < a->base.n_categories; i++) {
        assert_int_equal(a->base.categories[i].code, b->base.categories[i].code);
        assert_int_equal(a->base.categories[i].last_at, b->base.categories[i].last_at);
    }
    assert_int_equal(a->n_orders, b->n_orders);
    assert_int_equal(a->n_waiting, b->n_waiting);
    assert_equal_entries(a->orders, b->orders, a->n_orders);
    assert_equal_entries(a->waiting, b->waiting, a->n_waiting);
}

static enum state_status read_back(const struct buffer *bytes, uint16_t capacity, struct error *error) {
    memset(&again, 0xa5, sizeof again);
    return state_record_read(&again, buffer_slice(bytes), capacity, error);
}

static void what_is_written_is_read(void **state) {
    (void)state;
    uint64_t seed = 6;
    struct buffer bytes = { 0 };
    struct error error;
    make_two_schemes(&seed);
    int fallen = 0, waiting = 0;
    for (int trial = 0; trial < 2000; trial++) {
        uint16_t capacity = (uint16_t)(1 + random_below(&seed, trial % 50 == 0 ? LEDGER_ORDERS_MAX : 16));
        live(&seed, (int)random_below(&seed, 60), capacity);
        buffer_clear(&bytes);
        state_record_write(&bytes, &customer);
        if (read_back(&bytes, capacity, &error) != STATE_OK)
            fail_msg("%s", error.text);
        assert_equal_customers();
        assert_equal_ledgers(&customer.ledger, &again.ledger);
        assert_int_equal(again.ledger.capacity, capacity);
        assert_int_equal(state_record_revision(buffer_slice(&bytes)), customer.revision);
        fallen += customer.ledger.base.fallen > 0;
        waiting += customer.ledger.n_waiting > 0;
    }
    assert_true(fallen > 500 && waiting > 500);
    model_clear(&model);
    buffer_free(&bytes);
}

static void a_record_cut_anywhere_is_corrupt(void **state) {
    (void)state;
    uint64_t seed = 7;
    struct buffer bytes = { 0 };
    struct error error;
    make_two_schemes(&seed);
    for (int trial = 0; trial < 20; trial++) {
        live(&seed, 40, 8);
        buffer_clear(&bytes);
        state_record_write(&bytes, &customer);
        size_t len = bytes.len;
        for (bytes.len = 0; bytes.len < len; bytes.len++) {
            char *exact = malloc(bytes.len + 1); /* so that the sanitizer sees a read past the end */
            memcpy(exact, bytes.data, bytes.len);
            struct slice cut = { exact, bytes.len };
            assert_int_equal(state_record_read(&again, cut, 8, &error), STATE_CORRUPT);
            assert_non_null(strstr(error.text, "at byte"));
            free(exact);
        }
        buffer_append(&bytes, "", 1);
        bytes.len = len + 1;
        bytes.data[len] = 0;
        assert_int_equal(read_back(&bytes, 8, &error), STATE_CORRUPT);
    }
    model_clear(&model);
    buffer_free(&bytes);
}

/* Whatever is accepted is what would be written: there is one record of a state. */
static void flipped_bits_are_refused_or_canonical(void **state) {
    (void)state;
    uint64_t seed = 8;
    struct buffer bytes = { 0 }, rewritten = { 0 };
    struct error error;
    make_two_schemes(&seed);
    int refused = 0;
    for (int trial = 0; trial < 20000; trial++) {
        if (trial % 100 == 0)
            live(&seed, 30, 8);
        buffer_clear(&bytes);
        state_record_write(&bytes, &customer);
        for (int flips = 1 + (int)random_below(&seed, 2); flips > 0; flips--)
            bytes.data[9 + random_below(&seed, (int64_t)bytes.len - 9)] ^= (char)(1 << random_below(&seed, 8));
        if (read_back(&bytes, 8, &error) != STATE_OK) {
            refused++;
            continue;
        }
        buffer_clear(&rewritten);
        state_record_write(&rewritten, &again);
        assert_int_equal(rewritten.len, bytes.len);
        assert_memory_equal(rewritten.data, bytes.data, bytes.len);
    }
    assert_true(refused > 5000);
    model_clear(&model);
    buffer_free(&bytes);
    buffer_free(&rewritten);
}

static void versions(void **state) {
    (void)state;
    struct buffer bytes = { 0 };
    struct error error;
    customer_init(&customer, 4);
    state_record_write(&bytes, &customer);
    assert_int_equal(read_back(&bytes, 4, &error), STATE_OK);
    bytes.data[8] = 3;
    assert_int_equal(read_back(&bytes, 4, &error), STATE_NEWER);
    assert_non_null(strstr(error.text, "version 3"));
    bytes.data[8] = 0;
    assert_int_equal(read_back(&bytes, 4, &error), STATE_CORRUPT);
    assert_int_equal(state_record_revision((struct slice){ bytes.data, 7 }), 0);
    buffer_free(&bytes);
}

/* What obek wrote before it knew imports and erasures: read as it was, and written anew in the present version. */
static void version_1_is_read(void **state) {
    (void)state;
    static const unsigned char old[] = {
        1,    2,    3,    4,    5,    6,    7,    8,                    /* revision */
        1,    3,    1,    14,                                           /* version; as_of, due; sequence; model 7 */
        0x80, 0x80, 0xf4, 0xf6, 0x90, 0x5d, 100,                        /* as_of; due */
        1,    1,    1,    'k',  2,    1,    'a',  0,                    /* one scheme, k, in a, since as_of */
        0,    0,    0,    0,    0,    0,    0xe0, 0x3f,                 /* margin 0.5 */
        1,    1,    0,    2,    0,    0,                                /* history: k, from none, to a, ORDER, at as_of */
        1,    8,    7,    6,    5,    4,    3,    2,    1, 0, 20, 0x64, /* one order: 10 ms before; 100 */
        0,                                                              /* nothing waits */
    };
    unsigned char bytes[sizeof old];
    struct buffer rewritten = { 0 };
    struct error error;
    memset(&again, 0xa5, sizeof again);
    assert_int_equal(state_record_read(&again, (struct slice){ (const char *)old, sizeof old }, 4, &error), STATE_OK);
    assert_int_equal(again.as_of, EPOCH);
    assert_int_equal(again.due, EPOCH + 100);
    assert_int_equal(again.imported_until, TIME_NONE);
    assert_int_equal(again.erased_at, TIME_NONE);
    assert_string_equal(again.schemes[0].segment.text, "a");
    assert_int_equal(again.ledger.orders[0].amount, 100);
    state_record_write(&rewritten, &again);
    memcpy(bytes, old, sizeof old);
    bytes[8] = 2;
    assert_int_equal(rewritten.len, sizeof bytes);
    assert_memory_equal(rewritten.data, bytes, sizeof bytes);
    bytes[8] = 1;
    bytes[9] = 11; /* flags that version 1 did not have */
    assert_int_equal(state_record_read(&again, (struct slice){ (const char *)bytes, sizeof bytes }, 4, &error), STATE_CORRUPT);
    buffer_free(&rewritten);
}

/* The bytes of docs/formats.md, one by one: a change of the format fails here first. */
static void the_bytes_are_as_documented(void **state) {
    (void)state;
    static const unsigned char expected[] = {
        1,    2,    3,    4,    5,    6,    7,    8,                       /* revision */
        2,    27,                                                          /* version; flags: as_of, due, imported, erased */
        1,    14,                                                          /* sequence; model 7 */
        0x80, 0x80, 0xf4, 0xf6, 0x90, 0x5d,                                /* as_of */
        100,                                                               /* due */
        2,    4,                                                           /* imported_until, erased_at: 1 ms, 2 ms before */
        1,    1,    1,    'k',  2,    1,    'a',  0,                       /* one scheme, k, in a, since as_of */
        0,    0,    0,    0,    0,    0,    0xe0, 0x3f,                    /* margin 0.5 */
        1,    1,    0,    2,    0,    0,                                   /* history: k, from none, to a, ORDER, at as_of */
        1,    8,    7,    6,    5,    4,    3,    2,    1, 0x1a, 20, 0x64, /* one order: hash; offline, returns, 1 category; 10 ms
                                                                              before; 100 */
        1,    9,    0,    0,    0,    0,    0,    0,    0, 30,   1,  5,    0, 0, 0, /* one return, 30 in all; category 5 */
        1,    1,    0,    0,    0,    0,    0,    0,    0, 1,                       /* one placeholder: voided */
    };
    customer_init(&customer, 4);
    customer.revision = 0x0102030405060708;
    customer.sequence = 1;
    customer.model = 7;
    customer.as_of = EPOCH;
    customer.due = EPOCH + 100;
    customer.imported_until = EPOCH - 1;
    customer.erased_at = EPOCH - 2;
    customer.n_schemes = customer.n_history = 1;
    customer.schemes[0] = (struct scheme_state){ name_of("k"), name_of("a"), EPOCH, 0.5 };
    customer.history[0] = (struct past_transition){ .scheme = name_of("k"), .to = name_of("a"), .occurred_at = EPOCH };
    customer.ledger.n_orders = customer.ledger.n_waiting = 1;
    customer.ledger.orders[0] = (struct ledger_entry){ .id_hash = 0x0102030405060708,
                                                       .time = EPOCH - 10,
                                                       .amount = 100,
                                                       .returned = 30,
                                                       .offline = true,
                                                       .n_returns = 1,
                                                       .n_categories = 1,
                                                       .returns = { 9 },
                                                       .categories = { 5 } };
    customer.ledger.waiting[0] = (struct ledger_entry){ .id_hash = 1, .voided = true };
    struct buffer bytes = { 0 };
    struct error error;
    state_record_write(&bytes, &customer);
    assert_int_equal(bytes.len, sizeof expected);
    assert_memory_equal(bytes.data, expected, sizeof expected);
    assert_int_equal(read_back(&bytes, 4, &error), STATE_OK);
    customer.ledger.orders[0].returned = 101; /* more than bought */
    buffer_clear(&bytes);
    state_record_write(&bytes, &customer);
    assert_int_equal(read_back(&bytes, 4, &error), STATE_CORRUPT);
    assert_non_null(strstr(error.text, "more returned than bought"));
    buffer_free(&bytes);
}

static void more_orders_than_the_ledger_holds(void **state) {
    (void)state;
    uint64_t seed = 9;
    struct buffer bytes = { 0 };
    struct error error;
    make_two_schemes(&seed);
    live(&seed, 60, 16);
    assert_int_equal(customer.ledger.n_orders, 16);
    state_record_write(&bytes, &customer);
    assert_int_equal(read_back(&bytes, 15, &error), STATE_CORRUPT);
    assert_non_null(strstr(error.text, "more orders than the ledger holds"));
    model_clear(&model);
    buffer_free(&bytes);
}

static void a_typical_record_is_small(void **state) {
    (void)state;
    uint64_t seed = 10;
    struct buffer bytes = { 0 };
    struct transitions transitions = { 0 };
    make_two_schemes(&seed);
    model.n_schemes = 1;
    for (int i = 0; i < 6; i++)
        model.schemes[0].segments[i].id =
            name_of((const char *[]){ "champions", "loyal", "at-risk", "new", "lost", "promising" }[i]);
    customer_init(&customer, 32);
    for (int i = 0; i < 5; i++) {
        char id[8];
        snprintf(id, sizeof id, "o%d", i);
        struct order order = make_order(id, EPOCH + i * 9 * DAY, 15000 + i);
        order_set_categories(&order, (uint32_t[]){ order_category_code(slice_of("shoes")) }, 1);
        customer_step(&customer, &model, &order, TIME_NONE, &transitions);
    }
    state_record_write(&bytes, &customer);
    assert_in_range(bytes.len, 100, 200);
    model.n_schemes = 2;
    model_clear(&model);
    transitions_free(&transitions);
    buffer_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_record_cut_anywhere_is_corrupt),
        cmocka_unit_test(flipped_bits_are_refused_or_canonical),
        cmocka_unit_test(versions),
        cmocka_unit_test(version_1_is_read),
        cmocka_unit_test(the_bytes_are_as_documented),
        cmocka_unit_test(more_orders_than_the_ledger_holds),
        cmocka_unit_test(a_typical_record_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
