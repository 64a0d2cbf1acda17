/* What the outbox keeps: packed and read back, with any bytes; cut or tampered with, it is refused. */
#include "../../consumer/outgoing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char key[] = "c\0u\xc3\xb6"; /* an id may hold NUL and any UTF-8 */

static void pack(struct buffer *out) {
    outgoing_begin(out, OUTGOING_AVRO_EVENT);
    outgoing_text(out, (struct slice){ key, sizeof key - 1 });
    outgoing_text(out, slice_of("order/orders/0/1/kmeans"));
    outgoing_text(out, slice_of("00-ab-cd-01"));
    outgoing_text(out, (struct slice){ NULL, 0 });
    outgoing_instant(out, -1622376000123);
    size_t opened = outgoing_open(out);
    buffer_append(out, "va\0lue", 6);
    outgoing_close(out, opened);
}

static void an_event_reads_back(void **state) {
    (void)state;
    struct buffer packed = { 0 };
    struct outgoing_view view;
    struct error error;
    pack(&packed);
    assert_true(outgoing_read(&view, buffer_slice(&packed), &error));
    assert_int_equal(view.kind, OUTGOING_AVRO_EVENT);
    assert_true(slice_equal(view.key, (struct slice){ key, sizeof key - 1 }));
    assert_true(slice_is(view.event_id, "order/orders/0/1/kmeans"));
    assert_true(slice_is(view.traceparent, "00-ab-cd-01") && view.tracestate.len == 0);
    assert_true(view.occurred_at == -1622376000123);
    assert_true(slice_equal(view.value, (struct slice){ "va\0lue", 6 }));
    packed.data[0] = OUTGOING_JSON_EVENT;
    assert_true(outgoing_read(&view, buffer_slice(&packed), &error));
    assert_int_equal(view.kind, OUTGOING_JSON_EVENT);
    buffer_free(&packed);
}

static void a_verdict_reads_back(void **state) {
    (void)state;
    struct buffer packed = { 0 };
    struct outgoing_view view;
    struct error error;
    outgoing_begin(&packed, OUTGOING_DEAD);
    outgoing_text(&packed, slice_of("overflow"));
    outgoing_text(&packed, slice_of("too much"));
    outgoing_text(&packed, slice_of(STAGE_STEP));
    assert_true(outgoing_read(&view, buffer_slice(&packed), &error));
    assert_int_equal(view.kind, OUTGOING_DEAD);
    assert_true(slice_is(view.reason, "overflow") && slice_is(view.message, "too much") && slice_is(view.stage, STAGE_STEP));
    buffer_free(&packed);
}

static void cut_short_or_too_long_it_is_refused(void **state) {
    (void)state;
    struct buffer packed = { 0 };
    struct outgoing_view view;
    struct error error;
    pack(&packed);
    for (size_t len = 0; len < packed.len; len++) {
        char *exact = malloc(len == 0 ? 1 : len); /* so that the sanitizer sees a read behind it */
        memcpy(exact, packed.data, len);
        assert_false(outgoing_read(&view, (struct slice){ exact, len }, &error));
        free(exact);
    }
    buffer_append(&packed, "x", 1);
    assert_false(outgoing_read(&view, buffer_slice(&packed), &error));
    assert_string_equal(error.text, "outbox entry of a wrong length");
    buffer_free(&packed);
}

static void lies_about_lengths_and_kinds_are_refused(void **state) {
    (void)state;
    static const char endless[] = "a\xff\xff\xff\xff", unknown[] = "x\0\0\0\0\0\0\0\0";
    struct outgoing_view view;
    struct error error;
    assert_false(outgoing_read(&view, (struct slice){ endless, sizeof endless - 1 }, &error));
    assert_string_equal(error.text, "outbox entry of a wrong length");
    assert_false(outgoing_read(&view, (struct slice){ unknown, sizeof unknown - 1 }, &error));
    assert_string_equal(error.text, "outbox entry of an unknown kind");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_reads_back),
        cmocka_unit_test(a_verdict_reads_back),
        cmocka_unit_test(cut_short_or_too_long_it_is_refused),
        cmocka_unit_test(lies_about_lengths_and_kinds_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
