/* PSI by hand: bins as a model's training tells them, shares of now against shares of then. */
#include "../../http/histogram.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define assert_near(a, b) assert_true(fabs((a) - (b)) < 1e-12)

static bool reads(struct histogram *histogram, const char *text) {
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    bool ok = histogram_read(histogram, json);
    json_decref(json);
    return ok;
}

static void psi_is_the_sum_over_bins(void **state) {
    (void)state;
    struct histogram h;
    assert_true(reads(&h, "{\"count\":100,\"distinct\":4,\"histogram\":{\"edges\":[0,1,2,3],\"counts\":[50,30,20]}}"));
    assert_int_equal(h.n, 3);
    assert_near(h.share[0], 0.5);
    assert_near(h.share[2], 0.2);
    assert_near(histogram_psi(&h, (const uint32_t[]){ 500, 300, 200 }), 0);
    /* 40/40/20 against 50/30/20: -0.1 ln 0.8 + 0.1 ln(4/3) + 0 */
    assert_near(histogram_psi(&h, (const uint32_t[]){ 40, 40, 20 }), -0.1 * log(0.8) + 0.1 * log(4.0 / 3));
    assert_near(histogram_psi(&h, (const uint32_t[]){ 40, 40, 20 }), 0.051082562376599066);
    /* nobody in the last: half of one of a hundred */
    assert_near(histogram_psi(&h, (const uint32_t[]){ 60, 40, 0 }),
                0.1 * log(1.2) + 0.1 * log(4.0 / 3) + (0.005 - 0.2) * log(0.005 / 0.2));
    assert_true(isnan(histogram_psi(&h, (const uint32_t[]){ 0, 0, 0 })));
}

static void a_bin_holds_its_lower_edge(void **state) {
    (void)state;
    struct histogram h;
    assert_true(reads(&h, "{\"count\":100,\"distinct\":4,\"histogram\":{\"edges\":[0,1,2,3],\"counts\":[50,30,20]}}"));
    const double values[] = { -INFINITY, -1, 0, 0.999, 1, 1.5, 2, 3, 99, INFINITY };
    const int bins[] = { 0, 0, 0, 0, 1, 1, 2, 2, 2, 2 };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_int_equal(histogram_bin(&h, values[i]), bins[i]);
    assert_int_equal(histogram_bin(&h, NAN), -1);
}

static void small_neighbours_are_put_together(void **state) {
    (void)state;
    struct histogram h;
    /* 0.4 % and 0.5 % make too little, with 0.2 % more than a hundredth; the last 0.3 % go to their neighbour */
    assert_true(reads(&h, "{\"count\":1000,\"distinct\":9,\"histogram\":{\"edges\":[0,1,2,3,4,5],\"counts\":[986,4,5,2,3]}}"));
    assert_int_equal(h.n, 2);
    assert_near(h.share[0], 0.986);
    assert_near(h.share[1], 0.014);
    assert_near(h.from[1], 1);
    assert_false(reads(&h, "{\"count\":1000,\"distinct\":2,\"histogram\":{\"edges\":[0,1,2],\"counts\":[999,1]}}"));
}

static void the_infinite_have_a_bin(void **state) {
    (void)state;
    struct histogram h;
    assert_true(reads(&h, "{\"count\":200,\"distinct\":9,\"histogram\":{\"edges\":[0,1,2],\"counts\":[80,80]}}"));
    assert_int_equal(h.n, 3);
    assert_near(h.share[0], 0.4);
    assert_near(h.share[2], 0.2);
    assert_int_equal(histogram_bin(&h, INFINITY), 2);
    assert_int_equal(histogram_bin(&h, 1e300), 1);
}

#define QUANTILES(q99)                                                                                                           \
    "\"quantiles\":{\"0.01\":1,\"0.05\":2,\"0.1\":3,\"0.25\":4,\"0.5\":5,\"0.75\":6,\"0.9\":7,\"0.95\":8,\"0.99\":" q99 "}"

static void values_that_hardly_repeat_are_cut_at_their_quantiles(void **state) {
    (void)state;
    struct histogram h;
    static const double shares[] = { 0.01, 0.04, 0.05, 0.15, 0.25, 0.25, 0.15, 0.05, 0.04, 0.01 };
    assert_true(reads(
        &h, "{\"count\":1000,\"distinct\":900,\"histogram\":{\"edges\":[0,50,100],\"counts\":[999,1]}," QUANTILES("9") "}"));
    assert_int_equal(h.n, 10);
    for (int i = 0; i < 10; i++)
        assert_near(h.share[i], shares[i]);
    assert_int_equal(histogram_bin(&h, 0.5), 0);
    assert_int_equal(histogram_bin(&h, 5), 5);
    assert_int_equal(histogram_bin(&h, 80), 9);
    /* two alike, or values that repeat: the histogram */
    assert_false(reads(
        &h, "{\"count\":1000,\"distinct\":900,\"histogram\":{\"edges\":[0,50,100],\"counts\":[999,1]}," QUANTILES("8") "}"));
    assert_true(reads(
        &h, "{\"count\":1000,\"distinct\":20,\"histogram\":{\"edges\":[0,50,100],\"counts\":[900,100]}," QUANTILES("9") "}"));
    assert_int_equal(h.n, 2);
}

/* A model may say anything there. */
static void what_says_nothing_is_not_read(void **state) {
    (void)state;
    struct histogram h;
    static const char *const texts[] = {
        "{}",
        "[]",
        "1",
        "{\"count\":5}",
        "{\"count\":5,\"histogram\":{\"edges\":[0,1],\"counts\":[5]}}",
        "{\"count\":5,\"histogram\":{\"edges\":[0,1],\"counts\":[1,1,1]}}",
        "{\"count\":5,\"histogram\":{\"edges\":[1,1,1],\"counts\":[1,1]}}",
        "{\"count\":5,\"histogram\":{\"edges\":[\"a\",1,2],\"counts\":[1,1]}}",
        "{\"count\":5,\"histogram\":{\"edges\":[0,1,2],\"counts\":[0,0]}}",
        "{\"count\":5,\"histogram\":{\"edges\":[0,1,2],\"counts\":[-1,-5]}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(reads(&h, texts[i]));
    assert_false(histogram_read(&h, NULL));
    char many[4096] = "{\"count\":99,\"histogram\":{\"edges\":[0", *at = many + strlen(many);
    for (int i = 1; i <= 99; i++)
        at += sprintf(at, ",%d", i);
    at += sprintf(at, "],\"counts\":[1");
    for (int i = 1; i < 99; i++)
        at += sprintf(at, ",1");
    sprintf(at, "]}}");
    assert_false(reads(&h, many));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(psi_is_the_sum_over_bins),
        cmocka_unit_test(a_bin_holds_its_lower_edge),
        cmocka_unit_test(small_neighbours_are_put_together),
        cmocka_unit_test(the_infinite_have_a_bin),
        cmocka_unit_test(values_that_hardly_repeat_are_cut_at_their_quantiles),
        cmocka_unit_test(what_says_nothing_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
