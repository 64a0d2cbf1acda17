#include "obek/command.h"
#include "obek/version.h"
#include "obek/words.h"

#include <hiredis/hiredis.h>
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    { "run", command_run, "the stream processor: orders in, segment changes out" },
    { "replay", command_replay, "order rows of CSV files to a feed's topic, in time order" },
    { "show", command_show, "a customer's state" },
    { "explain", command_explain, "why a customer is where they are, and what would move them" },
    { "segments", command_segments, "sizes of the segments; members as CSV" },
    { "train", command_train, "learns a model from a table of customers or orders" },
    { "assign", command_assign, "a model's answers offline, for a table of customers or orders" },
    { "report", command_report, "the report of what train found, written anew" },
    { "model", command_model, "checks a model file, compares two, puts one in force" },
    { "import", command_import, "first filling from a history, silent unless --publish" },
    { "erase", command_erase, "forgets a customer" },
    { "redrive", command_redrive, "tries the dead letters with today's configuration" },
    { "top", command_top, "a running obek, live in a terminal" },
    { "audit", command_audit, "holds the logs, read again, against Redis" },
};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void print_help(FILE *out) {
    fputs("obek: customer segmentation on a stream of orders (Kafka -> Redis -> Kafka)\n\n"
          "usage: obek COMMAND [options]\n\ncommands:\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
    fputs("\n`obek COMMAND --help` says more; `obek --version` names the versions of obek and its libraries.\n"
          "All options of the configuration, with a comment each, are in config/obek.properties.\n\n"
          "exit status:\n"
          "  0  done\n"
          "  1  failed, or the thing asked for is not there or not right\n"
          "  2  wrong usage, configuration or model file\n"
          "  3  halted, an operator must decide (the message says what)\n",
          out);
}

static void print_version(void) {
    printf("obek %s (librdkafka %s, hiredis %d.%d.%d, jansson %s)\n", OBEK_VERSION, rd_kafka_version_str(), HIREDIS_MAJOR,
           HIREDIS_MINOR, HIREDIS_PATCH, jansson_version_str());
}

static int unknown(const char *name) {
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    const char *nearest = nearest_word(name, names, COMMAND_COUNT);
    fprintf(stderr, "obek: unknown command '%s'", name);
    if (nearest != NULL)
        fprintf(stderr, "; did you mean '%s'?", nearest);
    fputs(" (see obek --help)\n", stderr);
    return EXIT_USAGE;
}

/* A full disk or a closed pipe must not look like success. */
static int flushed(int status) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (status != EXIT_DONE)
        return status;
    perror("obek: cannot write to stdout");
    return EXIT_FAILED;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(name, commands[i].name) == 0)
            return flushed(commands[i].run(argc - 1, argv + 1));
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        print_help(stdout);
    else if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        print_version();
    else
        return unknown(name);
    return flushed(EXIT_DONE);
}
