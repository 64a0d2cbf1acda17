/* obek show: a customer's state, or everybody's. */
#include "../lookup/show_json.h"
#include "obek/command.h"
#include "obek/options.h"
#include "obek/printing.h"
#include "show_table.h"

#include <stdlib.h>

static const struct command_usage usage = {
    .name = "show",
    .operands = "CUSTOMER",
    .about = "Shows what obek keeps of a customer in Redis: the segments they are in and since when, when they move next\n"
             "if nothing happens, the features (as of the customer's last evaluation, \"as of\"), the orders, and the last\n"
             "changes. --all -o json writes every customer, one JSON object a line. Only reads; may be used at any time.\n"
             "The JSON is described in docs/formats.md.",
    .examples = "obek show -c obek.properties 4711\n"
                "obek show -c obek.properties -o json 4711 | jq .segments\n"
                "obek show -c obek.properties --all -o json > customers.jsonl",
    .exits = "1  there is no such customer, or Redis cannot be read",
};

static void write_json(json_t *value, size_t flags) {
    json_dumpf(value, stdout, flags);
    putchar('\n');
    json_decref(value);
}

static bool write_line(void *context, struct slice id, const struct customer *customer) {
    write_json(show_json(context, id, customer), JSON_COMPACT);
    return ferror(stdout) == 0;
}

static int failed(const struct error *error) {
    fprintf(stderr, "obek show: %s\n", error->text);
    return EXIT_FAILED;
}

static int show_all(struct reading *reading) {
    struct error error;
    struct reading_walk walk = { .context = reading, .visit = write_line };
    if (!reading_all(reading, &walk, &error))
        return failed(&error);
    return walk.damaged == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int show_one(struct reading *reading, const char *id, bool as_json) {
    struct error error;
    struct customer *customer = xcalloc(1, sizeof *customer);
    bool found = false;
    int status = EXIT_DONE;
    if (!reading_customer(reading, slice_of(id), customer, &found, &error))
        status = failed(&error);
    else if (!found) {
        fputs("obek show: there is no customer ", stderr);
        print_text(stderr, slice_of(id));
        fputs("\n", stderr);
        status = EXIT_FAILED;
    } else if (as_json)
        write_json(show_json(reading, slice_of(id), customer), JSON_INDENT(2));
    else
        show_table(reading, slice_of(id), customer);
    free(customer);
    return status;
}

static int show(const struct common_options *common, const char *id, bool as_json) {
    struct config *config = options_config(common, &usage);
    if (config == NULL)
        return EXIT_USAGE;
    struct error error;
    struct reading reading;
    int status;
    if (!reading_open(&reading, config, &error))
        status = failed(&error);
    else {
        status = id == NULL ? show_all(&reading) : show_one(&reading, id, as_json);
        reading_close(&reading);
    }
    config_free(config);
    return status;
}

int command_show(int argc, char **argv) {
    struct common_options common = { 0 };
    bool all = false, as_json;
    const struct command_option options[] = {
        OPTION_CONFIG_FILE(common),
        OPTION_OVERRIDE(common),
        OPTION_OUTPUT(common),
        { .name = "all", .help = "every customer; with -o json", .flag = &all },
    };
    int first, status;
    if (!options_parse(argc, argv, &usage, options, sizeof options / sizeof options[0], &first, &status) ||
        !options_output(&common, &usage, &as_json, &status))
        ;
    else if (all && (!as_json || first < argc))
        status = options_wrong(&usage, "--all goes with -o json and without a customer");
    else if (!all && argc - first != 1)
        status = options_wrong(&usage, "which customer?");
    else
        status = show(&common, all ? NULL : argv[first], as_json);
    option_values_free(&common.overrides);
    return status;
}
