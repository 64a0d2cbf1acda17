#ifndef CORE_FIRST_INSTANT_H
#define CORE_FIRST_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

/* Something that can be asked of every instant. */
struct condition {
    bool (*holds)(const void *context, int64_t at);
    const void *context;
};

/* The first instant in (lo, hi] at which the condition holds, given that it does not at lo, does at hi, and changes once (or
   some instant at which it holds and 1 ms before does not). `about`: where it is expected; a good guess costs two questions. */
int64_t first_instant(struct condition condition, int64_t lo, int64_t hi, double about);

#endif
