/* Options of the benches' programs: all are --name value, all have a default or are required. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stddef.h>

struct bench_option {
    const char *name;
    const char **value; /* its default before; NULL: required */
};

/* Ends the program with a message when the arguments are not like that. */
void options_read(int argc, char **argv, const struct bench_option *options, size_t n);
/* The number of an option's text; ends the program when it is none or negative. */
double option_number(const char *name, const char *text);

/* Says why and ends the program with 1. */
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
