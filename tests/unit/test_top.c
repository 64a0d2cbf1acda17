/* obek top without a terminal: Prometheus' text read back, and frames cut to the size of the terminal. */
#include "../../http/metrics_text.h"
#include "../../tools/top_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void reads(struct samples *samples, const char *text) {
    struct error error;
    *samples = (struct samples){ 0 };
    assert_true(samples_read(samples, slice_of(text), &error));
}

static void test_samples(void **state) {
    (void)state;
    struct samples samples;
    reads(&samples, "# HELP a b\na 1\n\na{x=\"1\",y=\"a \\\"b\\\" \\\\n\\n\"} 2.5\na{x=\"2\",} 4 1700000000000\nb +Inf\nc NaN");
    assert_int_equal(samples.n, 5);
    const struct sample *second = samples_next(&samples, "a", samples_next(&samples, "a", NULL));
    assert_true(slice_is(sample_label(second, "y"), "a \"b\" \\n\n"));
    assert_int_equal(sample_label(second, "z").len, 0);
    assert_true(samples_sum(&samples, "a", NULL, slice_of("")) == 7.5);
    assert_true(samples_sum(&samples, "a", "x", slice_of("2")) == 4);
    assert_null(samples_next(&samples, "d", NULL));
    samples_free(&samples);
}

static void test_what_is_no_sample(void **state) {
    (void)state;
    static const char *const texts[] = {
        "a",          "a ",        "{} 1",      "a{x} 1",     "a{x=1} 1", "a{x=\"1} 1\n", "a{x=\"1\"1\"} 1", "a{x=\"\\",
        "a{x=\"1\\n", "a{x=\"1\"", "a 1x\nb 2", "<html> 200", "a{"
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct samples samples = { 0 };
        struct error error = { "" };
        assert_false(samples_read(&samples, slice_of(texts[i]), &error));
        assert_non_null(strstr(error.text, "line 1 "));
        samples_free(&samples);
    }
}

static void test_our_own_metrics_are_read(void **state) {
    (void)state;
    struct buffer text = { 0 };
    struct samples samples;
    counter_add(SERIES(METRIC_DEAD_LETTERS, "a \"\\\n reason"), 3);
    metrics_text(&text);
    buffer_append(&text, "", 1);
    reads(&samples, text.data);
    assert_true(samples_sum(&samples, "obek_dead_letters_total", "reason", slice_of("a \"\\\n reason")) == 3);
    samples_free(&samples);
    buffer_free(&text);
}

/* ---- frames ---- */

static size_t lines_in(const struct buffer *out) {
    size_t n = 0;
    for (size_t i = 0; i < out->len; i++)
        n += out->data[i] == '\n';
    return n;
}

static void fill(struct look *look, double orders) {
    struct buffer text = { 0 };
    struct error error;
    *look = (struct look){ .at_ms = (int64_t)orders * 10, .wall = 1700000000000, .answered = true };
    buffer_printf(&text, "obek_orders_total{feed=\"web\",kind=\"ORDER\"} %g\n", orders);
    for (int i = 0; i < 30; i++)
        buffer_printf(&text, "obek_lag_records{topic=\"t\xc3\xb6\",partition=\"%d\"} %d\n", i, i);
    for (int i = 0; i < 3; i++)
        buffer_printf(&text, "obek_dead_letters_total{reason=\"r\x1b[31m%d\"} 1\n", i);
    assert_true(samples_read(&look->samples, buffer_slice(&text), &error));
    look->ready = json_pack("{s:b, s:[s]}", "ready", 0, "reasons", "redis_down");
    look->segments = json_pack("{s:[{s:s, s:[{s:s, s:i, s:f}]}]}", "schemes", "scheme", "rfm", "segments", "segment", "champions",
                               "customers", (int)orders, "share", 0.25);
    buffer_free(&text);
}

static void test_frame_fits_any_size(void **state) {
    (void)state;
    struct look first, now;
    struct buffer out = { 0 };
    fill(&first, 100);
    fill(&now, 1350);
    for (size_t rows = 1; rows < 70; rows++) {
        struct frame frame = { "here", &first, &first, &now, { .columns = 33, .rows = rows } };
        top_frame(&out, &frame);
        assert_true(lines_in(&out) <= rows);
        assert_null(memchr(out.data, 0x1b, out.len)); /* a reason cannot drive the terminal */
        size_t columns = 0;
        for (size_t i = 0; i < out.len; i++) {
            columns = out.data[i] == '\n' ? 0 : columns + (((unsigned char)out.data[i] & 0xc0) != 0x80);
            assert_true(columns <= 33);
        }
    }
    look_free(&first);
    look_free(&now);
    buffer_free(&out);
}

static void test_frame_says(void **state) {
    (void)state;
    struct look first, now;
    struct buffer out = { 0 };
    fill(&first, 100);
    fill(&now, 1350); /* 12.5 s later */
    struct frame frame = { "here", &first, &first, &now, { 0 } };
    top_frame(&out, &frame);
    buffer_append(&out, "", 1);
    assert_non_null(strstr(out.data, "NOT READY: redis_down\n"));
    assert_non_null(strstr(out.data, "100/s            1,350"));
    assert_non_null(strstr(out.data, "1,350        25.0%       +1,250"));
    assert_true(strstr(out.data, "t\xc3\xb6/29") < strstr(out.data, "t\xc3\xb6/28")); /* the furthest behind first */
    struct look away = { .failure = { "refused" } };
    frame.now = &away;
    top_frame(&out, &frame);
    buffer_append(&out, "", 1);
    assert_non_null(strstr(out.data, "NO ANSWER: refused"));
    look_free(&first);
    look_free(&now);
    buffer_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_what_is_no_sample),
        cmocka_unit_test(test_our_own_metrics_are_read),
        cmocka_unit_test(test_frame_fits_any_size),
        cmocka_unit_test(test_frame_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
