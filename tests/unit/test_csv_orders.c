#include "../../tools/csv_orders.h"
#include "obek/fields.h"
#include "obek/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define NOW INT64_C(1622505600000) /* 2021-06-01T00:00:00Z */

static char path[] = "/tmp/obek-test-csv-XXXXXX";
static struct currency_table *currencies;

static int set_up(void **state) {
    struct error error;
    (void)state;
    int fd = mkstemp(path);
    currencies = currency_table_new("EUR", &error);
    return fd < 0 || currencies == NULL ? -1 : close(fd);
}

static int tear_down(void **state) {
    (void)state;
    currency_table_free(currencies);
    return unlink(path);
}

static void write_file(const char *text, bool zipped) {
    gzFile out = gzopen(path, zipped ? "wb" : "wbT");
    assert_non_null(out);
    assert_int_equal(gzwrite(out, text, (unsigned)strlen(text)), (int)strlen(text));
    assert_int_equal(gzclose(out), Z_OK);
}

static bool read_text(struct csv_orders *orders, const char *text, const char *map, const char *const *wheres,
                      struct error *error) {
    struct csv_selection selection;
    csv_selection_init(&selection);
    bool good = map == NULL || csv_selection_map(&selection, map, error);
    for (; wheres != NULL && *wheres != NULL && good; wheres++)
        good = csv_selection_where(&selection, *wheres, error);
    if (text != NULL)
        write_file(text, false);
    good = good && csv_orders_read(orders, path, &selection, currencies, NOW, error);
    csv_selection_free(&selection);
    return good;
}

static void expect_rows(struct csv_orders *orders, const char *const *order_ids) {
    size_t n = 0;
    for (; order_ids[n] != NULL; n++) {
        assert_true(n < orders->n);
        assert_string_equal(order_row_text(&orders->rows[n], FIELD_ORDER_ID), order_ids[n]);
    }
    assert_int_equal(orders->n, n);
    csv_orders_free(orders);
}
#define EXPECT_ROWS(orders, ...) expect_rows(orders, (const char *const[]){ __VA_ARGS__, NULL })

static void read_well(struct csv_orders *orders, const char *text, const char *map, const char *const *wheres) {
    struct error error;
    if (!read_text(orders, text, map, wheres, &error))
        fail_msg("%s", error.text);
}

static void reads_the_contracts_columns(void **state) {
    (void)state;
    struct csv_orders orders = { 0 };
    read_well(&orders,
              "\xef\xbb\xbforder_id,extra,customer_id,occurred_at,amount,kind,channel,categories\r\n"
              "\r\n"
              "1,x,\"a, \"\"b\"\"\",2021-05-01T10:00:00Z,12.30,,Web,\"[A, B]\"\r\n"
              "2,,c,1619863200001,,RETURN,,\r\n"
              "3,,c,2021-05-01,,CANCELLATION,,\n",
              NULL, NULL);
    assert_int_equal(orders.n, 3);
    const struct order_row *row = orders.rows;
    assert_string_equal(order_row_text(row, FIELD_CUSTOMER_ID), "a, \"b\"");
    assert_true(row->occurred_at == INT64_C(1619863200000));
    assert_int_equal(row->line, 3);
    assert_int_equal(row->kind, KIND_ORDER);
    assert_string_equal(order_row_text(row, FIELD_AMOUNT), "12.30");
    assert_null(order_row_text(row, FIELD_KIND));
    assert_null(order_row_text(row, FIELD_CURRENCY));
    assert_true(row[1].occurred_at == INT64_C(1619863200001));
    assert_int_equal(row[1].kind, KIND_RETURN);
    assert_null(order_row_text(&row[1], FIELD_AMOUNT));
    assert_int_equal(row[2].kind, KIND_CANCELLATION);
    csv_orders_free(&orders);
}

