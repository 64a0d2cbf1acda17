/* Imports and erasures as control records: what is written reads back, and hostile ones are refused by name. */
#include "core_fixture.h"
#include "obek/control_record.h"

#include <jansson.h>

#define UNTIL (EPOCH + 100 * DAY)

static struct order random_record(uint64_t *seed, int i) {
    char id[16];
    snprintf(id, sizeof id, "o%d", (int)random_below(seed, 50));
    struct order order = make_order(id, EPOCH + i * DAY / 2, random_below(seed, ORDER_AMOUNT_MAX / 64));
    order.kind = (enum order_kind)(random_below(seed, 6) % 3);
    order.offline = random_below(seed, 2) == 1;
    order.return_hash = random_next(seed) % 20;
    order.whole = order.kind == KIND_RETURN && random_below(seed, 4) == 0;
    uint32_t codes[8];
    for (int c = 0; c < 8; c++)
        codes[c] = (uint32_t)random_next(seed);
    order_set_categories(&order, codes, (size_t)random_below(seed, 9));
    return order;
}

static void assert_same_ledger(const struct ledger *a, const struct import_customer *b) {
    assert_memory_equal(&a->base.online, &b->base.online, sizeof a->base.online);
    assert_memory_equal(&a->base.offline, &b->base.offline, sizeof a->base.offline);
    assert_int_equal(a->base.fallen, b->base.fallen);
    assert_int_equal(a->base.n_categories, b->base.n_categories);
    for (int i = 0; i < a->base.n_categories; i++) {
        assert_int_equal(a->base.categories[i].code, b->base.categories[i].code);
        assert_int_equal(a->base.categories[i].last_at, b->base.categories[i].last_at);
    }
    assert_int_equal(a->n_orders, b->n_orders);
    for (int i = 0; i < a->n_orders; i++) {
        const struct ledger_entry *x = &a->orders[i], *y = &b->orders[i];
        assert_true(x->id_hash == y->id_hash && x->time == y->time && x->amount == y->amount && x->returned == y->returned);
        assert_true(x->whole == y->whole && x->voided == y->voided && x->offline == y->offline);
        assert_int_equal(x->n_returns, y->n_returns);
        assert_memory_equal(x->returns, y->returns, x->n_returns * sizeof x->returns[0]);
        assert_int_equal(x->n_categories, y->n_categories);
        assert_memory_equal(x->categories, y->categories, x->n_categories * sizeof x->categories[0]);
    }
}

/* Whatever the ledger makes of records can be told. */
static void an_import_reads_back(void **state) {
    (void)state;
    static struct ledger ledgers[50];
    struct buffer customers = { 0 }, out = { 0 };
    struct control_record record;
    struct error error;
    uint64_t seed = 31;
    struct import_terms terms = { .until = UNTIL, .time = EPOCH + 200 * DAY + 1, .publish = true };
    char id[32];
    for (int c = 0; c < 50; c++) {
        ledger_init(&ledgers[c], (uint16_t)(1 + c % 32));
        struct order first = make_order("first", EPOCH, 1);
        ledger_apply(&ledgers[c], &first);
        for (int i = 0; i < (int)random_below(&seed, 120); i++) {
            struct order order = random_record(&seed, i);
            ledger_apply(&ledgers[c], &order);
        }
        ledgers[c].n_waiting = 0;
        snprintf(id, sizeof id, "m\xc3\xbc\"ller\\ %d", c);
        buffer_append_text(&customers, c > 0 ? "," : "");
        struct import_history history = { .ledger = &ledgers[c], .n_came_to = c % 3 };
        for (int s = 0; s < c % 3; s++)
            history.came_to[s] = (struct came_to){ name_of(s == 0 ? "kmeans" : "tree"), name_of("loyal.1") };
        assert_true(control_record_write_customer(&customers, slice_of(id), &history, &error));
    }
    control_record_write_import(&out, &terms, buffer_slice(&customers));
    if (!control_record_read(&record, buffer_slice(&out), &error))
        fail_msg("%s", error.text);
    assert_int_equal(record.type, CONTROL_IMPORT);
    assert_true(record.import.until == UNTIL && record.import.time == terms.time && record.import.publish);
    assert_int_equal(record.n_customers, 50);
    for (int c = 0; c < 50; c++) {
        snprintf(id, sizeof id, "m\xc3\xbc\"ller\\ %d", c);
        assert_true(slice_is(record.customers[c].id, id));
        assert_same_ledger(&ledgers[c], &record.customers[c]);
        assert_int_equal(record.customers[c].n_came_to, c % 3);
        for (int s = 0; s < c % 3; s++) {
            assert_string_equal(record.customers[c].came_to[s].scheme.text, s == 0 ? "kmeans" : "tree");
            assert_string_equal(record.customers[c].came_to[s].segment.text, "loyal.1");
        }
    }
    control_record_free(&record);
    buffer_free(&customers);
    buffer_free(&out);
}

