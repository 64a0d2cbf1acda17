/* What the outbox keeps: packed and read back, with any bytes; cut or tampered with, it is refused. */
#include "../../consumer/outgoing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char key[] = "c\0u\xc3\xb6"; /* an id may hold NUL and any UTF-8 */

static void pack(struct buffer *out) {
    outgoing_begin(out, OUTGOING_EVENT);
    outgoing_text(out, (struct slice){ key, sizeof key - 1 });
    outgoing_text(out, (struct slice){ "", 0 });
    outgoing_text(out, slice_of("ce_id"));
    outgoing_text(out, slice_of("order/orders/0/1/kmeans"));
    outgoing_text(out, slice_of("traceparent"));
    outgoing_text(out, (struct slice){ NULL, 0 });
}

static void an_event_reads_back(void **state) {
    (void)state;
    struct buffer packed = { 0 };
    struct outgoing_view view;
    struct error error;
    pack(&packed);
    assert_true(outgoing_read(&view, buffer_slice(&packed), &error));
    assert_int_equal(view.kind, OUTGOING_EVENT);
    assert_true(slice_equal(view.key, (struct slice){ key, sizeof key - 1 }));
    assert_int_equal(view.value.len, 0);
    assert_int_equal(view.n_headers, 2);
    assert_true(slice_is(view.names[0], "ce_id") && slice_is(view.values[0], "order/orders/0/1/kmeans"));
    assert_true(slice_is(view.names[1], "traceparent") && view.values[1].len == 0);
    buffer_free(&packed);
}

/* Every beginning of it that is not one of a whole entry with fewer headers. */
static void cut_short_it_is_refused(void **state) {
    (void)state;
    struct buffer packed = { 0 };
    struct outgoing_view view;
    struct error error;
    pack(&packed);
    const size_t no_header = 1 + 4 + sizeof key - 1 + 4, one_header = no_header + 4 + 5 + 4 + 23;
    for (size_t len = 0; len < packed.len; len++) {
        char *exact = malloc(len == 0 ? 1 : len); /* so that the sanitizer sees a read behind it */
        memcpy(exact, packed.data, len);
        assert_int_equal(outgoing_read(&view, (struct slice){ exact, len }, &error), len == no_header || len == one_header);
        free(exact);
    }
    buffer_free(&packed);
}

static void lies_about_lengths_and_kinds_are_refused(void **state) {
    (void)state;
    static const char endless[] = "e\xff\xff\xff\xff", unknown[] = "x\0\0\0\0\0\0\0\0";
    struct outgoing_view view;
    struct error error;
    assert_false(outgoing_read(&view, (struct slice){ endless, sizeof endless - 1 }, &error));
    assert_string_equal(error.text, "outbox entry is cut short");
    assert_false(outgoing_read(&view, (struct slice){ unknown, sizeof unknown - 1 }, &error));
    assert_string_equal(error.text, "outbox entry of an unknown kind");
}

static void more_headers_than_there_is_room_for_are_refused(void **state) {
    (void)state;
    struct buffer packed = { 0 };
    struct outgoing_view view;
    struct error error;
    outgoing_begin(&packed, OUTGOING_DEAD);
    for (int i = 0; i < 2 + 2 * OUTGOING_HEADERS_MAX; i++)
        outgoing_text(&packed, slice_of("x"));
    assert_true(outgoing_read(&view, buffer_slice(&packed), &error));
    assert_int_equal(view.n_headers, OUTGOING_HEADERS_MAX);
    outgoing_text(&packed, slice_of("x"));
    outgoing_text(&packed, slice_of("x"));
    assert_false(outgoing_read(&view, buffer_slice(&packed), &error));
    assert_string_equal(error.text, "outbox entry has too many headers");
    buffer_free(&packed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_reads_back),
        cmocka_unit_test(cut_short_it_is_refused),
        cmocka_unit_test(lies_about_lengths_and_kinds_are_refused),
        cmocka_unit_test(more_headers_than_there_is_room_for_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
