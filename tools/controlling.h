/* What the tools that write control records share: who will read them, and how far the buckets are with the control topic. */
#ifndef OBEK_CONTROLLING_H
#define OBEK_CONTROLLING_H

#include "../consumer/kafka_look.h"
#include "../consumer/store.h"

/* Does an obek of this group run? A member that has stopped stays listed until its session ends: members of ours are static
   (group.instance.id). */
bool controlling_members(struct kafka_look *look, const struct config *config, bool *runs, struct error *error);

struct controlling {
    const struct config *config;
    struct kafka_look *look;
    struct store *store; /* with obek's meta */
    bool runs;           /* as of the last question */
    int64_t asked_ms;
};
/* The next record of the control topic that the bucket will live through; bucket -1: the lowest one of all buckets. */
bool controlling_next(struct controlling *controlling, int64_t bucket, int64_t *next, struct error *error);
/* A short pause between two looks; asks from time to time whether obek still runs. */
bool controlling_pause(struct controlling *controlling, struct error *error);
/* Waits until the bucket (-1: every one) has lived through the record at the offset, obek runs no longer, or limit_ms have
 * passed.
 */
bool controlling_wait(struct controlling *controlling, int64_t bucket, int64_t offset, int64_t limit_ms, bool *through,
                      struct error *error);

/* --limit: seconds, default 60. False: not a number from 1 to a day. */
#define CONTROLLING_LIMIT_S_MAX 86400
bool controlling_limit(const char *text, int64_t *limit_ms);

#endif
