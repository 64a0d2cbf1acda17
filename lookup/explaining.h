/* What `obek explain` and /api/v1/customers/{id}/explanation tell, gathered. */
#ifndef OBEK_EXPLAINING_H
#define OBEK_EXPLAINING_H

#include "obek/catalogue.h"
#include "obek/explain.h"
#include "reading.h"

#include <jansson.h>

struct explained {
    struct reading *reading;
    const struct catalogue *catalogue; /* campaign.catalogue; an empty one without it */
    struct slice id;
    const struct customer *saved; /* as it is in Redis */
    int64_t now;                  /* ms; not before saved->as_of */
    struct customer *present;     /* the model in force and time up to now lived through: what the next touch would find */
    struct transitions pending;   /* on the way there; not in Redis yet */
    struct ledger_summary summary;
    struct scheme_explanation schemes[MODEL_SCHEMES_MAX]; /* at now; with a live order only */
    bool has_orders;
    bool one_more; /* `order` was tried; false: its value would not fit */
    struct order order;
    struct customer *after; /* and then */
    struct arena memory;    /* for texts */
};

/* The instant to explain at: the wall clock, with another `clock` the least watermark of the order topics (TIME_NONE: none). */
bool explaining_now(struct reading *reading, int64_t *now, struct error *error);
/* A model is in force (reading->model). Catalogue, saved and id are borrowed. */
void explaining_begin(struct explained *explained, struct reading *reading, const struct catalogue *catalogue, struct slice id,
                      const struct customer *saved, int64_t now);
void explaining_end(struct explained *explained);
/* The i-th scheme of the model in force, which is that of present and after. */
const struct scheme *explaining_scheme(const struct explained *explained, int i);

/* docs/formats.md, "obek explain -o json". Owned by the caller. */
json_t *explain_json(struct explained *explained);

#endif
