/* Instants as text: RFC 3339 both ways, zones, edges. */
#include "obek/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static int64_t parsed(const char *text) {
    int64_t ms = 0;
    struct error error = { "" };
    if (!instant_parse(&ms, slice_of(text), &error))
        fail_msg("%s: %s", text, error.text);
    return ms;
}

static void reads_rfc_3339(void **state) {
    (void)state;
    assert_int_equal(parsed("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(parsed("2021-05-30T12:34:56.789Z"), INT64_C(1622378096789));
    assert_int_equal(parsed("2021-05-30 12:34:56.7899999+03:00"), INT64_C(1622378096789) - 3 * 3600000);
    assert_int_equal(parsed("2021-05-30t12:34:56.7z"), INT64_C(1622378096700));
    assert_int_equal(parsed("2021-05-30T12:34:56-00:30"), INT64_C(1622378096000) + 30 * 60000);
    assert_int_equal(parsed("2021-05-30"), INT64_C(1622332800000));
    assert_int_equal(parsed("2021-05-30T12:34:56"), INT64_C(1622378096000));
    assert_int_equal(parsed("2016-12-31T23:59:60Z"), parsed("2016-12-31T23:59:59.999Z"));
    assert_int_equal(parsed("2000-02-29T00:00:00Z"), INT64_C(951782400000));
    assert_int_equal(parsed("1969-12-31T23:59:59.999Z"), -1);
    assert_int_equal(parsed("0000-01-01T00:00:00Z"), INT64_C(-62167219200000));
}

static void refuses_what_is_no_time(void **state) {
    (void)state;
    static const char *const bad[] = { "",
                                       "2021",
                                       "2021-13-01",
                                       "2021-02-29",
                                       "1900-02-29",
                                       "2021-00-10",
                                       "2021-04-31",
                                       "2021-05-30T24:00:00Z",
                                       "2021-05-30T12:60:00Z",
                                       "2021-05-30T12:00:61Z",
                                       "2021-05-30T12:00Z",
                                       "2021-05-30T12:00:00.Z",
                                       "2021-05-30T12:00:00+3",
                                       "2021-05-30T12:00:00+24:00",
                                       "2021-05-30T12:00:00Zx",
                                       "2021-05-30x",
                                       "2021-05-30T",
                                       " 2021-05-30",
                                       "20210530",
                                       "+021-05-30",
                                       "0000-01-01T00:00:00+00:01",
                                       "9999-12-31T23:59:59-00:01" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms;
        struct error error = { "" };
        if (instant_parse(&ms, slice_of(bad[i]), &error))
            fail_msg("\"%s\" was taken", bad[i]);
        assert_true(strlen(error.text) > 0);
    }
}

static void writes_what_it_reads(void **state) {
    (void)state;
    char text[32];
    for (int64_t ms = INT64_C(-62167219200000); ms < INT64_C(253402300799999); ms += INT64_C(97654321987)) {
        instant_text(ms, text);
        assert_int_equal(strlen(text), 24);
        assert_int_equal(parsed(text), ms);
    }
    instant_text(INT64_C(1622378096789), text);
    assert_string_equal(text, "2021-05-30T12:34:56.789Z");
    instant_text(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00.000Z");
    instant_text(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    assert_true(instant_in_range(0));
    assert_false(instant_in_range(INT64_C(253402300800000)));
}

static void zones(void **state) {
    (void)state;
    struct error error = { "" };
    assert_false(instant_set_zone("Mars/Olympus", &error));
    assert_non_null(strstr(error.text, "tzdata"));
    assert_false(instant_set_zone("../../etc/passwd", &error));
    assert_false(instant_set_zone("", &error));
    if (!instant_set_zone("Europe/Berlin", &error)) {
        print_message("SKIPPED: zones of the tz database: %s\n", error.text);
        skip();
    }
    assert_int_equal(parsed("2021-01-15T12:00:00"), parsed("2021-01-15T11:00:00Z"));
    assert_int_equal(parsed("2021-07-15T12:00:00"), parsed("2021-07-15T10:00:00Z"));
    assert_int_equal(parsed("2021-07-15"), parsed("2021-07-14T22:00:00Z"));
    /* the hour that comes twice is the first one, whatever was asked before; the hour that is skipped goes forward */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(parsed("2021-10-31T02:30:00"), parsed("2021-10-31T00:30:00Z"));
        assert_int_equal(parsed("2021-03-28T02:30:00"), parsed("2021-03-28T01:30:00Z"));
        assert_int_equal(parsed("2021-12-24T12:00:00"), parsed("2021-12-24T11:00:00Z"));
    }
    assert_int_equal(parsed("2021-07-15T12:00:00+01:00"), parsed("2021-07-15T11:00:00Z"));
    assert_true(instant_set_zone("UTC", &error));
    assert_int_equal(parsed("2021-07-15T12:00:00"), parsed("2021-07-15T12:00:00Z"));
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(reads_rfc_3339), cmocka_unit_test(refuses_what_is_no_time),
                                        cmocka_unit_test(writes_what_it_reads), cmocka_unit_test(zones) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
