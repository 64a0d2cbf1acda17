/* Transitions -> outgoing events, in the form of campaign.format. Used by one thread. */
#ifndef OBEK_EVENT_MAKER_H
#define OBEK_EVENT_MAKER_H

#include "batch.h"
#include "event_campaigns.h"
#include "obek/config.h"
#include "obek/event.h"

struct event_maker {
    bool as_avro;
    uint32_t schema_id;
    struct event_avro *avro; /* NULL: JSON */
    struct event_campaigns *campaigns;
    struct buffer id, packed;
    uint32_t n_by_time; /* events made by control records */
};

bool event_maker_init(struct event_maker *maker, const struct config *config, struct error *error);
void event_maker_free(struct event_maker *maker);

/* Appends outgoing events for transitions[from, n) to the record, which caused or carries them. */
bool event_maker_add(struct event_maker *maker, struct arena *arena, struct batch_record *record, const struct model *model,
                     const struct transitions *transitions, size_t from, int64_t published_at, struct error *error);
/* The verdict on a bad record, as its only outgoing. */
void event_maker_dead(struct event_maker *maker, struct arena *arena, struct batch_record *record);

#endif
