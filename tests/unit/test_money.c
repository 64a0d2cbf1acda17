/* Decimal text, currencies and their conversion, in integers. */
#include "obek/money.h"
#include "obek/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void decimal_is(const char *text, int64_t digits, int scale) {
    struct decimal decimal;
    struct error error = { "" };
    if (!decimal_parse(&decimal, slice_of(text), &error))
        fail_msg("%s: %s", text, error.text);
    if (decimal.digits != digits || decimal.scale != scale)
        fail_msg("%s: %ld e-%d", text, (long)decimal.digits, decimal.scale);
}

static void reads_decimals(void **state) {
    (void)state;
    decimal_is("0", 0, 0);
    decimal_is("-0", 0, 0);
    decimal_is("-0.000e99999", 0, 0);
    decimal_is("12.30", 123, 1);
    decimal_is("12.34", 1234, 2);
    decimal_is("-12.34", -1234, 2);
    decimal_is("+7", 7, 0);
    decimal_is(".5", 5, 1);
    decimal_is("1e2", 100, 0);
    decimal_is("1.25E+1", 125, 1);
    decimal_is("100500", 100500, 0);
    decimal_is("1000.0500", 1000050 / 10, 2);
    decimal_is("5e-7", 5, 7);
    decimal_is("00012", 12, 0);
    decimal_is("120.000000000000000000000000000000000000000000000000000000000", 120, 0);
    decimal_is("1000000000000000000000000000000000000000000000000e-40", 100000000, 0);
}

static void refuses_what_is_no_decimal(void **state) {
    (void)state;
    static const char *const bad[] = { "",
                                       "-",
                                       ".",
                                       "e5",
                                       "1e",
                                       "1e+",
                                       "1.2.3",
                                       "1,5",
                                       "NaN",
                                       "inf",
                                       " 1",
                                       "1 ",
                                       "0x10",
                                       "1e999999999999",
                                       "1e-99999999999",
                                       "--1",
                                       "1-",
                                       "999999999999999999999999999999999999999999999999999",
                                       "1e39" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct decimal decimal;
        struct error error = { "" };
        if (decimal_parse(&decimal, slice_of(bad[i]), &error))
            fail_msg("\"%s\" was taken", bad[i]);
        assert_true(strlen(error.text) > 0);
    }
}

static void knows_currencies(void **state) {
    (void)state;
    assert_int_equal(currency_decimals(slice_of("TRY")), 2);
    assert_int_equal(currency_decimals(slice_of("JPY")), 0);
    assert_int_equal(currency_decimals(slice_of("KWD")), 3);
    assert_int_equal(currency_decimals(slice_of("CLF")), 4);
    assert_int_equal(currency_decimals(slice_of("try")), -1);
    assert_int_equal(currency_decimals(slice_of("XXX")), -1);
    assert_int_equal(currency_decimals(slice_of("EUR ")), -1);
    assert_int_equal(currency_decimals(slice_of("EU")), -1);
    assert_int_equal(currency_decimals(slice_of("")), -1);
    assert_int_equal(currency_decimals((struct slice){ "\0\0\0", 3 }), -1);
}

static struct currency_table *lira(void) {
    struct error error;
    struct currency_table *table = currency_table_new("TRY", &error);
    assert_non_null(table);
    assert_true(currency_table_add(table, "EUR", "34.125", &error));
    assert_true(currency_table_add(table, "JPY", "0.225", &error));
    assert_true(currency_table_add(table, "KWD", "111.3", &error));
    assert_true(currency_table_add(table, "USD", "0.5", &error));
    return table;
}

static int64_t minor_of(const struct currency_table *table, const char *amount, const char *currency) {
    struct decimal decimal;
    struct error error = { "" };
    int64_t minor = -1;
    assert_true(decimal_parse(&decimal, slice_of(amount), &error));
    return money_to_minor(table, decimal, slice_of(currency), &minor, &error) ? minor : -1;
}

