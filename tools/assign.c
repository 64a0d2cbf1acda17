/* obek assign: a model's answers offline. */
#include "../trainer/assign.h"
#include "obek/command.h"
#include "obek/instant.h"
#include "obek/interrupt.h"
#include "obek/options.h"
#include "obek/printing.h"

static const struct command_usage usage = {
    .name = "assign",
    .operands = "INPUT.csv[.gz]",
    .about = "Says to which segments customers belong, as CSV, one row a customer, in the order of the input. Rows of\n"
             "orders: each customer lives through their whole history and then through time up to the date, as\n"
             "obek run would have it. Rows of customers: each is evaluated once, as of an entry. How the table is\n"
             "read is said by --recipe, else by the model (`input`), else its columns are called as in an order\n"
             "(order_id, customer_id, occurred_at, channel, amount, ...; --map says which are called otherwise).\n"
             "Columns: customer_id, the features, a segment for each scheme, scores and values. A scheme that the\n"
             "columns do not suffice for is skipped, and the reason told.",
    .examples = "obek assign --model trained/model.json --as-of 2021-06-01 customers.csv --out segments.csv\n"
                "obek assign --model config/models/flo-all.json --as-of 2021-06-01 --map occurred_at=timestamp orders.csv.gz",
    .exits = "1  the table cannot be read (file, line, column, reason), or the answers cannot be written",
};

struct assign_arguments {
    const char *as_of;
    struct option_values maps;
};

/* The text may hold what a file holds. */
static void tell(const struct error *error) {
    fputs("obek assign: ", stderr);
    print_text(stderr, slice_of(error->text));
    fputc('\n', stderr);
}

static int run(struct assign_options *options, const struct assign_arguments *arguments) {
    struct error error;
    if (options->model == NULL || arguments->as_of == NULL)
        return options_wrong(&usage, "%s is needed", options->model == NULL ? "--model MODEL.json" : "--as-of DATE");
    if (!instant_parse(&options->as_of, slice_of(arguments->as_of), &error))
        return options_wrong(&usage, "--as-of: %s", error.text);
    options->n_maps = arguments->maps.n;
    options->maps = arguments->maps.items;
    interrupt_catch();
    enum assign_result result = assign(options, &error);
    if (result != ASSIGN_DONE)
        tell(&error);
    return result == ASSIGN_DONE ? EXIT_DONE : result == ASSIGN_FAILED ? EXIT_FAILED : EXIT_USAGE;
}

int command_assign(int argc, char **argv) {
    struct assign_options options = { 0 };
    struct assign_arguments arguments = { 0 };
    const struct command_option table[] = {
        { .name = "model", .argument = "MODEL.json", .help = "the model", .text = &options.model },
        { .name = "as-of",
          .argument = "DATE",
          .help = "the instant to answer for; a date is its midnight, UTC",
          .text = &arguments.as_of },
        { .name = "recipe",
          .argument = "RECIPE.json",
          .help = "how the table is read, instead of the model's input",
          .text = &options.recipe },
        { .name = "map",
          .argument = "FIELD=COLUMN,...",
          .help = "rows of orders: which columns are which fields",
          .values = &arguments.maps },
        { .name = "out", .argument = "FILE", .help = "write there instead of to stdout", .text = &options.out },
    };
    int first, status;
    if (options_parse(argc, argv, &usage, table, sizeof table / sizeof table[0], &first, &status)) {
        options.input = argc - first == 1 ? argv[first] : NULL;
        status = options.input != NULL ? run(&options, &arguments) : options_wrong(&usage, "one input file is needed");
    }
    option_values_free(&arguments.maps);
    return status;
}
