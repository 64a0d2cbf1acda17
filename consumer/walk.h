/* The walk after a new model (design, section 8): slices of the index, each a tick, until every customer has met the model. How
   far it is stands in obek:meta, "<number of the model> <score> <customer>" or "<number> done", so that whoever writes ticks goes
   on with it; a slice that is walked twice changes nothing. */
#ifndef OBEK_WALK_H
#define OBEK_WALK_H

#include "tick_choice.h"

struct walk {
    int64_t model;   /* the number that what follows is about; -1: nothing is known */
    bool done;       /* everybody has met it */
    uint64_t total;  /* customers when the walk was taken up */
    uint64_t walked; /* since then */
    int64_t said_ms;
};

/* Looks where the walk under the model with this number stands. False: Redis did not answer. */
bool walk_look(struct walk *walk, struct store *store, int64_t model, struct arena *arena, struct due_place *from,
               struct error *error);
/* A slice was lived through. */
bool walk_note(struct walk *walk, struct store *store, const struct tick *tick, size_t customers, struct error *error);
/* There is nobody to be walked to. */
bool walk_finish(struct walk *walk, struct store *store, int64_t model, struct error *error);

#endif
