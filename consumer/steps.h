/* Steps a bucket's records through the core and puts the outcome into a save call (design, section 3 and section 5 "Save"). */
#ifndef OBEK_STEPS_H
#define OBEK_STEPS_H

#include "event_maker.h"
#include "halt.h"
#include "obek/customer.h"
#include "save_call.h"

struct stepper {
    const struct config *config;
    struct store *store;
    struct models *models;
    struct event_maker *events;
    struct halt *halt;
    uint64_t revision; /* random bits of the process and a counter: never reused */
    uint64_t stamp;
    struct customer customer; /* the one under the hand */
    struct ledger imported;   /* and what an import says of them */
    struct transitions transitions;
    struct buffer record;
};

void stepper_init(struct stepper *stepper, const struct config *config, struct store *store, struct models *models,
                  struct event_maker *events, struct halt *halt);
void stepper_free(struct stepper *stepper);

/* Reads the state into stepper->customer. False: halted, it is of a newer format or damaged. */
bool stepper_can_read(struct stepper *stepper, const struct cached_customer *cached);
/* The next call of the share, behind `before` (NULL: the first that is not saved): as many records as one call takes, stepped.
   The cached customers hold their new records afterwards. NULL: halted (a stored record cannot be read). */
struct save_call *stepper_call(struct stepper *stepper, struct batch *batch, struct share *share, const struct save_call *before,
                               int64_t now);

#endif