static void an_erasure_reads_back(void **state) {
    (void)state;
    struct buffer out = { 0 };
    struct control_record record;
    struct error error;
    struct slice id = { "a\0\"b", 4 };
    assert_true(control_record_write_erase(&out, id, EPOCH + 7, &error));
    assert_true(control_record_read(&record, buffer_slice(&out), &error));
    assert_int_equal(record.type, CONTROL_ERASE);
    assert_true(slice_equal(record.erased, id));
    assert_true(record.time == EPOCH + 7);
    control_record_free(&record);
    out.len = 0;
    assert_false(control_record_write_erase(&out, (struct slice){ "\xff", 1 }, EPOCH, &error));
    static struct ledger ledger;
    ledger_init(&ledger, 1);
    struct import_history history = { .ledger = &ledger };
    assert_false(control_record_write_customer(&out, (struct slice){ "\xff", 1 }, &history, &error));
    assert_int_equal(out.len, 0);
    buffer_free(&out);
}

static void what_others_write_is_understood(void **state) {
    (void)state;
    static const char text[] =
        "{\"type\":\"import\",\"imported_until\":1622505600000,\"time\":null,\"customers\":[{\"customer\":\"c\",\"base\":"
        "{\"online\":{\"orders\":2,\"value\":500,\"first\":\"2020-01-01T00:00:00Z\",\"last\":\"2021-06-01T00:00:00Z\"},"
        "\"categories\":{\"7\":0,\"5\":\"2020-01-01T00:00:00Z\"}}}]}";
    struct control_record record;
    struct error error;
    if (!control_record_read(&record, slice_of(text), &error))
        fail_msg("%s", error.text);
    assert_true(record.import.time == TIME_NONE);
    assert_false(record.import.publish);
    assert_int_equal(record.customers[0].base.fallen, 2);
    assert_int_equal(record.customers[0].base.categories[0].code, 5);
    assert_int_equal(record.customers[0].n_orders, 0);
    control_record_free(&record);
}

struct hostile {
    const char *text, *words;
};

static void refuse(const char *text, const char *words) {
    struct control_record record;
    struct error error = { "" };
    bool read = control_record_read(&record, slice_of(text), &error);
    if (read || strstr(error.text, words) == NULL)
        fail_msg("%s: '%s' does not say '%s'", text, read ? "taken" : error.text, words);
}

static void refuse_all(const struct hostile *cases, size_t n, const char *before, const char *after) {
    for (size_t i = 0; i < n; i++) {
        struct buffer text = { 0 };
        buffer_printf(&text, "%s%s%s", before, cases[i].text, after);
        buffer_append(&text, "", 1);
        refuse(text.data, cases[i].words);
        buffer_free(&text);
    }
}

#define REFUSE(cases, before, after) refuse_all(cases, sizeof(cases) / sizeof(cases)[0], before, after)
#define RECORD "{\"type\":\"import\",\"imported_until\":1000,\"customers\":["
#define HASH "\"00000000000000aa\""

static void hostile_records(void **state) {
    (void)state;
    static const struct hostile cases[] = {
        { "{\"type\":\"import\"}", "imported_until" },
        { "{\"type\":\"import\",\"imported_until\":null,\"customers\":[]}", "imported_until: neither" },
        { "{\"type\":\"import\",\"imported_until\":0,\"time\":1.5,\"customers\":[]}", "time: neither" },
        { "{\"type\":\"import\",\"imported_until\":9007199254740993,\"customers\":[]}", "imported_until: outside" },
        { "{\"type\":\"import\",\"imported_until\":0,\"publish\":1,\"customers\":[]}", "publish: neither true nor false" },
        { "{\"type\":\"import\",\"imported_until\":0,\"customers\":{}}", "customers: not an array" },
        { "{\"type\":\"import\",\"imported_until\":0,\"customers\":[],\"more\":1}", "more" },
        { "{\"type\":\"erase\"}", "customer" },
        { "{\"type\":\"erase\",\"customer\":\"\",\"at\":0}", "customer: not a customer id" },
        { "{\"type\":\"erase\",\"customer\":\"c\",\"at\":null}", "at: neither" },
        { "{\"type\":\"erase\",\"customer\":\"c\",\"at\":0,\"why\":1}", "why" },
    };
    REFUSE(cases, "", "");
}

