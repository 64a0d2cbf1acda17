/* `obek model check`: exit statuses, and what goes to stdout. */
#include "obek/buffer.h"
#include "obek/command.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define MODEL_PATH "config/models/flo-kmeans7.json"

/* Runs the command with stdout and stderr kept apart. */
struct outcome {
    int status;
    char out[8192], err[2048];
};

static int redirect(int descriptor, FILE *to) {
    int kept = dup(descriptor);
    assert_true(kept >= 0);
    assert_true(dup2(fileno(to), descriptor) >= 0);
    return kept;
}

static void restore(int descriptor, int kept, FILE *from, char *text, size_t size) {
    dup2(kept, descriptor);
    close(kept);
    rewind(from);
    text[fread(text, 1, size - 1, from)] = '\0';
    fclose(from);
}

static struct outcome run(const char *arguments) {
    struct outcome outcome = { 0 };
    char *text = xstrdup(arguments), *argv[8] = { 0 };
    int argc = 0;
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    FILE *out = tmpfile(), *err = tmpfile();
    fflush(stdout);
    int kept_out = redirect(STDOUT_FILENO, out), kept_err = redirect(STDERR_FILENO, err);
    outcome.status = command_model(argc, argv);
    fflush(stdout);
    restore(STDERR_FILENO, kept_err, err, outcome.err, sizeof outcome.err);
    restore(STDOUT_FILENO, kept_out, out, outcome.out, sizeof outcome.out);
    free(text);
    return outcome;
}

static void is(const char *arguments, int status, const char *out, const char *err) {
    struct outcome outcome = run(arguments);
    assert_int_equal(outcome.status, status);
    if (*out == '\0' ? outcome.out[0] != '\0' : strstr(outcome.out, out) == NULL)
        fail_msg("stdout of obek %s: \"%s\" instead of \"%s\"", arguments, outcome.out, out);
    if (*err == '\0' ? outcome.err[0] != '\0' : strstr(outcome.err, err) == NULL)
        fail_msg("stderr of obek %s: \"%s\" instead of \"%s\"", arguments, outcome.err, err);
}

static void says_what_is_in_a_good_model(void **state) {
    (void)state;
    is("model check " MODEL_PATH, EXIT_DONE, "flo-kmeans7, version 2021-06-01, TRY\n", "");
    is("model check " MODEL_PATH, EXIT_DONE, "scheme kmeans: type kmeans, 6 features, 7 segments, hysteresis 0.05\n", "");
    is("model check " MODEL_PATH, EXIT_DONE, "loyal_online             Loyal online\n", "");
    is("model check " MODEL_PATH, EXIT_DONE, "probes: 8 checked, all as expected\n", "");
}

static void says_what_is_in_every_type_of_scheme(void **state) {
    (void)state;
    static const char model[] = "model check config/models/flo-all.json";
    is(model, EXIT_DONE, "scheme kmeans: type kmeans, 6 features, 7 segments, hysteresis 0.05\n  features: orders_online", "");
    is(model, EXIT_DONE, "scheme rfm: type rfm, 5 x 5 x 5 scores, 10 segments\n  cuts of recency_days: 33 83 145 232\n", "");
    is(model, EXIT_DONE, "scheme cltv: type cltv, value of 6 months by repeat_frequency, 4 segments\n  cuts of the value: 88 ",
       "");
    is(model, EXIT_DONE, "    champions                Champions\n", "");
    struct outcome outcome = run("model check -o json config/models/flo-all.json");
    json_t *json = json_loads(outcome.out, JSON_REJECT_DUPLICATES, NULL), *schemes = json_object_get(json, "schemes");
    assert_int_equal(json_array_size(schemes), 3);
    const json_t *cuts = json_object_get(json_array_get(schemes, 1), "cuts");
    assert_true(json_real_value(json_array_get(json_object_get(cuts, "monetary"), 0)) == 302.188);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(schemes, 2), "months")), 6);
    json_decref(json);
}

static void says_it_in_json(void **state) {
    (void)state;
    struct outcome outcome = run("model check -o json " MODEL_PATH);
    assert_int_equal(outcome.status, EXIT_DONE);
    json_t *json = json_loads(outcome.out, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "name")), "flo-kmeans7");
    assert_int_equal(json_integer_value(json_object_get(json, "probes_checked")), 8);
    const json_t *scheme = json_array_get(json_object_get(json, "schemes"), 0);
    assert_int_equal(json_array_size(json_object_get(scheme, "features")), 6);
    const json_t *segment = json_array_get(json_object_get(scheme, "segments"), 0);
    assert_string_equal(json_string_value(json_object_get(segment, "id")), "lapsed");
    assert_string_equal(json_string_value(json_object_get(json_object_get(segment, "label"), "tr")), "Kaybedilenler");
    json_decref(json);
}

static void says_what_is_wrong(void **state) {
    (void)state;
    is("model check no-such.json", EXIT_USAGE, "", "obek model check: no-such.json: No such file or directory\n");
    is("model check schemas/model.schema.json", EXIT_USAGE, "",
       "schemas/model.schema.json: obek_model: missing: this is no model file of obek\n");
    is("model", EXIT_USAGE, "", "(see obek model --help)\n");
    is("model check", EXIT_USAGE, "", "check takes one model file");
    is("model check a b", EXIT_USAGE, "", "check takes one model file");
    is("model mend a", EXIT_USAGE, "", "'mend'");
    is("model check -o xml a", EXIT_USAGE, "", "xml");
    is("model --help", EXIT_DONE, "obek model check config/models/flo-kmeans7.json", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_is_in_a_good_model),
        cmocka_unit_test(says_what_is_in_every_type_of_scheme),
        cmocka_unit_test(says_it_in_json),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
