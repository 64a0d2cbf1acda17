/* What this instance knows of time (design, section 4 "Time reached"): what every instance has saved, by the notes in Redis, and
   where the logs end, by the brokers' answers. */
#ifndef OBEK_TIME_VIEW_H
#define OBEK_TIME_VIEW_H

#include "ends.h"
#include "others.h"
#include "partition_ends.h"
#include "reach_list.h"

struct time_view {
    const struct config *config;
    struct store *store;
    const struct ends *until; /* --exit-at-end: the logs are taken to end there; NULL */
    int64_t until_wall_ms;    /* when those ends were asked for */
    struct partition_ends *asker;
    struct idle_watch *idle;
    struct others others;
    /* of the last look: */
    const struct ends_answer *answer;
    struct arena memory;
    struct reach_list list; /* all partitions of the order topics */
    struct reached reached;
};

/* False: the broker client cannot be made. */
bool time_view_open(struct time_view *view, const struct config *config, struct store *store, const struct ends *until,
                    struct error *error);
void time_view_close(struct time_view *view);

void time_view_ask(struct time_view *view);
/* Looks, if an answer has come since. *fresh: it has. False: Redis did not answer. */
bool time_view_look(struct time_view *view, bool *fresh, struct error *error);
/* The end of the control topic; OFFSET_NONE: no answer. */
int64_t time_view_control_end(const struct time_view *view);

#endif