static void hostile_customers(void **state) {
    (void)state;
    static const struct hostile cases[] = {
        { "7", "customers[0]: " },
        { "{}", "customers[0]: " },
        { "{\"customer\":7,\"base\":{\"fallen\":1}}", "customers[0]: customer: not a customer id" },
        { "{\"customer\":\"c\"}", "customers[0]: neither base nor orders" },
        { "{\"customer\":\"c\",\"orders\":[]}", "neither base nor orders" },
        { "{\"customer\":\"c\",\"orders\":{}}", "orders: not an array" },
        { "{\"customer\":\"c\",\"base\":[]}", "customers[0]: base: " },
        { "{\"customer\":\"c\",\"base\":{\"fallen\":1},\"segments\":[]}", "customers[0]: segments: not an object of at most 8" },
        { "{\"customer\":\"c\",\"base\":{\"fallen\":1},\"segments\":{\"a\":7}}", "segments: not names by names" },
        { "{\"customer\":\"c\",\"base\":{\"fallen\":1},\"segments\":{\"a\":\"\"}}", "segments: not names by names" },
        { "{\"customer\":\"c\",\"base\":{\"fallen\":1},\"segments\":{\"a b\":\"c\"}}", "segments: not names by names" },
        { "{\"customer\":\"c\",\"base\":{\"fallen\":1},\"segments\":{\"a\":\"x\",\"b\":\"x\",\"c\":\"x\",\"d\":\"x\","
          "\"e\":\"x\",\"f\":\"x\",\"g\":\"x\",\"h\":\"x\",\"i\":\"x\"}}",
          "segments: not an object" },
        { "{\"customer\":\"c\",\"base\":{}}", "base: nothing is in it" },
        { "{\"customer\":\"c\",\"base\":{\"fallen\":-1}}", "fallen: not a whole number" },
        { "{\"customer\":\"c\",\"base\":{\"fallen\":1.0}}", "fallen: not a whole number" },
        { "{\"customer\":\"c\",\"base\":{\"fallen\":9223372036854775807}}", "fallen: not a whole number" },
        { "{\"customer\":\"c\",\"base\":{\"fallen\":1,\"more\":1}}", "base: " },
        { "{\"customer\":\"c\",\"base\":{\"fallen\":1,\"online\":{\"orders\":2,\"value\":0,\"first\":0,\"last\":0}}}",
          "fallen: fewer" },
        { "{\"customer\":\"c\",\"base\":{\"online\":{\"orders\":0,\"value\":0,\"first\":0,\"last\":0}}}",
          "orders: not at least 1" },
        { "{\"customer\":\"c\",\"base\":{\"online\":{\"orders\":1,\"value\":-1,\"first\":0,\"last\":0}}}", "value: not a whole" },
        { "{\"customer\":\"c\",\"base\":{\"online\":{\"orders\":1,\"value\":1,\"first\":0}}}", "online: " },
        { "{\"customer\":\"c\",\"base\":{\"offline\":{\"orders\":1,\"value\":1,\"first\":2,\"last\":1}}}",
          "offline: first: later than last" },
        { "{\"customer\":\"c\",\"base\":{\"offline\":{\"orders\":1,\"value\":1,\"first\":2,\"last\":1001}}}",
          "last: later than imported_until" },
        { "{\"customer\":\"c\",\"base\":{\"fallen\":1,\"categories\":{\"07\":0}}}", "categories: not a code" },
        { "{\"customer\":\"c\",\"base\":{\"fallen\":1,\"categories\":{\"4294967296\":0}}}", "categories: not a code" },
        { "{\"customer\":\"c\",\"base\":{\"fallen\":1,\"categories\":{\"7\":\"soon\"}}}", "categories: " },
        { "{\"customer\":\"c\",\"base\":{\"fallen\":1,\"categories\":[]}}", "categories: not an object" },
    };
    REFUSE(cases, RECORD, "]}");
}

