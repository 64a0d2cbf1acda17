/* Walks tests/cases: every record gets the answer that is written beside it (tests/cases/README.md). */
#include "decode_fixture.h"

#include <dirent.h>

#define CASES "tests/cases"

struct test_case {
    char folder[512];
    struct buffer value, key, schema_text;
    bool has_value, has_key;
    struct record_header headers[4];
    struct raw_record record;
    int64_t wall;
    struct avro_schema_plan *schema;
};

static struct test_case current;

static enum schema_state by_id(void *context, uint32_t id, const struct avro_schema_plan **found, struct error *error) {
    (void)context;
    *found = current.schema;
    if (id == 1 && current.schema != NULL)
        return SCHEMA_FOUND;
    error_set(error, "no such schema");
    return SCHEMA_UNKNOWN;
}

static enum schema_state by_fingerprint(void *context, uint64_t fingerprint, const struct avro_schema_plan **found,
                                        struct error *error) {
    (void)context;
    *found = current.schema;
    if (current.schema != NULL && fingerprint == avro_schema_plan_fingerprint(current.schema))
        return SCHEMA_FOUND;
    error_set(error, "no such schema");
    return SCHEMA_UNKNOWN;
}

static bool read_file(const char *name, struct buffer *out) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", current.folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    for (size_t n = 1; n > 0; out->len += n)
        n = fread(buffer_reserve(out, 4096), 1, 4096, file);
    fclose(file);
    return true;
}

static void read_hex(struct buffer *out) {
    struct buffer text = { 0 };
    if (!read_file("value.hex", &text))
        return;
    buffer_append(&text, "\n", 2);
    for (char *at = text.data; *at != '\0';) {
        size_t digits = strspn(at, "0123456789abcdefABCDEF");
        if (digits >= 2) {
            buffer_append(out, &(char){ (char)strtol((char[]){ at[0], at[1], 0 }, NULL, 16) }, 1);
            at += 2;
        } else {
            at += *at == '#' ? strcspn(at, "\n") : 1;
        }
    }
    buffer_free(&text);
    current.has_value = true;
}

static void set_kind(struct fixture *fixture, const char *text, const char *kind) {
    fixture_kind(fixture, text,
                 strcmp(kind, "RETURN") == 0  ? KIND_RETURN
                 : strcmp(kind, "ORDER") == 0 ? KIND_ORDER
                                              : KIND_CANCELLATION);
}

static int64_t instant_setting(const char *value) {
    return strcmp(value, "none") == 0 ? -1 : strtoll(value, NULL, 10);
}

static void set_meta(struct fixture *fixture, const char *name, char *value) {
    static const char *const formats[] = { "auto", "json", "confluent-avro", "avro-single-object" };
    struct feed *feed = fixture->feed;
    if (strncmp(name, "field.", 6) == 0)
        fixture_map(fixture, name + 6, value);
    else if (strncmp(name, "kind.", 5) == 0)
        set_kind(fixture, name + 5, value);
    else if (strncmp(name, "header.", 7) == 0)
        current.headers[current.record.n_headers++] = (struct record_header){ slice_of(name + 7), slice_of(value) };
    else if (strcmp(name, "key") == 0)
        current.record.key = slice_of(value);
    else if (strcmp(name, "channel") == 0)
        feed->channel = xstrdup(value);
    else if (strcmp(name, "timestamp") == 0)
        current.record.timestamp = instant_setting(value);
    else if (strcmp(name, "wall") == 0)
        current.wall = instant_setting(value);
    else if (strcmp(name, "amount.unit") == 0)
        feed->amount_in_minor = strcmp(value, "minor") == 0;
    else if (strcmp(name, "time.unit") == 0)
        feed->time_unit = strcmp(value, "s") == 0 ? TIME_UNIT_S : strcmp(value, "us") == 0 ? TIME_UNIT_US : TIME_UNIT_MS;
    else if (strcmp(name, "format") == 0)
        for (int i = 0; i < 4; i++)
            feed->format = strcmp(value, formats[i]) == 0 ? (enum feed_format)i : feed->format;
    else if (strcmp(name, "unit.only") != 0)
        fail_msg("%s/meta: unknown name %s", current.folder, name);
}

/* the lines stay in memory: headers and key point into them */
static struct buffer read_meta(struct fixture *fixture) {
    struct buffer meta = { 0 };
    char *save = NULL;
    if (!read_file("meta", &meta))
        return meta;
    buffer_append(&meta, "", 1);
    for (char *line = strtok_r(meta.data, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        char *equals = strchr(line, '=');
        assert_non_null(equals);
        *equals = '\0';
        set_meta(fixture, line, equals + 1);
    }
    return meta;
}

static bool compare(struct fixture *fixture, enum decode_status status) {
    struct buffer expected = { 0 };
    if (!read_file("expected", &expected))
        fail_msg("%s: no file \"expected\"", current.folder);
    buffer_append(&expected, "\n\n", 3);
    char *fragment = strchr(expected.data, '\n');
    *fragment++ = '\0';
    *strchr(fragment, '\n') = '\0';
    const char *reason = status == DECODE_OK ? "order" : fixture->failure.reason;
    bool same =
        status == DECODE_OK ? strcmp(fragment, fixture->text) == 0 : strstr(fixture->failure.error.text, fragment) != NULL;
    bool right = strcmp(reason, expected.data) == 0 && same && *fragment != '\0';
    if (!right)
        print_error("%s\n  wanted: %s: %s\n  got:    %s\n", current.folder, expected.data, fragment, fixture->text);
    buffer_free(&expected);
    return right;
}

static bool run_case(const char *name) {
    struct fixture fixture = { 0 };
    struct error error = { "" };
    const struct schema_source source = { NULL, by_id, by_fingerprint };
    current = (struct test_case){ .wall = FIXTURE_NOW, .record.timestamp = FIXTURE_NOW };
    snprintf(current.folder, sizeof current.folder, CASES "/%s", name);
    fixture_open(&fixture, &source);
    struct buffer meta = read_meta(&fixture);
    current.has_value = read_file("value", &current.value);
    read_hex(&current.value);
    if (read_file("schema.avsc", &current.schema_text)) {
        current.schema = avro_schema_plan_new(buffer_slice(&current.schema_text), &error);
        if (current.schema == NULL)
            fail_msg("%s: %s", current.folder, error.text);
    }
    buffer_reserve(&current.value, 1);
    current.record.headers = current.headers;
    current.record.value = current.has_value ? buffer_slice(&current.value) : (struct slice){ NULL, 0 };
    fixture_decode(&fixture, &current.record, current.wall);
    bool right = compare(&fixture, fixture.failure.reason == NULL ? DECODE_OK : DECODE_BAD);
    fixture_close(&fixture);
    avro_schema_plan_free(current.schema);
    buffer_free(&current.value);
    buffer_free(&current.schema_text);
    buffer_free(&meta);
    return right;
}

static void every_case_gets_its_answer(void **state) {
    (void)state;
    struct dirent **entries;
    int n = scandir(CASES, &entries, NULL, alphasort), bad = 0, good = 0, wrong = 0;
    if (n < 0)
        fail_msg("no folder " CASES ": run from the project's root");
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        if (name[0] != '.' && strcmp(name, "README.md") != 0) {
            wrong += !run_case(name);
            *(strncmp(name, "good-", 5) == 0 ? &good : &bad) += 1;
        }
        free(entries[i]);
    }
    free(entries);
    assert_int_equal(wrong, 0);
    assert_true(bad >= 40);
    assert_true(good >= 10);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_case_gets_its_answer) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
