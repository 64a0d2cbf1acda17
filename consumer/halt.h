/* "Halt, never guess" (design, section 6): the first reason is kept, said once, and ends obek run with exit 3 (or 1 for a
 * failure). */
#ifndef OBEK_HALT_H
#define OBEK_HALT_H

#include "obek/command.h"
#include "obek/error.h"

struct halt {
    bool raised;
    enum exit_status status;
    const char *reason; /* a word, see docs/operations.md */
    struct error error;
};

/* Raises it (the first one stands). Returns false. */
bool halt_raise(struct halt *halt, enum exit_status status, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