static void hostile_orders(void **state) {
    (void)state;
    static const struct hostile cases[] = {
        { "7", "orders[0]: " },
        { "{\"order\":" HASH ",\"at\":1}", "orders[0]: " },
        { "{\"order\":\"aa\",\"at\":1,\"amount\":1}", "order: not 16 hex digits" },
        { "{\"order\":\"00000000000000AA\",\"at\":1,\"amount\":1}", "order: not 16 hex digits" },
        { "{\"order\":" HASH ",\"at\":1001,\"amount\":1}", "at: later than imported_until" },
        { "{\"order\":" HASH ",\"at\":\"x\",\"amount\":1}", "at: " },
        { "{\"order\":" HASH ",\"at\":1,\"amount\":1000000000000000000}", "amount: not a whole number" },
        { "{\"order\":" HASH ",\"at\":1,\"amount\":5,\"returned\":6,\"returns\":[" HASH "]}", "returned: not a whole number" },
        { "{\"order\":" HASH ",\"at\":1,\"amount\":5,\"returned\":5}", "returned without a return" },
        { "{\"order\":" HASH ",\"at\":1,\"amount\":5,\"whole\":true,\"returned\":4,\"returns\":[" HASH "]}", "whole: some" },
        { "{\"order\":" HASH ",\"at\":1,\"amount\":5,\"voided\":1}", "voided: neither true nor false" },
        { "{\"order\":" HASH ",\"at\":1,\"amount\":5,\"returns\":[]}", "returns: not an array of 1" },
        { "{\"order\":" HASH ",\"at\":1,\"amount\":5,\"returns\":[" HASH "," HASH "]}", "returns: not ascending" },
        { "{\"order\":" HASH ",\"at\":1,\"amount\":5,\"categories\":[2,2]}", "categories: not ascending" },
        { "{\"order\":" HASH ",\"at\":1,\"amount\":5,\"categories\":[-1]}", "categories: not a code" },
        { "{\"order\":" HASH ",\"at\":1,\"amount\":5,\"categories\":[1.5]}", "categories: not a code" },
        { "{\"order\":" HASH ",\"at\":1,\"amount\":5,\"categories\":[1,2,3,4,5,6,7,8,9]}", "categories: not an array" },
        { "{\"order\":" HASH ",\"at\":2,\"amount\":5},{\"order\":\"00000000000000ab\",\"at\":1,\"amount\":5}",
          "orders[1]: not ascending" },
        { "{\"order\":" HASH ",\"at\":2,\"amount\":5},{\"order\":" HASH ",\"at\":3,\"amount\":5}", "orders[1]: not ascending" },
    };
    REFUSE(cases, RECORD "{\"customer\":\"c\",\"orders\":[", "]}]}");
}

static void too_many_customers(void **state) {
    (void)state;
    struct buffer text = { 0 };
    buffer_append_text(&text, RECORD);
    for (int i = 0; i <= CONTROL_IMPORT_CUSTOMERS_MAX; i++)
        buffer_printf(&text, "%s{\"customer\":\"%d\",\"base\":{\"fallen\":1}}", i > 0 ? "," : "", i);
    buffer_append(&text, "]}", 3);
    refuse(text.data, "customers: not an array of at most 5000");
    buffer_free(&text);
}

/* The schema file has the limits of the code. */
static void the_schema_file_agrees(void **state) {
    (void)state;
    json_error_t error;
    json_t *schema = json_load_file("schemas/control.schema.json", 0, &error);
    if (schema == NULL)
        fail_msg("schemas/control.schema.json: line %d: %s", error.line, error.text);
    json_int_t customers, orders, categories, returns, codes, amount;
    assert_int_equal(json_unpack(json_object_get(schema, "$defs"),
                                 "{s:{s:{s:{s:I}}}, s:{s:{s:{s:I}, s:{s:{s:{s:I}}}}}, s:{s:{s:{s:I}, s:{s:I}}}, s:{s:I}}",
                                 "import", "properties", "customers", "maxItems", &customers, "imported", "properties", "orders",
                                 "maxItems", &orders, "base", "properties", "categories", "maxProperties", &categories, "order",
                                 "properties", "returns", "maxItems", &returns, "categories", "maxItems", &codes, "amount",
                                 "maximum", &amount),
                     0);
    assert_int_equal(customers, CONTROL_IMPORT_CUSTOMERS_MAX);
    assert_int_equal(orders, LEDGER_ORDERS_MAX);
    assert_int_equal(categories, LEDGER_BASE_CATEGORIES_MAX);
    assert_int_equal(returns, LEDGER_RETURNS_MAX);
    assert_int_equal(codes, ORDER_CATEGORIES_MAX);
    assert_int_equal(amount, ORDER_AMOUNT_MAX);
    json_decref(schema);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_import_reads_back),
        cmocka_unit_test(an_erasure_reads_back),
        cmocka_unit_test(what_others_write_is_understood),
        cmocka_unit_test(hostile_records),
        cmocka_unit_test(hostile_customers),
        cmocka_unit_test(hostile_orders),
        cmocka_unit_test(too_many_customers),
        cmocka_unit_test(the_schema_file_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
