/* One run of `obek audit`: marks first, then the logs up to them, then every bucket; those who differ, where obek has gone on
   meanwhile, once more up to the marks that they were read with. */
#ifndef OBEK_AUDIT_RUN_H
#define OBEK_AUDIT_RUN_H

#include "../lookup/reading.h"
#include "audit_hold.h"
#include "audit_keys.h"

/* An outbox entry of an event that is committed: obek drops it with one of its next calls, or when it starts. */
struct leftover {
    uint16_t bucket;
    struct slice field;
    int64_t committed;
};

/* A mark as it was when a bucket's customers were read. */
struct mark_seen {
    int64_t next, watermark;
};

struct audit {
    const struct config *config;
    struct findings findings;
    struct reading reading;
    const struct redis_script *script;
    struct logs logs;
    struct fold fold;
    struct holder holder;
    struct strangers strangers;
    struct audited **audited; /* by bucket */
    size_t n_audited, next_audited, next_stranger;
    struct slice *models;      /* by bucket: what its marks say of the model in force */
    struct mark_seen *seen;    /* by bucket, source: the marks with which the suspects were read */
    struct snapshot *suspects; /* customers who differ, in buckets that have gone on since the marks were read */
    size_t n_suspects;
    struct snapshot
        *undecided; /* customers whose ledger depends on the order in which sources were read, and is not the fold's */
    size_t n_undecided;
    bool are_suspects; /* those that are held now need not be settled: they are held again */
    struct leftover *leftovers;
    size_t n_leftovers;
    struct arena arena; /* of suspects and leftovers */
    uint64_t customers; /* held */
};

struct slice audit_text(const redisReply *reply); /* data NULL: no text */
/* A field's text in a hash's answer; data NULL: there is no such field. */
struct slice audit_field(const redisReply *hash, struct slice field);

void audit_tell_bucket(struct audit *audit, int64_t bucket, const char *field, const char *wanted, struct slice found);
void audit_tell_source(struct audit *audit, size_t source, const char *field, const char *wanted, struct slice found);

/* Marks of all buckets into the fold; tells of those that cannot be read and of another incarnation. */
bool marks_read(struct audit *audit, struct error *error);
/* What a bucket's marks say of a source. */
struct mark_seen marks_of(const struct audit *audit, const redisReply *marks, size_t source);
/* After the fold: marks ahead of the log or behind what is committed, with another W; models in force. */
void marks_hold(struct audit *audit);

/* Holds all customers of a bucket, its sizes and its outbox. */
bool bucket_hold(struct audit *audit, int64_t bucket, struct error *error);

/* For the holder: settled at the end, or with the suspects. */
void audit_keep_undecided(void *context, const struct snapshot *snapshot);

/* One bucket's sizes against the states that were found; what is expected of customers, by the model of `wanted`. NULL: the
   bucket has taken up one meanwhile that is not known, and nothing of that is held. */
struct save_call;
void sizes_hold(struct audit *audit, int64_t bucket, const struct save_call *wanted, const redisReply *found);
/* Entries that say nothing, or of what is not applied. Those that should be gone are left over. */
void outbox_hold(struct audit *audit, int64_t bucket, const redisReply *outbox, const redisReply *marks);
/* Tells of leftovers that are still there when obek had the time to drop them. Where none runs they are left to the next start.
 */
bool leftovers_hold(struct audit *audit, struct error *error);

#endif
