/* Which paths there are, and who answers them. A further one is a further row of the table in routes.c. */
#ifndef OBEK_ROUTES_H
#define OBEK_ROUTES_H

#include "answer.h"
#include "target.h"

struct changes;
struct config;
struct reading;

struct question {
    const struct config *config;
    const struct target *target;
    const struct slice *given; /* the parts of the path that the pattern has in braces, in their order */
    struct reading *reading;   /* of a route that looks up; open and fresh */
    struct changes *changes;   /* what the campaign topic tells; reads it once it is asked for */
    const char *last_event_id; /* the header's value; NULL: there is none */
};

struct route {
    const char *pattern; /* "/api/v1/customers/{id}" */
    bool open;           /* answered without a token */
    bool looks_up;       /* asks Redis: answered by the thread of look-ups, which may wait; the others must not */
    void (*answer)(struct answer *answer, const struct question *question);
};

/* NULL: there is no such path. given: at least TARGET_PARTS_MAX. */
const struct route *route_find(const struct target *target, struct slice *given);

/* watch.c */
void answer_live(struct answer *answer, const struct question *question);
void answer_ready(struct answer *answer, const struct question *question);
void answer_metrics(struct answer *answer, const struct question *question);

/* dashboard.c */
void answer_dashboard(struct answer *answer, const struct question *question);

/* api_customers.c */
void answer_customer(struct answer *answer, const struct question *question);
void answer_explanation(struct answer *answer, const struct question *question);

/* api_segments.c */
void answer_segments(struct answer *answer, const struct question *question);
void answer_members(struct answer *answer, const struct question *question);

/* api_changes.c */
void answer_flows(struct answer *answer, const struct question *question);
void answer_events(struct answer *answer, const struct question *question);

/* api_model.c */
void answer_model(struct answer *answer, const struct question *question);

#endif
