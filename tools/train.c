/* obek train: learns a model from a table of customers or orders. */
#include "../trainer/train.h"
#include "../trainer/report.h"
#include "obek/command.h"
#include "obek/fields.h"
#include "obek/instant.h"
#include "obek/interrupt.h"
#include "obek/ledger.h"
#include "obek/options.h"
#include "obek/printing.h"
#include "obek/progress.h"

static const struct command_usage usage = {
    .name = "train",
    .operands = "INPUT.csv[.gz]",
    .about = "Learns a model from a table, one row a customer or one row an order, as a recipe says: which column is\n"
             "what, how to clean, which schemes to learn (K-Means, hierarchical, RFM, CLTV). Writes into the folder\n"
             "model.json for obek run, segments.csv (every customer), profiles.csv (every segment), metrics.json\n"
             "(all that was found out), report.html (obek report) and, where there is something to say, elbow.csv,\n"
             "merges.csv, rejected.csv.\n"
             "The same input, recipe and seed give the same bytes, whatever the number of threads. Ready-made\n"
             "recipes are in config/recipes; the format is described in docs/training.md and\n"
             "schemas/recipe.schema.json.",
    .examples = "obek train --recipe config/recipes/flo-kmeans.json flo_data_20k.csv --out flo\n"
                "obek train --recipe my-recipe.json --as-of 2021-06-01 --seed 7 customers.csv.gz --out trained",
    .exits = "1  the input is wrong (file, line, column, reason), cannot be learned from, or was interrupted",
};

struct train_arguments {
    const char *recipe, *out, *as_of, *seed, *threads, *language, *catalogue;
};

static bool number(const char *text, int64_t low, int64_t high, int64_t *value) {
    return text == NULL || (field_int64(slice_of(text), value) && *value >= low && *value <= high);
}

/* The text may hold what a file holds. */
static void tell(const struct error *error) {
    fputs("obek train: ", stderr);
    print_text(stderr, slice_of(error->text));
    fputc('\n', stderr);
}

static int run(const struct train_arguments *arguments, const char *input) {
    int64_t seed = 0, threads = 0;
    struct train_options options = { .recipe = arguments->recipe,
                                     .input = input,
                                     .out = arguments->out,
                                     .as_of = TIME_NONE,
                                     .progress = progress_wanted(),
                                     .language = arguments->language,
                                     .catalogue = arguments->catalogue };
    struct error error;
    if (!number(arguments->seed, 0, INT64_MAX, &seed))
        return options_wrong(&usage, "--seed %s: not a whole number from 0 up", arguments->seed);
    if (!number(arguments->threads, 1, 1024, &threads))
        return options_wrong(&usage, "--threads %s: not in 1..1024", arguments->threads);
    if (arguments->as_of != NULL && !instant_parse(&options.as_of, slice_of(arguments->as_of), &error))
        return options_wrong(&usage, "--as-of: %s", error.text);
    if (!report_language_known(arguments->language))
        return options_wrong(&usage, "--lang %s: en or tr", arguments->language);
    options.seed = (uint64_t)seed;
    options.threads = (unsigned)threads;
    interrupt_catch();
    enum train_result result = train(&options, &error);
    if (result != TRAIN_DONE)
        tell(&error);
    return result == TRAIN_DONE ? EXIT_DONE : result == TRAIN_FAILED ? EXIT_FAILED : EXIT_USAGE;
}

int command_train(int argc, char **argv) {
    struct train_arguments arguments = { .language = "en" };
    const struct command_option options[] = {
        { .name = "recipe", .argument = "RECIPE.json", .help = "how to read, clean and learn", .text = &arguments.recipe },
        { .name = "out", .argument = "FOLDER", .help = "where to write; made when it is missing", .text = &arguments.out },
        { .name = "as-of",
          .argument = "DATE",
          .help = "the day of the analysis (default: the recipe's, else the day after the last date)",
          .text = &arguments.as_of },
        { .name = "seed", .argument = "N", .help = "of the random starts (default 0)", .text = &arguments.seed },
        { .name = "threads", .argument = "N", .help = "default: as many as processors", .text = &arguments.threads },
        { .name = "lang",
          .argument = "en|tr",
          .help = "the report's language to begin with (default en)",
          .text = &arguments.language },
        { .name = "campaigns",
          .argument = "FILE",
          .help = "a campaign catalogue for the report, before the built-in one",
          .text = &arguments.catalogue },
    };
    int first, status;
    if (!options_parse(argc, argv, &usage, options, sizeof options / sizeof options[0], &first, &status))
        return status;
    if (argc - first != 1)
        return options_wrong(&usage, "one input file is needed");
    if (arguments.recipe == NULL || arguments.out == NULL)
        return options_wrong(&usage, "%s is needed", arguments.recipe == NULL ? "--recipe RECIPE.json" : "--out FOLDER");
    return run(&arguments, argv[first]);
}
