/* A micro-batch on its way from Kafka through Redis to Kafka (design, section 6). */
#ifndef OBEK_BATCH_H
#define OBEK_BATCH_H

#include "customer_cache.h"
#include "obek/arena.h"
#include "obek/control_record.h"
#include "obek/customer.h"
#include "obek/decode.h"
#include "source.h"

#include <librdkafka/rdkafka.h>

/* Something that leaves with the batch's transaction. Its packed form is what the outbox keeps (consumer/outgoing.h). */
struct outgoing {
    uint16_t bucket;    /* whose outbox has it */
    uint32_t number;    /* n of the field */
    struct slice field; /* of the outbox: <source>/<offset>/<n> */
    struct slice packed;
    struct series *series; /* what it counts as; NULL: found in an outbox */
};

struct batch_record {
    rd_kafka_message_t *message;
    bool reached; /* no record at all, but a customer whom the batch's control record reaches: message NULL */
    const struct import_customer *import; /* what an import says of them; NULL */
    enum ledger_verdict verdict;          /* of an import, an erasure: what became of it */
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
    int64_t sent_before; /* what the source had handed to the commit stage until then */
};

struct batch {
    struct batch_record *records; /* of a control record that reaches customers: its own, then one a customer */
    size_t n, capacity;
    struct share *shares;
    size_t n_shares;
    uint32_t *by_bucket; /* record indexes, grouped by bucket: the shares point into it */
    struct batch_end *ends;
    size_t n_ends;
    const struct control_record *reached_by; /* while it is lived through: by it, the records behind the first are reached */
    bool advances;                           /* an offset is to be committed although no record is here */
    struct slice control;                    /* a control record to be written with the transaction; length 0: none */
    int64_t submitted_ns;                    /* monotonic: when it was handed to the commit stage */
    struct arena arena;                      /* outgoing, reasons */
    struct decoder *decoder;                 /* orders point into it */
};

void batch_init(struct batch *batch, struct decoder *decoder, size_t records_max);
/* Lets go of messages and memory; ready for the next fetch. */
void batch_reset(struct batch *batch);
void batch_free(struct batch *batch);
/* Adds a customer whom the batch's control record reaches. import: what it says of them; NULL. */
void batch_reach(struct batch *batch, struct cached_customer *customer, const struct import_customer *import);
/* Gives the record what the outbox holds for its offset: saved, not known to be published. */
void batch_take_outbox(struct batch *batch, struct batch_record *record);
/* Groups the records that apply into shares. */
void batch_split(struct batch *batch, int64_t buckets);

#endif
