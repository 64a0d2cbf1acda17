/* A micro-batch on its way from Kafka through Redis to Kafka (design, section 6). */
#ifndef OBEK_BATCH_H
#define OBEK_BATCH_H

#include "customer_cache.h"
#include "obek/arena.h"
#include "obek/customer.h"
#include "obek/decode.h"
#include "source.h"

#include <librdkafka/rdkafka.h>

/* Something that leaves with the batch's transaction. Its packed form is what the outbox keeps (consumer/outgoing.h). */
struct outgoing {
    struct slice field; /* of the outbox: <source>/<offset>/<n> */
    struct slice packed;
};

struct batch_record {
    rd_kafka_message_t *message;
    struct source *source;
    int64_t offset;
    int64_t watermark; /* W before the record */
    int64_t watermark_after;
    struct order order; /* when it is not dead */
    bool dead;          /* undecodable: goes to the dead letters */
    bool applies;       /* offset >= mark of its bucket */
    bool publishes;     /* offset >= committed */
    bool refused;       /* the step found it bad (design, section 3): a dead letter too */
    uint16_t bucket;
    struct cached_customer *customer; /* NULL: dead */
    const char *reason;               /* dead or refused: the reason's class */
    struct slice message_text;        /* and in words */
    uint32_t n_outgoing;
    struct outgoing *outgoing; /* in the batch's arena */
};

/* A bucket's records of the batch that are to be applied, in the order of consumption. */
struct share {
    uint16_t bucket;
    uint32_t n;
    uint32_t saved; /* records[0, saved) stand in Redis */
    uint32_t *records;
};

/* Where a source stands after the batch. */
struct batch_end {
    struct source *source;
    int64_t next, watermark;
    int64_t commit; /* the offset to be committed: never backwards */
    int64_t commit_watermark;
};

struct batch {
    struct batch_record *records;
    size_t n, capacity;
    struct share *shares;
    size_t n_shares;
    uint32_t *by_bucket; /* record indexes, grouped by bucket: the shares point into it */
    struct batch_end *ends;
    size_t n_ends;
    bool advances;           /* an offset is to be committed although no record is here */
    struct arena arena;      /* outgoing, reasons */
    struct decoder *decoder; /* orders point into it */
};

void batch_init(struct batch *batch, struct decoder *decoder, size_t records_max);
/* Lets go of messages and memory; ready for the next fetch. */
void batch_reset(struct batch *batch);
void batch_free(struct batch *batch);
/* Groups the records that apply into shares. */
void batch_split(struct batch *batch, int64_t buckets);

#endif
