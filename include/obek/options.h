/* Options of a subcommand: getopt_long behind a table, from which --help is written too. */
#ifndef OBEK_OPTIONS_H
#define OBEK_OPTIONS_H

#include "obek/config.h"

/* The arguments of an option that may be repeated; they point into argv. */
struct option_values {
    size_t n;
    char **items;
};

/* One option. Exactly one of text, flag, values says where it goes. */
struct command_option {
    char letter;          /* 0: none */
    const char *name;     /* without --; NULL: none */
    const char *argument; /* what --help calls its argument; NULL: takes none (flag) */
    const char *help;
    const char **text;
    bool *flag;
    struct option_values *values;
};

/* What --help says. */
struct command_usage {
    const char *name;     /* "replay" */
    const char *operands; /* after the options in the usage line: "ORDERS.csv..."; NULL: none */
    const char *about;    /* what it does: sentences, lines of at most 100 characters */
    const char *examples; /* lines, each a whole command */
    const char *exits;    /* what exit status 1 and 3 mean here, a line each: "1  a row is wrong\n3  ..." */
};

/* -c, -X and -o, the same in every command. */
struct common_options {
    const char *config_file, *output;
    struct option_values overrides;
};
#define OPTION_CONFIG_FILE(common)                                                                                               \
    {                                                                                                                            \
        .letter = 'c', .name = "config", .argument = "FILE", .help = "the configuration, a .properties file",                    \
        .text = &(common).config_file                                                                                            \
    }
#define OPTION_OVERRIDE(common)                                                                                                  \
    {                                                                                                                            \
        .letter = 'X', .argument = "KEY=VALUE", .help = "sets one option of the configuration; may be repeated",                 \
        .values = &(common).overrides                                                                                            \
    }
#define OPTION_OUTPUT(common)                                                                                                    \
    { .letter = 'o', .name = "output", .argument = "FORMAT", .help = "table (the default) or json", .text = &(common).output }

/* Reads a command's arguments; argv[0] is the command's name, options and operands may be mixed, -- ends the options. True: go
   on, the operands are argv[*first] to argv[argc - 1]. False: leave with *status (0 after --help, else EXIT_USAGE; told on
   stderr). */
bool options_parse(int argc, char **argv, const struct command_usage *usage, const struct command_option *options, size_t n,
                   int *first, int *status);
void option_values_free(struct option_values *values);
/* "obek replay: <message> (see obek replay --help)" to stderr; returns EXIT_USAGE. */
int options_wrong(const struct command_usage *usage, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Loads the configuration that -c and -X name; NULL after telling on stderr what is wrong with it (EXIT_USAGE). */
struct config *options_config(const struct common_options *common, const struct command_usage *usage);
/* Is -o json asked for? False with *status = EXIT_USAGE, told on stderr, when -o is neither table nor json. */
bool options_output(const struct common_options *common, const struct command_usage *usage, bool *json, int *status);

#endif
