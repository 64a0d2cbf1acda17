/* What the last day of segment changes looks like: how many moved from where to where, minute by minute; how fast they come; and
   the latest of them, as they are told live. Bounded, however many there are. Pure: time is an argument. */
#ifndef OBEK_CHANGE_WINDOW_H
#define OBEK_CHANGE_WINDOW_H

#include "obek/buffer.h"
#include "obek/event.h"

#define WINDOW_MINUTES 1440
#define MINUTE_MS INT64_C(60000)
#define WINDOW_FLOWS_MAX 4096    /* distinct ones; changes of others are only counted */
#define WINDOW_RECENT_MAX 1024   /* changes told live; a power of two */
#define WINDOW_ID_BYTES_MAX 2048 /* of an event or a customer: longer ones are not obek's */
#define WINDOW_STEPS_MAX 60

/* All changes of a kind. */
struct flow {
    struct name scheme, from, to; /* length 0: entered, left */
    enum cause cause;
    uint32_t minutes[WINDOW_MINUTES]; /* by minute since 1970, modulo */
};

/* A change to be told live. */
struct recent_change {
    struct slice event_id; /* owned */
    struct buffer json;    /* an object on one line */
};

struct change_window {
    int64_t minute; /* the newest that was looked at, since 1970 */
    size_t n_flows;
    struct flow *flows[WINDOW_FLOWS_MAX];
    uint16_t *slots; /* hash table of flows: 1 + index */
    uint64_t seen, unreadable, not_told_apart;
    uint64_t next; /* number of the next change: the last WINDOW_RECENT_MAX before it are kept */
    struct recent_change recent[WINDOW_RECENT_MAX];
};

struct change_window *change_window_new(int64_t now_ms);
void change_window_free(struct change_window *window);

/* A record of the campaign topic with its Kafka timestamp. One from the future counts as of now, one from before the window not
   at all. False: it is no segment change; it is counted as unreadable. */
bool change_window_add(struct change_window *window, int64_t now_ms, int64_t at_ms, struct slice value);
/* Takes the window to now: minutes pass although nothing comes. */
void change_window_advance(struct change_window *window, int64_t now_ms);

/* Changes of the flow in the newest `minutes` minutes, the running one included. */
uint64_t flow_count(const struct change_window *window, const struct flow *flow, int minutes);
/* The same for one of the steps of step_minutes each that the time is cut into; 0 is the newest, which holds the running minute.
 */
uint64_t flow_step(const struct change_window *window, const struct flow *flow, int step, int step_minutes);

/* The number of the oldest change that is kept. */
uint64_t change_window_oldest(const struct change_window *window);
const struct recent_change *change_window_recent(const struct change_window *window, uint64_t number);
/* The number of the change behind the one of that id; false: it is not kept. */
bool change_window_after(const struct change_window *window, struct slice event_id, uint64_t *number);

#endif
