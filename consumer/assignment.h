/* What happens when sources are assigned (design, section 6 "On assignment"): look, check, prove, claim, find the start. */
#ifndef OBEK_ASSIGNMENT_H
#define OBEK_ASSIGNMENT_H

#include "halt.h"
#include "kafka_in.h"
#include "kafka_look.h"
#include "kafka_out.h"
#include "models.h"
#include "saver.h"
#include "source.h"
#include "store.h"

struct assignment {
    const struct config *config;
    bool rebuild, from_marks; /* the operator's answers to two halts */
    struct store *store;
    struct kafka_in *in;
    struct kafka_out *out;
    struct kafka_look *look;
    struct models *models;
    struct drops *drops;
    struct halt *halt;
};

enum assign_result {
    ASSIGN_OK,    /* sources are claimed and being read */
    ASSIGN_AGAIN, /* something was in the way: poll, then try again */
    ASSIGN_HALTED,
};

/* Takes up the offered partitions. Fills `sources` (empty before). */
enum assign_result assignment_take(struct assignment *assignment, const rd_kafka_topic_partition_list_t *partitions,
                                   struct sources *sources);

#endif
