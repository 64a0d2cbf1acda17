/* obek import: fills obek from a history (design, section 8; docs/ledger.md, "Imports"). */
#include "../consumer/models.h"
#include "../consumer/propose.h"
#include "../consumer/topics.h"
#include "../lookup/reading.h"
#include "import_send.h"
#include "obek/clock.h"
#include "obek/command.h"
#include "obek/instant.h"
#include "obek/interrupt.h"
#include "obek/options.h"
#include "obek/printing.h"
#include "obek/progress.h"

#include <inttypes.h>
#include <stdlib.h>

#define RATE_DEFAULT 20000

static const struct command_usage usage = {
    .name = "import",
    .operands = "INPUT.csv[.gz]",
    .about = "Fills obek from a history: sets each customer's ledger to what the file says of them up to --until (default:\n"
             "the latest instant in it). Orders that occurred until then count as duplicates afterwards; live orders go on\n"
             "from there. Nothing is told to campaigns unless --publish. The first line names the columns:\n"
             "  rows of orders: as for obek replay (--map, --where). Customers live through them, so that hysteresis goes on\n"
             "  from where they were;\n"
             "  rows of customers: customer_id, first_order_at, last_order_at, orders_online, orders_offline,\n"
             "  value_online, value_offline, perhaps last_order_at_online and last_order_at_offline; or as the model's\n"
             "  input, or --recipe, says.\n"
             "The model comes into force if none is; it must be the one in force otherwise. Customers are told by records of\n"
             "the control topic. Broken off, it is run again: who has it already is left out.",
    .examples = "obek import -c obek.properties --model model.json orders.csv.gz\n"
                "obek import -c obek.properties --model model.json --until 2021-06-01T00:00:00Z customers.csv",
    .exits =
        "1  a row is wrong, another model is in force, a server does not answer, or obek has not come to the last record in\n"
        "   time (they stand, and will be lived through)",
};

struct arguments {
    struct common_options common;
    const char *model, *recipe, *until, *rate, *limit;
    struct option_values maps, wheres;
    bool publish;
};

struct importing {
    const struct arguments *arguments;
    struct config *config;
    struct candidate candidate;
    struct import_input input;
    struct import_rows rows;
    struct import_job job;
    struct import_outcome outcome;
    struct reading reading;
    bool ready;   /* obek ran before: Redis has its meta */
    bool created; /* the control topic: nothing is in it */
};

static bool understand(struct importing *im, struct error *error) {
    const struct arguments *arguments = im->arguments;
    char *end = NULL;
    im->job.rate = arguments->rate == NULL ? RATE_DEFAULT : strtod(arguments->rate, &end);
    if (arguments->rate != NULL &&
        (end == arguments->rate || (*end != '\0' && strcmp(end, "/s") != 0) || !(im->job.rate > 0 && im->job.rate <= 1e9)))
        return error_set(error, "--rate %s: not a number of customers per second, such as 5000/s", arguments->rate);
    if (!controlling_limit(arguments->limit, &im->job.limit_ms))
        return error_set(error, "--limit %s: not a number of seconds from 1 to %d", arguments->limit, CONTROLLING_LIMIT_S_MAX);
    im->job.terms = (struct import_terms){ .until = TIME_NONE, .time = TIME_NONE, .publish = arguments->publish };
    if (arguments->until != NULL && !instant_parse(&im->job.terms.until, slice_of(arguments->until), error))
        return error_context(error, "--until");
    for (size_t i = 0; i < arguments->maps.n; i++)
        if (!csv_selection_map(&im->input.selection, arguments->maps.items[i], error))
            return false;
    for (size_t i = 0; i < arguments->wheres.n; i++)
        if (!csv_selection_where(&im->input.selection, arguments->wheres.items[i], error))
            return false;
    return true;
}

static bool give_up(void *context, const struct error *error) {
    (void)context;
    (void)error;
    return false;
}

/* A first start may be yet to come: then there is neither a control topic nor anything in Redis. */
static bool open_servers(struct importing *im, struct error *error) {
    struct store_meta meta;
    im->job.look = kafka_look_new(im->config, error);
    int partitions = im->job.look == NULL ? -1 : kafka_look_partitions(im->job.look, im->config->control_topic, error);
    im->created = partitions == 0;
    if (partitions < 0 || (im->created && !topics_ensure(im->job.look, im->config, give_up, NULL, error)))
        return false;
    if (!reading_connect(&im->reading, im->config, error) || !store_meta_read(im->reading.store, &meta, error))
        return false;
    im->ready = meta.present && meta.ready;
    reading_close(&im->reading);
    im->reading.store = NULL;
    if (im->ready && !reading_open(&im->reading, im->config, error))
        return false;
    im->job.store = im->ready ? im->reading.store : NULL;
    return true;
}

/* The model comes into force before the first ledger. */
static bool put_model(struct importing *im, struct error *error) {
    const char *sha256 = im->candidate.model->sha256;
    struct buffer record = { 0 };
    int64_t number;
    if (im->ready && im->reading.model_number >= 0) {
        bool same = im->reading.model != NULL && strcmp(im->reading.model->sha256, sha256) == 0;
        return same || error_set(error, "another model is in force (number %" PRId64 "); `obek model put` changes it",
                                 im->reading.model_number);
    }
    struct proposals proposals = { .none = true };
    if (!im->created && !propose_look(im->job.look, im->config, 0, sha256, &proposals, error))
        return false;
    if (!proposals.none)
        return proposals.is_last || error_set(error, "another model has been proposed; `obek model put` changes it");
    bool good = propose_record(&record, &im->candidate, TIME_NONE, error) &&
                propose_send(im->config, buffer_slice(&record), &number, error);
    buffer_free(&record);
    return good;
}

