/* The save stage: load -> step -> save, round by round until every share of a batch stands in Redis (design, section 5 "Save").
 */
#ifndef OBEK_SAVER_H
#define OBEK_SAVER_H

#include "steps.h"

enum save_result {
    SAVE_DONE,
    SAVE_FOREIGN, /* somebody else owns a source, or Redis lost its tail: leave the group and join again */
    SAVE_STOPPED, /* halted, or told not to wait for Redis any longer */
    SAVE_WAIT,    /* some bucket has not reached what the tick comes after; what could be saved is */
};

struct saver {
    struct store *store;
    struct customer_cache *cache;
    struct models *models;
    struct stepper stepper;
    struct drops drops;
    struct halt *halt;
    /* Decides before anything is saved whether the batch's share of bad records is too large. False: it is; halted. */
    bool (*admit)(void *context, const struct batch *batch);
    /* Will it be admitted whatever the steps find? Then nobody has to wait for them all. */
    bool (*is_safe)(void *context, const struct batch *batch);
    void *admit_context;
};

/* Saves a batch that was split into shares. */
enum save_result saver_save(struct saver *saver, struct batch *batch, int64_t now);
/* What a control record does to the buckets that have not lived through it. */
struct control_effect {
    const struct source *by;            /* the control topic, already moved behind the record */
    const struct model_in_force *model; /* to be put in force; NULL: none */
    const struct tick *tick;            /* whose `after` is waited for; NULL: none */
};
/* Moves the marks of the sources to their positions in every bucket where they lag (the once-a-second advance, effect NULL), and
   drops all that is to be dropped. */
enum save_result saver_advance(struct saver *saver, struct sources *sources, const struct control_effect *effect);
/* What a call of Redis that was not answered means: halted when it was refused, stopped when Redis is away. */
enum save_result saver_failed(struct saver *saver, const struct error *error);

#endif
