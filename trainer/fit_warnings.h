/* What a fit has to say beside its numbers. A program goes by the code; a person reads what it means and what to do. */
#ifndef OBEK_TRAINER_FIT_WARNINGS_H
#define OBEK_TRAINER_FIT_WARNINGS_H

#define FIT_WARNINGS_MAX 8

enum fit_warning_code {
    FIT_NO_DROPOUT,        /* the likelihood is that of customers who never leave */
    FIT_DROPOUT_UNCERTAIN, /* hardly more than that */
    FIT_FEW_REPEATERS,
    FIT_RUNNING_OFF, /* parameters stopped at the bounds of the search; detail: which */
    FIT_NO_STANDARD_ERRORS,
    FIT_NOT_CONVERGED,
    FIT_NO_MEAN,     /* Gamma-Gamma, q <= 1 */
    FIT_HELD,        /* Gamma-Gamma: q stopped at the bound that was asked for */
    FIT_ZERO_VALUES, /* Gamma-Gamma: customers left out because they have spent nothing */
    FIT_EQUAL_CUTS,  /* bands or scores that nobody can have */
};

struct fit_warning {
    enum fit_warning_code code;
    char detail[96]; /* of this data: numbers, names of parameters; may be empty */
};

struct fit_warnings {
    int n;
    struct fit_warning list[FIT_WARNINGS_MAX];
};

/* "no_dropout" and so on: stable, for metrics.json and recipes. */
const char *fit_warning_name(enum fit_warning_code code);
/* One sentence each, in English, without a full stop. */
const char *fit_warning_meaning(enum fit_warning_code code);
const char *fit_warning_advice(enum fit_warning_code code);

void fit_warn(struct fit_warnings *warnings, enum fit_warning_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
