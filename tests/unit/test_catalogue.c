/* The campaign catalogue: which entry is a segment's, and what is refused with which words. */
#include "obek/catalogue.h"
#include "obek/features.h"
#include "obek/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char own[] = "{\"obek_campaigns\":1,\"campaigns\":[{\"id\":\"c1\",\"name\":{\"tr\":\"Bir\"}}],\"segments\":["
                          "{\"traits\":[\"high_a\"],\"next\":{\"en\":\"one trait\"}},"
                          "{\"traits\":[\"high_a\",\"low_b\"],\"scheme\":\"k\",\"next\":{\"en\":\"two traits\"}},"
                          "{\"id\":\"champions\",\"next\":{\"en\":\"own\"}},"
                          "{\"id\":\"champions\",\"scheme\":\"second\",\"next\":{\"en\":\"second\"}}]}";

static const char *next_of(const struct catalogue *catalogue, const char *scheme, const char *segment) {
    return json_string_value(json_object_get(json_object_get(catalogue_entry(catalogue, scheme, segment), "next"), "en"));
}

static void test_the_most_exact_entry_counts(void **state) {
    struct error error;
    struct catalogue *catalogue = catalogue_new();
    (void)state;
    assert_null(catalogue_entry(catalogue, "rfm", "at_risk"));
    catalogue_add_built_in(catalogue);
    assert_string_equal(next_of(catalogue, "rfm", "champions"), "Show them the new collection first");
    assert_true(catalogue_parse(catalogue, slice_of(own), "own", &error));
    assert_null(catalogue_campaigns(catalogue, "rfm", "champions")); /* an entry counts whole */
    assert_int_equal(json_array_size(catalogue_campaigns(catalogue, "rfm", "at_risk")), 2);
    assert_string_equal(next_of(catalogue, "rfm", "champions"), "own");
    assert_string_equal(next_of(catalogue, "second", "champions"), "second");
    assert_string_equal(next_of(catalogue, "k", "low_b-high_a"), "two traits");
    assert_string_equal(next_of(catalogue, "other", "low_b-high_a"), "one trait");
    assert_null(catalogue_entry(catalogue, "k", "low_b-high_ab")); /* a part, not its beginning */
    assert_null(catalogue_entry(catalogue, "k", "very_high_a"));
    assert_string_equal(next_of(catalogue, "rfm", "at_risk"), "Send the win-back offer this week"); /* the built-in one */
    assert_non_null(catalogue_campaign(catalogue, "c1"));
    assert_non_null(catalogue_campaign(catalogue, "win_back"));
    assert_null(catalogue_campaign(catalogue, "c2"));
    catalogue_free(catalogue);
}

static void test_the_built_in_one_is_as_a_users_must_be(void **state) {
    struct error error;
    (void)state;
    struct catalogue *catalogue = catalogue_new();
    assert_true(catalogue_load(catalogue, "config/campaigns.json", &error));
    catalogue_free(catalogue);
}

/* The trainer names clusters by high and low features: the built-in catalogue has a word for each, and for the pair of light
 * buyers. */
static void test_the_built_in_one_knows_every_trait(void **state) {
    struct catalogue *catalogue = catalogue_new();
    (void)state;
    catalogue_add_built_in(catalogue);
    for (int f = 0; f < FEATURE_COUNT; f++)
        for (int high = 0; high < 2; high++) {
            char segment[80];
            snprintf(segment, sizeof segment, "%s_%s-high_something", high ? "high" : "low", feature_name((enum feature)f));
            const json_t *entry = catalogue_entry(catalogue, "kmeans", segment);
            const json_t *goal = json_object_get(entry, "goal"), *next = json_object_get(entry, "next");
            assert_non_null(json_string_value(json_object_get(goal, "en")));
            assert_non_null(json_string_value(json_object_get(next, "tr")));
            assert_true(json_array_size(catalogue_campaigns(catalogue, "kmeans", segment)) > 0);
        }
    assert_string_equal(next_of(catalogue, "kmeans", "low_orders_online-low_orders_offline"), /* more traits are more exact */
                        "Give a reason for another order this month");
    catalogue_free(catalogue);
}

