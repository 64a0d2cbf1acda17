/* One question to the brokers: where do the logs of all feeds' topics and of the control topic end? (design, section 4 "Time
   reached".) Asked from a handle that reads uncommitted, so that a producer's open transaction hides nothing (docs/decisions.md).
 */
#ifndef OBEK_ENDS_QUERY_H
#define OBEK_ENDS_QUERY_H

#include "kafka_look.h"
#include "obek/arena.h"
#include "source.h"

#include <stdatomic.h>

struct partition_end {
    const char *topic; /* as the configuration has it */
    int32_t partition;
    int64_t low, end; /* what the log has: [low, end); OFFSET_NONE, both: no answer (its leader is away), or one that cannot be
                         believed: `end` is lower than it was in an earlier answer */
};

struct ends_answer {
    uint64_t number;                 /* 1, 2, 3, ... of this query */
    int64_t asked_wall_ms, asked_ms; /* wall clock and monotonic, before anything was sent: what was written by then is counted */
    bool whole;                      /* every topic's partitions are listed */
    size_t n;
    struct partition_end *items; /* topic by topic in the feeds' order, the control topic last; partitions ascending */
    struct error error;          /* the first thing that failed; empty: nothing did */
    struct arena memory;
};

struct ends_query;
/* The topics are those of `config`, which outlives it, as `look` does. */
struct ends_query *ends_query_new(struct kafka_look *look, const struct config *config, struct error *error);
void ends_query_free(struct ends_query *query);

/* Asks for the partitions and then, leader by leader, for their ends, so that one broker that hangs takes the answers of its own
   partitions only. Each of these calls waits timeout_ms at most; none is begun once *stop (NULL: never) is true. */
struct ends_answer *ends_query_ask(struct ends_query *query, int timeout_ms, const atomic_bool *stop);
void ends_answer_free(struct ends_answer *answer);
/* NULL: not listed. */
const struct partition_end *ends_answer_find(const struct ends_answer *answer, const char *topic, int32_t partition);

#endif
