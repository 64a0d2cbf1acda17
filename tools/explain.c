/* obek explain: why a customer is where they are, and what would move them. */
#include "../lookup/explain_text.h"
#include "obek/command.h"
#include "obek/instant.h"
#include "obek/options.h"
#include "obek/printing.h"

#include <stdlib.h>

static const struct command_usage usage = {
    .name = "explain",
    .operands = "CUSTOMER",
    .about = "Tells in plain words why a customer is in their segments, under the model in force: what each feature\n"
             "contributes against the runner-up (kmeans), scores and their bands (rfm), the expected value and how far the\n"
             "cuts are (cltv); what one more order of the usual size would do now, when time alone moves them and where to,\n"
             "and the last changes. \"Now\" is the wall clock; with clock = event or manual it is what all order topics have\n"
             "reached; --at sets it. What is due by then and not written yet is told apart.\n"
             "Only reads; may be used at any time. The JSON is described in docs/formats.md.",
    .examples = "obek explain -c obek.properties 4711\n"
                "obek explain -c obek.properties --lang tr 4711\n"
                "obek explain -c obek.properties -o json 4711 | jq '.schemes.kmeans.why.features'",
    .exits = "1  there is no such customer, no model is in force, or Redis cannot be read",
};

struct arguments {
    struct common_options common;
    const char *lang, *at;
    bool as_json;
    enum language language;
};

static bool find_instant(struct reading *reading, const char *at, int64_t *now, struct error *error) {
    if (at == NULL)
        return explaining_now(reading, now, error);
    return instant_parse(now, slice_of(at), error) || error_context(error, "--at");
}

static void tell(struct reading *reading, const struct catalogue *catalogue, const char *id, const struct customer *customer,
                 int64_t now, const struct arguments *arguments) {
    struct explained explained;
    explaining_begin(&explained, reading, catalogue, slice_of(id), customer, now);
    if (arguments->as_json) {
        json_t *answer = explain_json(&explained);
        json_dumpf(answer, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(answer);
    } else {
        explain_text(&explained, arguments->language, stdout);
    }
    explaining_end(&explained);
}

static bool explain_one(struct reading *reading, const char *id, const struct arguments *arguments, struct error *error) {
    struct customer *customer = xcalloc(1, sizeof *customer);
    struct catalogue *catalogue = catalogue_new();
    int64_t now;
    bool found = false;
    bool ok = reading->model != NULL || error_set(error, "no model is in force, or its file is not in Redis");
    ok = ok && catalogue_configure(catalogue, reading->config->campaign_catalogue, error) &&
         find_instant(reading, arguments->at, &now, error) && reading_customer(reading, slice_of(id), customer, &found, error) &&
         (found || error_set(error, "there is no customer %s", id));
    if (ok)
        tell(reading, catalogue, id, customer, now, arguments);
    catalogue_free(catalogue);
    free(customer);
    return ok;
}

static int explain(const struct arguments *arguments, const char *id) {
    struct config *config = options_config(&arguments->common, &usage);
    if (config == NULL)
        return EXIT_USAGE;
    struct error error;
    struct reading reading;
    bool opened = reading_open(&reading, config, &error);
    bool ok = opened && explain_one(&reading, id, arguments, &error);
    if (!ok) {
        fputs("obek explain: ", stderr);
        print_text(stderr, slice_of(error.text));
        fputs("\n", stderr);
    }
    if (opened)
        reading_close(&reading);
    config_free(config);
    return ok ? EXIT_DONE : EXIT_FAILED;
}

int command_explain(int argc, char **argv) {
    struct arguments arguments = { .language = ENGLISH };
    const struct command_option options[] = {
        OPTION_CONFIG_FILE(arguments.common),
        OPTION_OVERRIDE(arguments.common),
        OPTION_OUTPUT(arguments.common),
        { .name = "lang", .argument = "LANGUAGE", .help = "en (the default) or tr", .text = &arguments.lang },
        { .name = "at", .argument = "INSTANT", .help = "explain as of then (RFC 3339), not of now", .text = &arguments.at },
    };
    int first, status;
    if (!options_parse(argc, argv, &usage, options, sizeof options / sizeof options[0], &first, &status) ||
        !options_output(&arguments.common, &usage, &arguments.as_json, &status))
        ;
    else if (arguments.lang != NULL && !language_parse(&arguments.language, arguments.lang))
        status = options_wrong(&usage, "--lang %s: neither en nor tr", arguments.lang);
    else if (argc - first != 1)
        status = options_wrong(&usage, "which customer?");
    else
        status = explain(&arguments, argv[first]);
    option_values_free(&arguments.common.overrides);
    return status;
}
