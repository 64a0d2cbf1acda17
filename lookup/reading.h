/* What those who look into Redis share, the tools and the HTTP API: obek's meta, the model in force, one customer, all customers.
   They only read, and beside running instances. */
#ifndef OBEK_READING_H
#define OBEK_READING_H

#include "../consumer/store.h"
#include "obek/customer.h"

struct reading {
    const struct config *config;
    struct store *store;
    struct model *model;   /* the newest in force in any bucket; NULL: none, or its file is not in Redis */
    int64_t model_number;  /* -1: none in force */
    char model_sha256[65]; /* of its file, where one is in force */
    int decimals;          /* of the base currency */
    int64_t waited_ms;     /* for a server that is away, so far */
    int64_t patience_ms;   /* how long it is waited for */
};

/* Connects (gives up after some seconds) and reads meta and model. False with the error: no Redis, or obek never ran there. */
bool reading_open(struct reading *reading, const struct config *config, struct error *error);
/* The first half of it: gives up on a server that is away after some seconds, and asks it nothing yet. */
bool reading_connect(struct reading *reading, const struct config *config, struct error *error);
/* For one that others wait for: time-outs of the connection, no patience beyond them, nothing in the log. */
void reading_hurry(struct reading *reading, int connect_ms, int answer_ms);
/* Meta and model as they are now; also the other half of opening. False: after it nothing but another refresh or close. */
bool reading_refresh(struct reading *reading, struct error *error);
void reading_close(struct reading *reading);

int64_t reading_bucket(const struct reading *reading, struct slice id);
/* One customer. False with the error; *found says whether there is one. */
bool reading_customer(struct reading *reading, struct slice id, struct customer *customer, bool *found, struct error *error);

/* Every customer, once: bucket by bucket, by id within a bucket. Customers who come in meanwhile may be missing. `visit` returns
   false to end the walk. Records that cannot be read are told on stderr and counted. */
struct reading_walk {
    void *context;
    bool (*visit)(void *context, struct slice id, const struct customer *customer);
    int64_t damaged;
    bool silent; /* they are only counted */
};
bool reading_all(struct reading *reading, struct reading_walk *walk, struct error *error);

/* The same walk, some hundred customers at a time. */
struct reading_cursor {
    int64_t bucket;
    struct reading_ids *ids; /* of that bucket; NULL: not read yet */
    size_t next;
};
/* *more: there may be others. */
bool reading_some(struct reading *reading, struct reading_cursor *cursor, struct reading_walk *walk, bool *more,
                  struct error *error);
void reading_cursor_free(struct reading_cursor *cursor);

/* Visits n customers picked at random, all alike likely, some perhaps twice; where there are no more than n, each of them once.
 *customers: how many there are. Those erased meanwhile are left out; records that cannot be read are counted. */
bool reading_sample(struct reading *reading, uint64_t seed, int64_t n, struct reading_walk *walk, int64_t *customers,
                    struct error *error);

/* When and where to a customer moves next in the i-th scheme of the state if nothing happens, after as_of. Without the customer's
   model: TIME_NONE. */
int64_t reading_next_change(const struct reading *reading, const struct customer *customer, int i, const char **segment);
/* A segment's label (English, else Turkish), or NULL. */
const char *reading_label(const struct reading *reading, const struct name *scheme, const struct name *segment);

/* Texts as the tools print them; TIME_NONE: "-", TIME_NEVER: "never". out: at least 32 bytes. */
const char *reading_instant(int64_t ms, char *out);
const char *reading_money(const struct reading *reading, int64_t minor, char *out);

#endif