static void maps_other_columns(void **state) {
    (void)state;
    struct csv_orders orders = { 0 };
    read_well(&orders, "id,customer_id,timestamp,amount\n7,c,2021-01-01,1\n", "order_id=id, occurred_at = timestamp", NULL);
    EXPECT_ROWS(&orders, "7");
}

static const char rows[] = "order_id,customer_id,occurred_at,amount,channel\n"
                           "1,c,2021-01-03,1,Offline\n"
                           "2,c,2021-01-02,1,Mobile\n"
                           "3,c,2021-01-01,1,Store\n"
                           "4,c,2021-01-01,1,\n";

static void takes_the_rows_that_are_wanted(void **state) {
    (void)state;
    struct csv_orders orders = { 0 };
    read_well(&orders, rows, NULL, (const char *const[]){ "channel=Offline", NULL });
    EXPECT_ROWS(&orders, "1");
    read_well(&orders, rows, NULL, (const char *const[]){ "channel=Offline", "channel=Store", NULL });
    EXPECT_ROWS(&orders, "1", "3");
    read_well(&orders, rows, NULL, (const char *const[]){ "channel!=Offline", "channel!=Store", NULL });
    EXPECT_ROWS(&orders, "2", "4");
    read_well(&orders, rows, NULL, (const char *const[]){ "channel=Offline", "channel=Store", "order_id!=1", NULL });
    EXPECT_ROWS(&orders, "3");
    read_well(&orders, rows, "occurred_at=occurred_at", (const char *const[]){ "channel=", NULL });
    EXPECT_ROWS(&orders, "4");
}

static void files_are_merged_in_time_order(void **state) {
    (void)state;
    struct csv_orders orders = { 0 };
    read_well(&orders, rows, NULL, NULL);
    read_well(&orders, "order_id,customer_id,occurred_at,amount\n9,c,2021-01-02,1\n8,c,2021-01-01,1\n", NULL, NULL);
    csv_orders_sort(&orders);
    EXPECT_ROWS(&orders, "3", "4", "8", "2", "9", "1");
}

static void reads_gzip(void **state) {
    (void)state;
    struct csv_orders orders = { 0 };
    write_file(rows, true);
    read_well(&orders, NULL, NULL, NULL);
    EXPECT_ROWS(&orders, "1", "2", "3", "4");
}

#define HEADER "order_id,customer_id,occurred_at,amount,kind,currency,return_id\n"

/* What is wrong, and the message after the file's name. */
static const struct {
    const char *text, *message;
} bad[] = {
    { HEADER "1,c,2021-01-01,1,,,\n,c,2021-01-01,1,,,\n", ":3: column 'order_id': missing" },
    { HEADER "1,,2021-01-01,1,,,\n", ":2: column 'customer_id': missing" },
    { HEADER "1,c,,1,,,\n", ":2: column 'occurred_at': missing" },
    { HEADER "1,c,2021-01-01,,,,\n", ":2: column 'amount': missing" },
    { HEADER "1,c,2021-01-01,,ORDER,,\n", ":2: column 'amount': missing" },
    { HEADER "1,c,2021-01-01,1,REFUND,,\n", ":2: column 'kind': 'REFUND' is none of ORDER, CANCELLATION, RETURN" },
    { HEADER "1,c,2021-06-01T00:05:00.001Z,1,,,\n", ":2: column 'occurred_at': '2021-06-01T00:05:00.001Z' is in the future" },
    { HEADER "1,c,99999999999999999999,1,,,\n", ":2: column 'occurred_at': '99999999999999999999' is out of range" },
    { HEADER "1,c,2021-13-01,1,,,\n", NULL },
    { HEADER "1,c,2021-01-01,-1,,,\n", NULL },
    { HEADER "1,c,2021-01-01,1.005,,,\n", NULL },
    { HEADER "1,c,2021-01-01,NaN,,,\n", NULL },
    { HEADER "1,c,2021-01-01,1,,USD,\n", NULL },
    { HEADER "1,c,2021-01-01,1\n", ":2: 4 columns where the header has 7" },
    { HEADER "\n\"1\n\",c,2021-01-01,1,,,\n1,c\n", ":5: 2 columns where the header has 7" },
    { HEADER "\xff,c,2021-01-01,1,,,\n", ":2: column 1: not UTF-8 text" },
    { HEADER "1,\"c\"x,2021-01-01,1,,,\n", NULL },
    { HEADER "1,\"c\n", NULL },
    { "order_id,customer_id,timestamp\n",
      ":1: there is no column 'occurred_at'; --map says which one it is (columns: order_id, customer_id, timestamp)" },
    { "a,b,a\n", ":1: two columns are called 'a'" },
    { "", " is empty: its first line must name the columns" },
};

