/* The campaigns that the catalogue has for whoever enters a segment (contract, "A segment change": campaigns). */
#ifndef OBEK_EVENT_CAMPAIGNS_H
#define OBEK_EVENT_CAMPAIGNS_H

#include "obek/error.h"
#include "obek/name.h"

struct event_campaigns;

/* setting: campaign.catalogue (catalogue_configure). */
struct event_campaigns *event_campaigns_new(const char *setting, struct error *error);
void event_campaigns_free(struct event_campaigns *campaigns);
/* Ids, owned by `campaigns` (NULL: nobody has any); none for a leaving (an empty segment). A segment is looked up once. */
const char *const *event_campaigns_of(struct event_campaigns *campaigns, const struct name *scheme, const struct name *segment,
                                      size_t *n);

#endif
