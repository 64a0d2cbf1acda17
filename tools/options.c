#include "obek/options.h"
#include "obek/buffer.h"
#include "obek/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define HELP_CODE 1000 /* codes of options without a letter begin here */

int options_wrong(const struct command_usage *usage, const char *format, ...) {
    va_list arguments;
    fprintf(stderr, "obek %s: ", usage->name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (see obek %s --help)\n", usage->name);
    return EXIT_USAGE;
}

static void print_option(char letter, const char *name, const char *argument, const char *help) {
    char left[80];
    snprintf(left, sizeof left, "%s%c%s%s%s%s%s", letter == 0 ? "  " : "-", letter == 0 ? ' ' : letter,
             letter == 0    ? " "
             : name == NULL ? ""
                            : ",",
             name == NULL  ? ""
             : letter == 0 ? "--"
                           : " --",
             name == NULL ? "" : name, argument == NULL ? "" : " ", argument == NULL ? "" : argument);
    printf("  %-30s %s\n", left, help);
}

/* Text whose every line gets two blanks before it. */
static void print_indented(const char *text) {
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        printf("  %.*s\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

static void print_help(const struct command_usage *usage, const struct command_option *options, size_t n) {
    printf("usage: obek %s%s%s%s\n\n%s\n\noptions:\n", usage->name, n > 0 ? " [options]" : "", usage->operands == NULL ? "" : " ",
           usage->operands == NULL ? "" : usage->operands, usage->about);
    for (size_t i = 0; i < n; i++)
        print_option(options[i].letter, options[i].name, options[i].argument, options[i].help);
    print_option('h', "help", NULL, "this help");
    printf("\nexamples:\n");
    print_indented(usage->examples);
    printf("\nexit status:\n  0  done\n");
    print_indented(usage->exits);
    printf("  2  wrong usage, configuration or model file\n");
}

/* The table as getopt_long wants it; the code of an option is its letter, or HELP_CODE + 1 + its row. */
static struct option *long_options(const struct command_option *options, size_t n) {
    struct option *all = xcalloc(n + 2, sizeof *all);
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        if (options[i].name != NULL)
            all[used++] = (struct option){ .name = options[i].name,
                                           .has_arg = options[i].argument == NULL ? no_argument : required_argument,
                                           .val = options[i].letter != 0 ? options[i].letter : HELP_CODE + 1 + (int)i };
    all[used] = (struct option){ .name = "help", .val = 'h' };
    return all;
}

static void append_letters(struct buffer *letters, const struct command_option *options, size_t n) {
    buffer_append_text(letters, ":h"); /* a colon: what is missing or unknown is told by us */
    for (size_t i = 0; i < n; i++)
        if (options[i].letter != 0)
            buffer_printf(letters, "%c%s", options[i].letter, options[i].argument == NULL ? "" : ":");
    buffer_append(letters, "", 1);
}

static void take(const struct command_option *option, char *argument) {
    if (option->flag != NULL)
        *option->flag = true;
    else if (option->text != NULL)
        *option->text = argument;
    else {
        struct option_values *values = option->values;
        values->items = xrealloc(values->items, (values->n + 1) * sizeof *values->items);
        values->items[values->n++] = argument;
    }
}

static const struct command_option *option_of(int code, const struct command_option *options, size_t n) {
    if (code > HELP_CODE)
        return &options[code - HELP_CODE - 1];
    for (size_t i = 0; i < n; i++)
        if (options[i].letter == code)
            return &options[i];
    return NULL;
}

/* getopt says by optopt which letter was wrong; a long one is the argument it just passed. */
static int tell_wrong(const struct command_usage *usage, char **argv, int code) {
    if (code == ':')
        return options_wrong(usage, "option '%s' needs an argument", argv[optind - 1]);
    if (optopt > 0 && optopt < HELP_CODE && strncmp(argv[optind - 1], "--", 2) != 0)
        return options_wrong(usage, "unknown option '-%c'", optopt);
    return options_wrong(usage, "unknown option '%s'", argv[optind - 1]);
}

bool options_parse(int argc, char **argv, const struct command_usage *usage, const struct command_option *options, size_t n,
                   int *first, int *status) {
    struct option *all = long_options(options, n);
    struct buffer letters = { 0 };
    append_letters(&letters, options, n);
    bool go_on = true;
    int code;
    optind = 0; /* glibc: begin anew */
    opterr = 0;
    while (go_on && (code = getopt_long(argc, argv, letters.data, all, NULL)) != -1) {
        const struct command_option *option = option_of(code, options, n);
        if (option != NULL)
            take(option, optarg);
        else {
            go_on = false;
            *status = code == 'h' ? EXIT_DONE : tell_wrong(usage, argv, code);
            if (code == 'h')
                print_help(usage, options, n);
        }
    }
    *first = optind;
    free(all);
    buffer_free(&letters);
    return go_on;
}

void option_values_free(struct option_values *values) {
    free(values->items);
    *values = (struct option_values){ 0 };
}

struct config *options_config(const struct common_options *common, const struct command_usage *usage) {
    struct error error;
    struct config *config = config_load(common->config_file, common->overrides.items, common->overrides.n, &error);
    if (config == NULL)
        fprintf(stderr, "obek %s: %s\n", usage->name, error.text);
    return config;
}

bool options_output(const struct common_options *common, const struct command_usage *usage, bool *json, int *status) {
    *json = common->output != NULL && strcmp(common->output, "json") == 0;
    if (*json || common->output == NULL || strcmp(common->output, "table") == 0)
        return true;
    *status = options_wrong(usage, "-o %s: neither table nor json", common->output);
    return false;
}
