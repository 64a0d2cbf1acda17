/* Paths of mapped feeds. */
#include "obek/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct field_path parsed(const char *text) {
    struct field_path path;
    struct error error = { "" };
    if (!field_path_parse(&path, text, &error))
        fail_msg("%s", error.text);
    return path;
}

static void reads_names_indices_and_every(void **state) {
    (void)state;
    struct field_path path = parsed("order.lines[].tags[12].na\\.me\\[x\\]");
    assert_int_equal(path.root, PATH_VALUE);
    assert_int_equal(path.n_steps, 6);
    assert_string_equal(path.steps[0].name, "order");
    assert_string_equal(path.steps[1].name, "lines");
    assert_int_equal(path.steps[2].kind, STEP_EVERY);
    assert_string_equal(path.steps[3].name, "tags");
    assert_int_equal(path.steps[4].kind, STEP_INDEX);
    assert_int_equal(path.steps[4].index, 12);
    assert_string_equal(path.steps[5].name, "na.me[x]");
    field_path_free(&path);
    path = parsed("[0][].id");
    assert_int_equal(path.n_steps, 3);
    assert_int_equal(path.steps[0].kind, STEP_INDEX);
    assert_int_equal(path.steps[1].kind, STEP_EVERY);
    field_path_free(&path);
    path = parsed("\\$key");
    assert_int_equal(path.root, PATH_VALUE);
    assert_string_equal(path.steps[0].name, "$key");
    field_path_free(&path);
}

static void reads_what_is_not_in_the_value(void **state) {
    (void)state;
    struct field_path path = parsed("$key");
    assert_int_equal(path.root, PATH_KEY);
    field_path_free(&path);
    path = parsed("$timestamp");
    assert_int_equal(path.root, PATH_TIMESTAMP);
    field_path_free(&path);
    path = parsed("$header.x.y[0]");
    assert_int_equal(path.root, PATH_HEADER);
    assert_string_equal(path.header, "x.y[0]");
    field_path_free(&path);
}

static void errors_name_the_position(void **state) {
    (void)state;
    static const struct {
        const char *text, *position;
    } bad[] = {
        { "", "position 1:" },
        { ".a", "position 1:" },
        { "a.", "position 3:" },
        { "a..b", "position 3:" },
        { "a[", "position 2:" },
        { "a[1", "position 2:" },
        { "a[-1]", "position 2:" },
        { "a[x]", "position 2:" },
        { "a[0]b", "position 5:" },
        { "a]", "position 2:" },
        { "a\\", "position 2:" },
        { "a\\n", "position 2:" },
        { "$nothing", "position 1:" },
        { "$header.", "position 1:" },
        { "$key.a", "position 1:" },
        { "a[1234567890]", "position 2:" },
        { "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.b", "position 65:" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct field_path path;
        struct error error = { "" };
        if (field_path_parse(&path, bad[i].text, &error))
            fail_msg("\"%s\" was taken", bad[i].text);
        if (strstr(error.text, bad[i].position) == NULL)
            fail_msg("\"%s\": %s", bad[i].text, error.text);
    }
}

static void a_new_feed_reads_the_contracts_names(void **state) {
    (void)state;
    struct feed *feed = feed_new("orders", "orders-topic");
    assert_string_equal(feed->topic, "orders-topic");
    for (int field = 0; field < FIELD_COUNT; field++) {
        assert_false(feed->mapped[field]);
        assert_int_equal(feed->paths[field].n_steps, 1);
        assert_string_equal(feed->paths[field].steps[0].name, feed_field_name((enum feed_field)field));
    }
    assert_int_equal(feed_field_from_name(slice_of("amount")), FIELD_AMOUNT);
    assert_int_equal(feed_field_from_name(slice_of("amoun")), FIELD_COUNT);
    feed_free(feed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_names_indices_and_every),
        cmocka_unit_test(reads_what_is_not_in_the_value),
        cmocka_unit_test(errors_name_the_position),
        cmocka_unit_test(a_new_feed_reads_the_contracts_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
