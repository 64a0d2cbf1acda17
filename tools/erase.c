/* obek erase: forgets a customer (design, section 8; docs/ledger.md, "Erasures"). */
#include "../consumer/propose.h"
#include "../lookup/reading.h"
#include "controlling.h"
#include "obek/clock.h"
#include "obek/command.h"
#include "obek/control_record.h"
#include "obek/instant.h"
#include "obek/options.h"
#include "obek/printing.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

static const struct command_usage usage = {
    .name = "erase",
    .operands = "CUSTOMER",
    .about =
        "Forgets a customer: their orders, segments, history and profile. They leave every segment with a last event, cause\n"
        "ERASE. A tombstone of some 30 bytes stays: it turns away what occurred until now, should it come again or obek be\n"
        "rebuilt from its logs; a later order starts a new customer. Writes one record to the control topic and waits\n"
        "until it is lived through; works while obek runs. What has been published before, and the records of the order\n"
        "topics, are not obek's to erase.",
    .examples = "obek erase -c obek.properties 4711",
    .exits = "1  there is no such customer (or they are erased already), a server does not answer, or obek has not come to the\n"
             "   record in time (it stands, and will be lived through)",
};

struct arguments {
    struct common_options common;
    const char *at, *limit;
    bool no_wait, as_json;
};

struct erasing {
    const struct arguments *arguments;
    struct config *config;
    struct slice id;
    int64_t limit_ms;
    int64_t asked_at; /* --at; TIME_NONE */
    struct reading reading;
    struct kafka_look *look;
    struct customer *customer;
    int64_t orders; /* live ones, before */
    int64_t at, number;
    bool runs, through;
};

static bool failed(const struct error *error) {
    fprintf(stderr, "obek erase: %s\n", error->text);
    return false;
}

static bool is_there(const struct erasing *e, bool found) {
    char at[32];
    if (found && !customer_is_tombstone(e->customer))
        return true;
    fputs(found ? "obek erase: erased already, as of " : "obek erase: there is no customer ", stderr);
    if (found)
        fputs(reading_instant(e->customer->erased_at, at), stderr);
    else
        print_text(stderr, e->id);
    fputs("\n", stderr);
    return false;
}

/* As of now, in the time that obek goes by, and not before anything that the customer has been evaluated with. */
static bool choose_instant(struct erasing *e, struct error *error) {
    int64_t now = wall_ms();
    if (e->asked_at != TIME_NONE) {
        e->at = e->asked_at;
        return e->at <= now || error_set(error, "--at %s lies ahead: orders until then would be turned away", e->arguments->at);
    }
    if (e->config->clock != CLOCK_WALL && !propose_time(e->look, e->reading.store, e->config, &now, error))
        return false;
    e->at = now > e->customer->as_of ? now : e->customer->as_of;
    return true;
}

static bool write_record(struct erasing *e, struct error *error) {
    struct buffer record = { 0 };
    bool ok = control_record_write_erase(&record, e->id, e->at, error) &&
              propose_send(e->config, buffer_slice(&record), &e->number, error);
    buffer_free(&record);
    return ok;
}

static bool wait_for_it(struct erasing *e, struct error *error) {
    struct controlling controlling = { .config = e->config, .look = e->look, .store = e->reading.store };
    if (!controlling_members(e->look, e->config, &e->runs, error))
        return false;
    if (!e->runs || e->arguments->no_wait)
        return true;
    controlling.runs = true;
    bool ok = controlling_wait(&controlling, reading_bucket(&e->reading, e->id), e->number, e->limit_ms, &e->through, error);
    e->runs = controlling.runs;
    return ok;
}

static bool erase(struct erasing *e) {
    struct error error;
    bool found;
    if (!reading_open(&e->reading, e->config, &error) || !reading_customer(&e->reading, e->id, e->customer, &found, &error))
        return failed(&error);
    if (!is_there(e, found))
        return false;
    struct ledger_summary summary = ledger_summarise(&e->customer->ledger);
    e->orders = summary_orders(&summary);
    e->look = kafka_look_new(e->config, &error);
    if (e->look == NULL || !choose_instant(e, &error) || !write_record(e, &error) || !wait_for_it(e, &error) ||
        (e->through && !reading_customer(&e->reading, e->id, e->customer, &found, &error)))
        return failed(&error);
    return true;
}

static const char *said(const struct erasing *e) {
    if (e->through)
        return customer_is_tombstone(e->customer) ? "erased" : "erased up to that instant; there are orders that occurred later";
    if (e->arguments->no_wait)
        return "the record is written; obek erases the customer when it comes to it";
    if (!e->runs)
        return "no obek of this group runs: the customer is erased when one does";
    return "obek has not come to the record yet; it stands, and the customer will be erased";
}

static int tell(const struct erasing *e) {
    char at[40];
    instant_text(e->at, at);
    if (e->arguments->as_json) {
        json_t *answer = json_pack("{s:s%, s:s, s:I, s:I, s:b}", "customer_id", e->id.data, e->id.len, "erased_at", at, "orders",
                                   (json_int_t)e->orders, "number", (json_int_t)e->number, "erased", (int)e->through);
        json_dumpf(answer, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(answer);
    } else {
        print_text(stdout, e->id);
        printf(": %" PRId64 " orders, as of %s, number %" PRId64 "\n", e->orders, at, e->number);
    }
    fprintf(stderr, "%s\n", said(e));
    return e->runs && !e->through && !e->arguments->no_wait ? EXIT_FAILED : EXIT_DONE;
}

static int run(const struct arguments *arguments, const char *id) {
    struct erasing e = { .arguments = arguments, .id = slice_of(id), .asked_at = TIME_NONE };
    struct error error;
    if (!controlling_limit(arguments->limit, &e.limit_ms))
        return options_wrong(&usage, "--limit %s: not a number of seconds from 1 to %d", arguments->limit,
                             CONTROLLING_LIMIT_S_MAX);
    e.config = options_config(&arguments->common, &usage);
    if (e.config == NULL)
        return EXIT_USAGE;
    e.customer = xcalloc(1, sizeof *e.customer);
    int status;
    if (arguments->at != NULL && !instant_parse(&e.asked_at, slice_of(arguments->at), &error))
        status = options_wrong(&usage, "--at: %s", error.text);
    else
        status = erase(&e) ? tell(&e) : EXIT_FAILED;
    kafka_look_free(e.look);
    if (e.reading.store != NULL)
        reading_close(&e.reading);
    free(e.customer);
    config_free(e.config);
    return status;
}

int command_erase(int argc, char **argv) {
    struct arguments arguments = { 0 };
    const struct command_option options[] = {
        OPTION_CONFIG_FILE(arguments.common),
        OPTION_OVERRIDE(arguments.common),
        OPTION_OUTPUT(arguments.common),
        { .name = "at",
          .argument = "TIME",
          .help = "all up to then is forgotten; default: now (with another clock than wall: the time reached)",
          .text = &arguments.at },
        { .name = "limit", .argument = "SECONDS", .help = "how long to wait for it; default 60", .text = &arguments.limit },
        { .name = "no-wait", .help = "only write the record", .flag = &arguments.no_wait },
    };
    int first, status;
    if (options_parse(argc, argv, &usage, options, sizeof options / sizeof options[0], &first, &status) &&
        options_output(&arguments.common, &usage, &arguments.as_json, &status))
        status = argc - first == 1 ? run(&arguments, argv[first]) : options_wrong(&usage, "which customer?");
    option_values_free(&arguments.common.overrides);
    return status;
}