static bool choose_until(struct importing *im, struct error *error) {
    if (im->job.terms.until == TIME_NONE)
        im->job.terms.until = im->rows.last;
    if (im->job.terms.until == TIME_NONE)
        return error_set(error, "%s: no customer is in it", im->input.path);
    return im->job.terms.until <= wall_ms() || error_set(error, "--until lies ahead: orders until then would be duplicates");
}

static bool import(struct importing *im, struct error *error) {
    im->job.config = im->config;
    im->job.progress = progress_wanted();
    if (!open_servers(im, error))
        return false;
    uint16_t capacity = (uint16_t)(im->ready ? im->reading.store->ledger_orders : im->config->ledger_orders);
    return import_rows_read(&im->rows, &im->input, im->config, capacity, error) && choose_until(im, error) &&
           put_model(im, error) && import_send(&im->rows, &im->job, &im->outcome, error);
}

static int tell(const struct importing *im) {
    const struct import_outcome *outcome = &im->outcome;
    char until[40];
    instant_text(im->job.terms.until, until);
    printf("%" PRIu64 " customers, until %s\n", outcome->customers, until);
    if (outcome->known > 0)
        fprintf(stderr, "%" PRIu64 " customers had it already\n", outcome->known);
    if (im->rows.refused > 0)
        fprintf(stderr,
                "%zu rows fit no order of the file (a cancellation or return of an unknown order, ...) and are left out\n",
                im->rows.refused);
    if (outcome->through)
        fputs("done\n", stderr);
    else
        fputs(outcome->runs ? "obek has not come to the last of the records yet; they stand, and it will\n"
                            : "no obek of this group runs: the records are lived through when one does\n",
              stderr);
    return outcome->runs && !outcome->through ? EXIT_FAILED : EXIT_DONE;
}

static void say(const struct error *error) {
    fputs("obek import: ", stderr);
    print_text(stderr, slice_of(error->text)); /* it may hold what the file holds */
    fputc('\n', stderr);
}

static int run_with(struct importing *im) {
    struct error error;
    if (!understand(im, &error))
        return options_wrong(&usage, "%s", error.text);
    if (!candidate_load(&im->candidate, im->arguments->model, im->config, &error)) {
        say(&error);
        return EXIT_USAGE;
    }
    interrupt_catch();
    im->input.under = im->candidate.model;
    bool good = import(im, &error);
    if (!good)
        say(&error);
    import_rows_free(&im->rows);
    kafka_look_free(im->job.look);
    if (im->reading.store != NULL)
        reading_close(&im->reading);
    candidate_free(&im->candidate);
    return good ? tell(im) : EXIT_FAILED;
}

static int run(const struct arguments *arguments, const char *path) {
    if (arguments->model == NULL)
        return options_wrong(&usage, "--model MODEL.json is needed");
    struct importing im = { .arguments = arguments,
                            .input = { .path = path, .model = arguments->model, .recipe = arguments->recipe } };
    im.config = options_config(&arguments->common, &usage);
    if (im.config == NULL)
        return EXIT_USAGE;
    csv_selection_init(&im.input.selection);
    int status = run_with(&im);
    csv_selection_free(&im.input.selection);
    config_free(im.config);
    return status;
}

int command_import(int argc, char **argv) {
    struct arguments arguments = { 0 };
    const struct command_option options[] = {
        OPTION_CONFIG_FILE(arguments.common),
        OPTION_OVERRIDE(arguments.common),
        { .name = "model",
          .argument = "MODEL.json",
          .help = "the model in force, or to come into force",
          .text = &arguments.model },
        { .name = "until",
          .argument = "TIME",
          .help = "all up to then is in the file; default: the latest instant in it",
          .text = &arguments.until },
        { .name = "publish", .help = "tell campaigns into which segments customers come", .flag = &arguments.publish },
        { .name = "recipe",
          .argument = "RECIPE.json",
          .help = "rows of customers: how the table is read",
          .text = &arguments.recipe },
        { .name = "map",
          .argument = "FIELD=COLUMN,...",
          .help = "rows of orders: which columns are which fields",
          .values = &arguments.maps },
        { .name = "where",
          .argument = "COLUMN=VALUE",
          .help = "rows of orders: only such rows (or COLUMN!=VALUE); may be repeated",
          .values = &arguments.wheres },
        { .name = "rate", .argument = "N/s", .help = "at most N customers a second; default 20000", .text = &arguments.rate },
        { .name = "limit",
          .argument = "SECONDS",
          .help = "how long to wait for obek behind the last record; default 60",
          .text = &arguments.limit },
    };
    int first, status;
    if (options_parse(argc, argv, &usage, options, sizeof options / sizeof options[0], &first, &status))
        status = argc - first == 1 ? run(&arguments, argv[first]) : options_wrong(&usage, "one input file is needed");
    option_values_free(&arguments.common.overrides);
    option_values_free(&arguments.maps);
    option_values_free(&arguments.wheres);
    return status;
}
