/* Bytes of a feed's record -> a validated order (contract "An order"; design, sections 3 and 7). Hostile input is expected. */
#ifndef OBEK_DECODE_H
#define OBEK_DECODE_H

#include "obek/avro_plan.h"
#include "obek/feed.h"
#include "obek/money.h"

struct record_header {
    struct slice name, value;
};

/* One Kafka record, borrowed. */
struct raw_record {
    struct slice key, value; /* data NULL: absent (a null value is a tombstone: bad) */
    int64_t timestamp;       /* Kafka timestamp, ms; -1: none */
    size_t n_headers;
    const struct record_header *headers;
};

enum schema_state { SCHEMA_FOUND, SCHEMA_UNKNOWN /* bad record */, SCHEMA_UNAVAILABLE /* try again: registry down */ };

/* Where writers' schemas come from. The plans stay valid as long as the source. */
struct schema_source {
    void *context;
    /* Confluent framing: the registry's id. On FOUND *schema is set; otherwise the error says why. */
    enum schema_state (*by_id)(void *context, uint32_t id, const struct avro_schema_plan **schema, struct error *error);
    /* Single-object encoding: CRC-64-AVRO fingerprint. */
    enum schema_state (*by_fingerprint)(void *context, uint64_t fingerprint, const struct avro_schema_plan **schema,
                                        struct error *error);
};

enum decode_status {
    DECODE_OK,
    DECODE_BAD,  /* a dead letter: stage and error say why */
    DECODE_WAIT, /* a schema could not be fetched: try the same record again later */
};

/* The reason's class, for counters and `redrive --reason`: "undecodable", "unknown_schema", "unsupported_framing",
   "missing_field", "wrong_type", "bad_customer_id", "bad_order_id", "bad_amount", "bad_currency", "bad_time", "bad_kind",
   "future". Static text. */
struct decode_failure {
    const char *reason;
    struct error error; /* names field and offset */
};

struct decoder; /* holds scratch memory; one per thread */
struct decoder *decoder_new(const struct currency_table *currencies, char *const *offline_channels, size_t n_offline_channels,
                            const struct schema_source *schemas);
void decoder_free(struct decoder *decoder);

/* Decodes one record of the feed. wall_now: ms. The order's slices point into the record or into the decoder's arena, which
   lives until decoder_reset(). On DECODE_BAD order->customer_id is set when it could be read (else length 0). */
enum decode_status decode_order(struct decoder *decoder, const struct feed *feed, const struct raw_record *record,
                                int64_t wall_now, struct order *order, struct decode_failure *failure);
/* Frees what decoded orders point to (once a batch). */
void decoder_reset(struct decoder *decoder);

#endif
