/* obek model: what is done with model files. */
#include "model_commands.h"
#include "obek/command.h"

static const struct command_usage usage = {
    .name = "model",
    .operands = "check|put|diff MODEL.json [OTHER.json]",
    .about = "check   reads a model file as `obek run` would: every value is validated, and the model is held\n"
             "        against its own probes (made-up customers with the segment and the next change expected\n"
             "        of them). Says what is in it, or names the place that is wrong. Needs no configuration.\n"
             "put     checks it, too, and puts it in force by a record in the control topic, also when it was in\n"
             "        force before (that is how to go back); then waits until every bucket has taken it up.\n"
             "        Where no obek runs it comes into force when one starts. A customer moves on the next touch, or\n"
             "        when the walk through all customers, which begins at once, comes by.\n"
             "diff    who would move from where to where, without touching anything: every customer in Redis\n"
             "        from their segments under the model in force to those under MODEL.json, each evaluated\n"
             "        when they were last evaluated (\"as of\"), or at --as-of where that is later. With two files\n"
             "        and --orders: from the first to the second, on the customers of a CSV file (columns as those\n"
             "        of obek replay) who live under the first model until --as-of.\n"
             "The format is described in docs/formats.md and schemas/model.schema.json.",
    .examples = "obek model check config/models/flo-kmeans7.json\n"
                "obek model check -o json model.json\n"
                "obek model diff -c obek.properties new.json\n"
                "obek model diff --orders orders.csv.gz --as-of 2021-06-01 old.json new.json\n"
                "obek model put -c obek.properties new.json",
    .exits = "1  the answer cannot be written; put: not in force within the limit, or another one came after it;\n"
             "   diff: Redis or the orders cannot be read",
};

static int dispatch(const struct model_arguments *arguments, int n, char **words) {
    if (n == 0)
        return options_wrong(&usage, "what is to be done with which model file?");
    if (strcmp(words[0], "check") == 0)
        return n == 2 ? model_check(arguments, words[1]) : options_wrong(&usage, "check takes one model file");
    if (strcmp(words[0], "put") == 0)
        return n == 2 ? model_put(arguments, words[1]) : options_wrong(&usage, "put takes one model file");
    if (strcmp(words[0], "diff") == 0)
        return model_diff(arguments, words + 1, n - 1);
    return options_wrong(&usage, "there is no '%s', only 'check', 'put' and 'diff'", words[0]);
}

int command_model(int argc, char **argv) {
    struct model_arguments arguments = { .usage = &usage };
    const struct command_option options[] = {
        OPTION_CONFIG_FILE(arguments.common),
        OPTION_OVERRIDE(arguments.common),
        OPTION_OUTPUT(arguments.common),
        { .name = "no-wait", .help = "put: do not wait until it is in force", .flag = &arguments.no_wait },
        { .name = "limit", .argument = "SECONDS", .help = "put: wait at most so long (default 60)", .text = &arguments.limit },
        { .name = "orders", .argument = "ORDERS.csv", .help = "diff: on these orders, plain or gzip", .text = &arguments.orders },
        { .name = "as-of", .argument = "INSTANT", .help = "diff: evaluate then (RFC 3339 or a date)", .text = &arguments.as_of },
        { .name = "map",
          .argument = "FIELD=COLUMN,...",
          .help = "diff: which columns are which fields, where they are called otherwise",
          .values = &arguments.maps },
        { .name = "where",
          .argument = "COLUMN=VALUE",
          .help = "diff: only such rows (or COLUMN!=VALUE); may be repeated",
          .values = &arguments.wheres },
    };
    int first, status;
    if (options_parse(argc, argv, &usage, options, sizeof options / sizeof options[0], &first, &status) &&
        options_output(&arguments.common, &usage, &arguments.as_json, &status))
        status = dispatch(&arguments, argc - first, argv + first);
    option_values_free(&arguments.common.overrides);
    option_values_free(&arguments.maps);
    option_values_free(&arguments.wheres);
    return status;
}
