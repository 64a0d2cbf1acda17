/* A source: one (topic, partition) that is consumed (design, section 1), as this assignment knows it. */
#ifndef OBEK_SOURCE_H
#define OBEK_SOURCE_H

#include "message_queue.h"
#include "obek/arena.h"
#include "obek/feed.h"
#include "obek/ledger.h"

#include <stdint.h>

#define OWNER_TOKEN_LENGTH 32
#define INCARNATION_LENGTH 32
#define OFFSET_NONE (-1)

/* An outbox entry found at the claim: saved, but not known to be published. */
struct outbox_entry {
    int64_t offset;
    int n;
    uint16_t bucket;
    struct slice field, value;
};

/* What a mark says. */
struct mark {
    int64_t next;                       /* the next offset whose effect is not in the bucket; OFFSET_NONE: no mark */
    int64_t watermark;                  /* W there; TIME_NONE */
    char owner[OWNER_TOKEN_LENGTH + 1]; /* empty: none */
};

struct source {
    char *name; /* "<topic>/<partition>" */
    char *topic;
    int32_t partition;
    const struct feed *feed;            /* NULL: the control topic */
    char owner[OWNER_TOKEN_LENGTH + 1]; /* this assignment's token */

    int64_t first_offset;        /* where the source began for this group */
    int64_t committed;           /* at the assignment: below it everything is published */
    int64_t committed_watermark; /* W there */
    int64_t start;               /* where reading began */

    int64_t position;           /* the next offset to take into a batch */
    int64_t watermark;          /* W at the position */
    int64_t sent;               /* the offset last handed to the commit stage */
    int64_t done;               /* the offset known to be committed */
    uint64_t fingerprint;       /* of the last record read; 0: none */
    int64_t fingerprint_offset; /* where that record was */
    bool at_end;                /* the last fetch found nothing more */
    int64_t known_end;          /* the greatest end that was heard of: open transactions and their markers included */

    struct message_queue queue; /* fetched, from the position on */
    int64_t not_before_ms;      /* monotonic: until then the control topic's next record is left alone (intake_put_back) */
    int64_t waits_at;           /* W behind the record that has to wait for other sources (align.ms); TIME_NONE: none does */
    int64_t waits_said_ms;      /* monotonic: when it was last said that the source waits for another; 0: never */

    int64_t taken_ms;         /* Kafka timestamp of the record last taken into a batch; 0: none was */
    struct series *records;   /* counters of what is committed */
    struct series *orders[3]; /* by kind; not of the control topic */

    int64_t *marks; /* by bucket: the next offset, as our last answered call left it */
    size_t n_outbox;
    struct outbox_entry *outbox; /* ascending by (offset, n) */
    struct arena memory;         /* of the outbox */
};

struct sources {
    struct source *items;
    size_t n;
};

void source_init(struct source *source, const char *topic, int32_t partition, const struct feed *feed, int64_t buckets);
void sources_free(struct sources *sources);
struct source *sources_find(struct sources *sources, const char *topic, int32_t partition);

/* "1234 1622505600000 <token>"; W is "-" when there is none. */
bool mark_parse(struct mark *mark, struct slice text);
struct slice mark_text(struct arena *arena, int64_t next, int64_t watermark, const char *owner);

/* Takes a copy of an entry among those to be published; after the last of several, source_sort_outbox(). */
void source_add_outbox(struct source *source, const struct outbox_entry *entry);
void source_sort_outbox(struct source *source);
/* The entries of one offset; *n is how many. */
const struct outbox_entry *source_outbox(const struct source *source, int64_t offset, size_t *n);

/* What a commit says beside its offset (design, section 6 "First start"). */
struct commit_note {
    char incarnation[INCARNATION_LENGTH + 1];
    int64_t watermark;
    int64_t first_offset;
};
/* "obek1 <incarnation> <W> <first offset>" */
void commit_note_text(const struct commit_note *note, char *out, size_t size);
bool commit_note_parse(struct commit_note *note, struct slice text);

/* `n` random hex digits from the system, NUL-terminated. */
void random_hex(char *out, size_t n);

#endif
