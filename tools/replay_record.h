/* A row as a record of a feed: the feed's mapping (contract: An order) run backwards. */
#ifndef OBEK_REPLAY_RECORD_H
#define OBEK_REPLAY_RECORD_H

#include "csv_orders.h"
#include "obek/buffer.h"

/* What is sent. The buffers are used again for the next row. */
struct replay_record {
    struct buffer key, value;
    size_t n_headers;
    struct {
        const char *name;
        struct buffer value;
    } headers[FIELD_COUNT];
    int64_t timestamp; /* ms; 0: the time of sending */
};
void replay_record_free(struct replay_record *record);

/* One field of a row on its way out. */
struct outgoing_field {
    enum { OUT_NONE, OUT_TEXT, OUT_INSTANT, OUT_DECIMAL, OUT_MINOR, OUT_LIST } type;
    const char *text;       /* OUT_TEXT, OUT_LIST; OUT_DECIMAL: as it was written */
    int64_t integer;        /* OUT_INSTANT: ms; OUT_MINOR: minor units of the row's own currency */
    struct decimal decimal; /* OUT_DECIMAL */
};

struct replay_writer;
/* avro: Confluent framing, else JSON. Borrows feed and currencies. */
struct replay_writer *replay_writer_new(const struct feed *feed, const struct currency_table *currencies, bool avro,
                                        struct error *error);
void replay_writer_free(struct replay_writer *writer);
/* The schema to be registered, and the id that it got; with avro only. */
const char *replay_writer_schema(const struct replay_writer *writer);
void replay_writer_set_schema_id(struct replay_writer *writer, uint32_t id);
/* copy: 1, 2, ...; from 2 on "-<copy>" is added to customer_id and order_id. The error names the field. */
bool replay_write(struct replay_writer *writer, const struct order_row *row, unsigned copy, struct replay_record *record,
                  struct error *error);

/* replay_avro.c */
struct replay_avro;
/* A feed without paths into the value writes obek.v1.Order; another one a record of the paths' shape. */
struct replay_avro *replay_avro_new(const struct feed *feed, int decimals, struct error *error);
void replay_avro_free(struct replay_avro *avro);
const char *replay_avro_schema(const struct replay_avro *avro);
void replay_avro_begin(struct replay_avro *avro);
bool replay_avro_put(struct replay_avro *avro, const struct field_path *path, const struct outgoing_field *field,
                     struct error *error);
/* Appends the Avro binary. */
bool replay_avro_end(struct replay_avro *avro, struct buffer *out, struct error *error);

/* replay_schema.c: a record schema whose fields have the shape of the feed's paths; owned text, NULL with the error. */
char *replay_schema(const struct feed *feed, int decimals, struct error *error);

/* An instant in a feed's unit; false when it does not go in without a rest. */
bool replay_instant(int64_t ms, enum time_unit unit, int64_t *number);

#endif
