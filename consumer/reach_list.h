/* What is known of all order partitions, put together: the brokers' answer and the notes in obek:watermarks (design, section 4).
 */
#ifndef OBEK_REACH_LIST_H
#define OBEK_REACH_LIST_H

#include "ends_query.h"
#include "idle_watch.h"
#include "store.h"

struct reach_list {
    struct reach_source *items; /* in the order of the answer */
    size_t n;
};

/* One call to Redis; everything is in the arena. The notes are read after the answer came, so a position may be past its end.
   watch: says who is idle by the feeds' idle.after; NULL: nobody is. */
bool reach_list_read(struct reach_list *list, struct arena *arena, struct store *store, const struct config *config,
                     const struct ends_answer *answer, struct idle_watch *watch, struct error *error);

#endif
