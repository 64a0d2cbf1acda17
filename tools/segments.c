/* obek segments: how large the segments are, and who is in one. */
#include "members.h"
#include "obek/command.h"
#include "obek/options.h"
#include "obek/printing.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

static const struct command_usage usage = {
    .name = "segments",
    .about =
        "Shows how many customers are in each segment, what their orders brought and, where the model has a scheme of type\n"
        "cltv, what is still expected of them (of each customer at their last evaluation, in the base currency). --members\n"
        "writes one segment's customers as CSV, one a line; with -o json as one JSON object a line. Only reads; may be used\n"
        "at any time.",
    .examples = "obek segments -c obek.properties\n"
                "obek segments -c obek.properties --members champions > champions.csv\n"
                "obek segments -c obek.properties -o json | jq '.schemes[].segments[] | [.segment, .customers]'",
    .exits = "1  there is no such segment, or Redis cannot be read",
};

static size_t widest(const struct sizes *sizes) {
    size_t width = sizeof "SEGMENT";
    for (size_t i = 0; i < sizes->n; i++)
        width = sizes->rows[i].segment.len > width ? sizes->rows[i].segment.len : width;
    return width;
}

static void print_row(const struct reading *reading, const struct sizes *sizes, const struct size_row *row,
                      const struct size_row *total, size_t width) {
    char money[32];
    const char *label = reading_label(reading, &row->scheme, &row->segment);
    printf("  ");
    print_padded(stdout, row->segment.text, width);
    printf(" %10" PRId64 " %5.1f%% %18s %5.1f%%", row->customers, 100 * sizes_share(row->customers, total->customers),
           reading_money(reading, row->value, money), 100 * sizes_share(row->value, total->value));
    if (sizes->cltv != NULL)
        printf(" %18s %5.1f%%", reading_money(reading, row->expected, money), 100 * sizes_share(row->expected, total->expected));
    printf("  %s\n", label == NULL ? "" : label);
}

static void print_scheme(const struct reading *reading, const struct sizes *sizes, const struct name *scheme) {
    struct size_row total = sizes_total(sizes, scheme);
    char value[32];
    size_t width = widest(sizes);
    printf("%s: %" PRId64 " customers, %s %s", scheme->text, total.customers, reading_money(reading, total.value, value),
           reading->config->currency_base);
    if (sizes->cltv != NULL)
        printf("; expected of %" PRId64 " of them within %d months: %s", total.evaluated, sizes->cltv->cltv.months,
               reading_money(reading, total.expected, value));
    printf("\n  ");
    print_padded(stdout, "SEGMENT", width);
    printf(" %10s %6s %18s %6s", "CUSTOMERS", "", "VALUE", "");
    if (sizes->cltv != NULL)
        printf(" %18s %6s", "CLTV", "");
    printf("  LABEL\n");
    for (size_t i = 0; i < sizes->n; i++)
        if (name_equal(&sizes->rows[i].scheme, scheme))
            print_row(reading, sizes, &sizes->rows[i], &total, width);
}

static void print_table(const struct reading *reading, const struct sizes *sizes) {
    if (reading->model != NULL)
        printf("model %s, version %s (number %" PRId64 ")\n", reading->model->name, reading->model->version,
               reading->model_number);
    for (size_t i = 0; i < sizes->n; i++)
        if (sizes_is_first(sizes, i))
            print_scheme(reading, sizes, &sizes->rows[i].scheme);
}

static bool print_json(const struct reading *reading, const struct sizes *sizes, struct error *error) {
    json_t *answer = sizes_json(reading, sizes, error);
    if (answer == NULL)
        return false;
    json_dumpf(answer, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(answer);
    return true;
}

static bool answer(struct reading *reading, const char *members, bool as_json, int *status, struct error *error) {
    struct sizes sizes;
    struct name scheme, segment;
    int64_t damaged = 0;
    bool ok = sizes_read(&sizes, reading, error);
    if (ok && members == NULL && as_json)
        ok = print_json(reading, &sizes, error);
    else if (ok && members == NULL)
        print_table(reading, &sizes);
    else if (ok) {
        ok = members_choose(&sizes, members, &scheme, &segment, error);
        damaged = ok ? members_write(reading, &scheme, &segment, as_json, error) : 0;
    }
    sizes_free(&sizes);
    *status = damaged == 0 ? EXIT_DONE : EXIT_FAILED;
    return ok && damaged >= 0;
}

static int segments(const struct common_options *common, const char *members, bool as_json) {
    struct config *config = options_config(common, &usage);
    if (config == NULL)
        return EXIT_USAGE;
    struct error error;
    struct reading reading;
    int status = EXIT_FAILED;
    bool opened = reading_open(&reading, config, &error);
    if (!opened || !answer(&reading, members, as_json, &status, &error)) {
        fprintf(stderr, "obek segments: %s\n", error.text);
        status = EXIT_FAILED;
    }
    if (opened)
        reading_close(&reading);
    config_free(config);
    return status;
}

int command_segments(int argc, char **argv) {
    struct common_options common = { 0 };
    const char *members = NULL;
    bool as_json;
    const struct command_option options[] = {
        OPTION_CONFIG_FILE(common),
        OPTION_OVERRIDE(common),
        OPTION_OUTPUT(common),
        { .name = "members", .argument = "[SCHEME/]SEGMENT", .help = "this segment's customers", .text = &members },
    };
    int first, status;
    if (!options_parse(argc, argv, &usage, options, sizeof options / sizeof options[0], &first, &status) ||
        !options_output(&common, &usage, &as_json, &status))
        ;
    else if (first < argc)
        status = options_wrong(&usage, "what is '%s'? (a segment's customers: --members SEGMENT)", argv[first]);
    else
        status = segments(&common, members, as_json);
    option_values_free(&common.overrides);
    return status;
}
