/* obek's keys in Redis (design, section 5) and the calls on them. One store a thread. */
#ifndef OBEK_STORE_H
#define OBEK_STORE_H

#include "obek/config.h"
#include "obek/redis.h"
#include "source.h"

#define STORE_FORMAT_VERSION 1

struct store {
    struct redis *redis;
    const char *prefix;
    int64_t buckets; /* of the meta, once it is known */
    int64_t ledger_orders;
    char incarnation[INCARNATION_LENGTH + 1];
    const struct redis_script *save, *claim;
};

struct store *store_new(const struct config *config, struct error *error);
void store_free(struct store *store);

/* "obek:{7}:due" */
struct slice store_key(const struct store *store, struct arena *arena, int64_t bucket, const char *kind);
struct slice store_customer_key(const struct store *store, struct arena *arena, int64_t bucket, struct slice id);
struct slice store_profile_key(const struct store *store, struct arena *arena, int64_t bucket, struct slice id);
/* "obek:meta" */
struct slice store_name(const struct store *store, struct arena *arena, const char *kind);

struct store_meta {
    bool present, ready;
    bool rebuilding; /* begun by --rebuild, and not started without it since */
    int64_t version, buckets, ledger_orders;
    int64_t dead_letters; /* in the window when too many of them halted a run; 0: none has */
    int64_t evicted_keys; /* a halt over evicted keys stands until Redis is restored or emptied */
    char incarnation[INCARNATION_LENGTH + 1];
};
bool store_meta_read(struct store *store, struct store_meta *meta, struct error *error);
/* First start: meta (if nobody was faster), the incarnation into the marks of all buckets, then `ready`. Fills store->... */
bool store_first_start(struct store *store, int64_t buckets, int64_t ledger_orders, bool rebuild, struct error *error);
/* Sets a field of meta; data NULL takes it out. */
bool store_meta_note(struct store *store, const char *field, struct slice value, struct error *error);
/* A field of meta, length 0: it has none. */
bool store_meta_get(struct store *store, const char *field, struct arena *arena, struct slice *value, struct error *error);
/* Takes over what meta says. */
void store_adopt(struct store *store, const struct store_meta *meta);

/* What a bucket says of its sources. */
struct bucket_marks {
    bool has_incarnation, same_incarnation;
    struct slice model; /* text of the model in force, empty: none; in the arena */
    struct mark *marks; /* one a source */
    const char *damage; /* which of them cannot be read; NULL: all can */
};
/* Reads the marks of the sources in all buckets; `marks` has one item a bucket. */
bool store_look(struct store *store, const struct sources *sources, struct arena *arena, struct bucket_marks *marks,
                struct error *error);

enum claim_result { CLAIM_OK, CLAIM_OTHER_OWNER, CLAIM_FAILED };
/* Claims all buckets by compare with the owners in `marks`, and puts marks, models and outbox entries into sources and `marks`.
 */
enum claim_result store_claim(struct store *store, struct sources *sources, struct arena *arena, struct bucket_marks *marks,
                              struct error *error);

/* obek:watermarks: source -> "position W fingerprint@offset reached"; the last is missing where there is no W */
struct source_note {
    int64_t watermark, position;
    int64_t reached;      /* W, or W behind the record that waits for others (align.ms); TIME_NONE */
    uint64_t fingerprint; /* 0: no record was read */
    int64_t fingerprint_offset;
};
bool store_notes_write(struct store *store, const struct sources *sources, struct error *error);
/* The notes of n sources ("<topic>/<partition>"), in one call; found[i] false: it has none, and notes[i] says nothing. */
bool store_notes_read(struct store *store, const char *const *names, size_t n, struct source_note *notes, bool *found,
                      struct error *error);

/* obek:model:<sha256> */
bool store_model_write(struct store *store, const char *sha256, struct slice file, struct error *error);
/* Appends the file; *found false when it is not there. */
bool store_model_read(struct store *store, const char *sha256, struct buffer *file, bool *found, struct error *error);

/* The clock of the server's host. */
bool store_clock(struct store *store, int64_t *wall_ms, struct error *error);
/* Is the server fit to hold the truth? (maxmemory-policy noeviction; evicted_keys) */
bool store_policy(struct store *store, int64_t *evicted_keys, bool *noeviction, struct error *error);

#endif