static const char *champions_do(const char *setting) {
    struct error error;
    struct catalogue *catalogue = catalogue_new();
    assert_true(catalogue_configure(catalogue, setting, &error));
    const char *next = next_of(catalogue, "rfm", "champions");
    const char *known = next == NULL                                              ? "nothing"
                        : strcmp(next, "From the recipe") == 0                    ? "the recipe"
                        : strcmp(next, "Show them the new collection first") == 0 ? "the program"
                                                                                  : "something else";
    catalogue_free(catalogue);
    return known;
}

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void test_as_configured(void **state) {
    char path[] = "/tmp/obek-test-catalogue-XXXXXX";
    struct error error;
    struct catalogue *catalogue = catalogue_new();
    (void)state;
    close(mkstemp(path));
    assert_string_equal(champions_do(""), "nothing");
    assert_string_equal(champions_do("built-in"), "the program");
    assert_string_equal(champions_do("config/campaigns.json"), "the program");
    write_text(path, "{\"obek_recipe\":1,\"campaigns\":{\"obek_campaigns\":1,\"segments\":"
                     "[{\"id\":\"champions\",\"next\":{\"en\":\"From the recipe\"}}]}}");
    assert_string_equal(champions_do(path), "the recipe");
    write_text(path, "{\"obek_recipe\":1}");
    assert_false(catalogue_configure(catalogue, path, &error));
    assert_non_null(strstr(error.text, "campaign.catalogue: "));
    assert_non_null(strstr(error.text, "a recipe without campaigns"));
    assert_false(catalogue_configure(catalogue, "/nowhere/built-in", &error));
    catalogue_free(catalogue);
    unlink(path);
}

static void test_what_is_wrong_is_named(void **state) {
    static const char *const cases[][2] = {
        { "[]", "own: " },
        { "{\"obek_campaigns\":1,\"x\":1}", "x" },
        { "{\"obek_campaigns\":\"1\"}", "obek_campaigns: expected 1" },
        { "{\"obek_campaigns\":1,\"segments\":{}}", "segments: " },
        { "{\"obek_campaigns\":1,\"segments\":[{\"id\":\"a\",\"traits\":[\"b\"]}]}", "segments[0]: either" },
        { "{\"obek_campaigns\":1,\"segments\":[{\"traits\":[]}]}", "segments[0].traits" },
        { "{\"obek_campaigns\":1,\"segments\":[{\"traits\":[1]}]}", "segments[0].traits[0]" },
        { "{\"obek_campaigns\":1,\"segments\":[{\"id\":\"a\",\"goal\":{}}]}", "segments[0].goal: expected \"en\" or \"tr\"" },
        { "{\"obek_campaigns\":1,\"segments\":[{\"id\":\"a\",\"goal\":{\"en\":1}}]}", "segments[0].goal.en: expected a text" },
        { "{\"obek_campaigns\":1,\"segments\":[{\"id\":\"a\",\"scheme\":\"\"}]}", "segments[0].scheme" },
        { "{\"obek_campaigns\":1,\"campaigns\":[{\"id\":\"a\"}]}", "campaigns[0].name" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = { "" };
        struct catalogue *catalogue = catalogue_new();
        assert_false(catalogue_parse(catalogue, slice_of(cases[i][0]), "own", &error));
        catalogue_free(catalogue);
        if (strstr(error.text, cases[i][1]) == NULL)
            fail_msg("%s: %s", cases[i][0], error.text);
    }
}

static void test_a_text_is_cut_between_characters(void **state) {
    const struct slice text = slice_of("a\xc5\x9f\xc5\x9f"); /* a, then twice a letter of two bytes */
    static const size_t lengths[] = { 0, 1, 1, 3, 3, 5, 5 };
    (void)state;
    for (size_t most = 0; most < 7; most++)
        assert_int_equal(utf8_cut(text, most).len, lengths[most]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_most_exact_entry_counts),
        cmocka_unit_test(test_the_built_in_one_is_as_a_users_must_be),
        cmocka_unit_test(test_the_built_in_one_knows_every_trait),
        cmocka_unit_test(test_as_configured),
        cmocka_unit_test(test_what_is_wrong_is_named),
        cmocka_unit_test(test_a_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
