#include "options.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bench_fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static const struct bench_option *find(const char *word, const struct bench_option *options, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strncmp(word, "--", 2) == 0 && strcmp(word + 2, options[i].name) == 0)
            return &options[i];
    bench_fail("unknown option %s", word);
}

void options_read(int argc, char **argv, const struct bench_option *options, size_t n) {
    for (int i = 1; i < argc; i += 2) {
        const struct bench_option *option = find(argv[i], options, n);
        if (i + 1 == argc)
            bench_fail("--%s needs a value", option->name);
        *option->value = argv[i + 1];
    }
    for (size_t i = 0; i < n; i++)
        if (*options[i].value == NULL)
            bench_fail("--%s is required", options[i].name);
}

double option_number(const char *name, const char *text) {
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(number) || number < 0)
        bench_fail("--%s: not a number: %s", name, text);
    return number;
}
