/* How far one tick goes (design, section 4): pure. */
#ifndef OBEK_TICK_CHOICE_H
#define OBEK_TICK_CHOICE_H

#include "store_due.h"

struct tick_choice {
    size_t n;              /* customers whom the tick reaches */
    bool all;              /* nobody is left behind `last` */
    struct due_place last; /* the last of them; n > 0 */
};

/* Out of the heads of the buckets: at most `most` customers, and no bucket has more than it answered with, which is what one save
   call holds. Sorts the entries. */
struct tick_choice tick_choose(struct due_entries *entries, size_t most);

#endif
