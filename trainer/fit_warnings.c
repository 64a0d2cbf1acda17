#include "fit_warnings.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name, *meaning, *advice;
} texts[] = {
    [FIT_NO_DROPOUT] = { "no_dropout",
                         "no dropout can be seen: customers who never leave explain these purchases just as well, so everybody "
                         "counts as alive",
                         "do not act on P(alive); take a longer history, keep customers who have been silent for long (a list of "
                         "recent buyers shows no dropout), and count repeat orders, not all of them" },
    [FIT_DROPOUT_UNCERTAIN] = { "dropout_uncertain", "the purchases hardly tell customers who leave from customers who never do",
                                "take P(alive) as a rough hint, or learn from a longer history" },
    [FIT_FEW_REPEATERS] = { "few_repeaters", "few customers have bought again, so the parameters are little more than a guess",
                            "learn from more customers or a longer history" },
    [FIT_RUNNING_OFF] = { "running_off",
                          "the likelihood keeps rising as parameters run off to zero or infinity; they were stopped at a bound "
                          "and "
                          "mean nothing by themselves, though expectations may still be right",
                          "look for customers who are all alike, or a time unit or values that are wrong, or use a penalty" },
    [FIT_NO_STANDARD_ERRORS] = { "no_standard_errors",
                                 "the likelihood is flat or at a bound where the search ended, so there are no standard errors",
                                 "do not read single parameters; learn from more customers or a longer history" },
    [FIT_NOT_CONVERGED] = { "not_converged", "the search ended before it had found the greatest likelihood",
                            "check the data for customers unlike all others, or use a penalty" },
    [FIT_NO_MEAN] = { "no_mean",
                      "q is not above 1, so the mean value of a purchase is infinite and a customer without repeat orders has no "
                      "expected value",
                      "ask for q above 1, or lower the penalty" },
    [FIT_HELD] = { "q_held", "q was held at the bound that was asked for; without it the likelihood would be greater",
                   "check the values for extremes, and whether the penalty is meant" },
    [FIT_ZERO_VALUES] = { "zero_values",
                          "customers whose orders are worth nothing were left out: Gamma-Gamma knows positive values only",
                          "check whether free orders should count" },
    [FIT_EQUAL_CUTS] = { "equal_cuts",
                         "cut points are equal, because many customers share a value: some scores or bands are nobody's",
                         "take fewer scores or bands" },
};

const char *fit_warning_name(enum fit_warning_code code) {
    return texts[code].name;
}

const char *fit_warning_meaning(enum fit_warning_code code) {
    return texts[code].meaning;
}

const char *fit_warning_advice(enum fit_warning_code code) {
    return texts[code].advice;
}

void fit_warn(struct fit_warnings *warnings, enum fit_warning_code code, const char *format, ...) {
    assert(warnings->n < FIT_WARNINGS_MAX);
    struct fit_warning *warning = &warnings->list[warnings->n++];
    warning->code = code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(warning->detail, sizeof warning->detail, format, arguments);
    va_end(arguments);
}
