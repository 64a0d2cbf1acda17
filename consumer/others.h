/* Sources of other instances, as align.ms has to know them (design, section 4): what the slowest has reached that has a backlog
   and delivers. */
#ifndef OBEK_OTHERS_H
#define OBEK_OTHERS_H

#include "reach_list.h"

struct other {
    char *name;
    int64_t position, reached; /* of its note when that moved last */
    int64_t moved_ms;          /* monotonic */
};

/* All zero: nobody was seen yet. n: how many there were at the last look. */
struct others {
    struct other *items;
    size_t n_items, n;
};

void others_free(struct others *others);
/* TIME_NEVER: none. A note that has not moved for ALIGN_PATIENCE_MS is of a source that does not deliver. */
int64_t others_reached(struct others *others, const struct reach_list *list, const struct sources *own, int64_t now_ms);

#endif
