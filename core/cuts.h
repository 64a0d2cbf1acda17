#ifndef CORE_CUTS_H
#define CORE_CUTS_H

#include "obek/model.h"

/* How many cuts lie below the value. */
static inline int cuts_below(const struct cuts *cuts, double value) {
    int n = 0;
    while (n < cuts->n && cuts->at[n] < value)
        n++;
    return n;
}

#endif