static void converts_once_half_to_even(void **state) {
    (void)state;
    struct currency_table *table = lira();
    assert_string_equal(currency_table_base(table), "TRY");
    assert_int_equal(currency_table_decimals(table, slice_of("KWD")), 3);
    assert_int_equal(currency_table_decimals(table, slice_of("")), 2);
    assert_int_equal(currency_table_decimals(table, slice_of("GBP")), -1);
    assert_int_equal(minor_of(table, "12.34", ""), 1234);
    assert_int_equal(minor_of(table, "12.34", "TRY"), 1234);
    assert_int_equal(minor_of(table, "12.3400", "TRY"), 1234);
    assert_int_equal(minor_of(table, "0", "EUR"), 0);
    assert_int_equal(minor_of(table, "10.00", "EUR"), 34125);
    assert_int_equal(minor_of(table, "100", "JPY"), 2250);
    assert_int_equal(minor_of(table, "1.001", "KWD"), 11141);
    /* 0.5 * 0.01, 0.03, 0.05: 0.5 -> 0, 1.5 -> 2, 2.5 -> 2 */
    assert_int_equal(minor_of(table, "0.01", "USD"), 0);
    assert_int_equal(minor_of(table, "0.03", "USD"), 2);
    assert_int_equal(minor_of(table, "0.05", "USD"), 2);
    assert_int_equal(minor_of(table, "9999999999999999.99", "TRY"), ORDER_AMOUNT_MAX);
    currency_table_free(table);
}

static void refuses_impossible_amounts(void **state) {
    (void)state;
    struct currency_table *table = lira();
    assert_int_equal(minor_of(table, "-0.01", "TRY"), -1);
    assert_int_equal(minor_of(table, "1.234", "TRY"), -1);
    assert_int_equal(minor_of(table, "1.5", "JPY"), -1);
    assert_int_equal(minor_of(table, "1.2345", "KWD"), -1);
    assert_int_equal(minor_of(table, "1", "GBP"), -1);
    assert_int_equal(minor_of(table, "1", "eur"), -1);
    assert_int_equal(minor_of(table, "10000000000000000.00", "TRY"), -1);
    assert_int_equal(minor_of(table, "9999999999999999.99", "EUR"), -1);
    assert_int_equal(minor_of(table, "1e36", "JPY"), -1);
    currency_table_free(table);
}

static void refuses_impossible_tables(void **state) {
    (void)state;
    struct error error = { "" };
    assert_null(currency_table_new("LIRA", &error));
    assert_non_null(strstr(error.text, "LIRA"));
    struct currency_table *table = currency_table_new("JPY", &error);
    assert_false(currency_table_add(table, "ABC", "1", &error));
    assert_false(currency_table_add(table, "EUR", "0", &error));
    assert_false(currency_table_add(table, "EUR", "-1", &error));
    assert_false(currency_table_add(table, "EUR", "1.5x", &error));
    assert_false(currency_table_add(table, "EUR", "1e-19", &error));
    assert_false(currency_table_add(table, "JPY", "2", &error));
    assert_true(currency_table_add(table, "JPY", "1.0", &error));
    assert_true(currency_table_add(table, "EUR", "160.5", &error));
    assert_false(currency_table_add(table, "EUR", "161", &error));
    assert_int_equal(minor_of(table, "1.00", "EUR"), 160);
    currency_table_free(table);
}

static void writes_money(void **state) {
    (void)state;
    char text[32];
    money_text(123450, 2, text);
    assert_string_equal(text, "1234.50");
    money_text(5, 2, text);
    assert_string_equal(text, "0.05");
    money_text(-5, 3, text);
    assert_string_equal(text, "-0.005");
    money_text(42, 0, text);
    assert_string_equal(text, "42");
    money_text(INT64_MIN, 4, text);
    assert_string_equal(text, "-922337203685477.5808");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_decimals),
        cmocka_unit_test(refuses_what_is_no_decimal),
        cmocka_unit_test(knows_currencies),
        cmocka_unit_test(converts_once_half_to_even),
        cmocka_unit_test(refuses_impossible_amounts),
        cmocka_unit_test(refuses_impossible_tables),
        cmocka_unit_test(writes_money),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