static void wrong_rows_say_what_and_where(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct csv_orders orders = { 0 };
        struct error error;
        if (read_text(&orders, bad[i].text, NULL, NULL, &error))
            fail_msg("read: %s", bad[i].text);
        assert_memory_equal(error.text, path, strlen(path));
        if (bad[i].message != NULL)
            assert_string_equal(error.text + strlen(path), bad[i].message);
        else
            assert_non_null(strstr(error.text, ":2:"));
        csv_orders_free(&orders);
    }
}

static void ids_have_a_longest(void **state) {
    (void)state;
    for (int len = 255; len <= 256; len++) {
        struct csv_orders orders = { 0 };
        struct error error;
        char text[512];
        snprintf(text, sizeof text, "order_id,customer_id,occurred_at,amount\n%0*d,c,2021-01-01,1\n", len, 1);
        bool good = read_text(&orders, text, NULL, NULL, &error);
        assert_int_equal(good, len == 255);
        if (!good)
            assert_non_null(strstr(error.text, ":2: column 'order_id': 256 bytes, at most 255 are allowed"));
        csv_orders_free(&orders);
    }
}

static void refuses(const char *map, const char *where, const char *message) {
    struct csv_orders orders = { 0 };
    struct error error;
    assert_false(read_text(&orders, rows, map, (const char *const[]){ where, NULL }, &error));
    const char *text = error.text;
    if (strncmp(text, path, strlen(path)) == 0)
        text += strlen(path);
    assert_string_equal(text, message);
    csv_orders_free(&orders);
}

static void wrong_arguments_are_told(void **state) {
    (void)state;
    refuses("ocurred_at=x", NULL, "--map: an order has no field 'ocurred_at' (did you mean 'occurred_at'?)");
    refuses("occurred_at", NULL, "--map occurred_at: not field=column");
    refuses("occurred_at=", NULL, "--map occurred_at=: not field=column");
    refuses("occurred_at=when", NULL,
            ":1: there is no column 'when' (columns: order_id, customer_id, occurred_at, amount, channel)");
    refuses(NULL, "channel", "--where channel: not column=value or column!=value");
    refuses(NULL, "shop=1", ":1: there is no column 'shop' (columns: order_id, customer_id, occurred_at, amount, channel)");
}

static void categories_come_apart(void **state) {
    (void)state;
    const char *text = "[ERKEK, AKTIF COCUK ];;x";
    struct slice category;
    assert_true(list_item(&text, &category) && slice_is(category, "ERKEK"));
    assert_true(list_item(&text, &category) && slice_is(category, "AKTIF COCUK"));
    assert_true(list_item(&text, &category) && slice_is(category, "x"));
    assert_false(list_item(&text, &category));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_contracts_columns),
        cmocka_unit_test(maps_other_columns),
        cmocka_unit_test(takes_the_rows_that_are_wanted),
        cmocka_unit_test(files_are_merged_in_time_order),
        cmocka_unit_test(reads_gzip),
        cmocka_unit_test(wrong_rows_say_what_and_where),
        cmocka_unit_test(ids_have_a_longest),
        cmocka_unit_test(wrong_arguments_are_told),
        cmocka_unit_test(categories_come_apart),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
