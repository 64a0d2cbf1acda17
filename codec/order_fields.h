/* What was found in a record, field by field, before it is judged: the meeting point of JSON and Avro. */
#ifndef OBEK_ORDER_FIELDS_H
#define OBEK_ORDER_FIELDS_H

#include "obek/arena.h"
#include "obek/decode.h"

#define NO_OFFSET SIZE_MAX

enum value_type {
    VALUE_ABSENT,  /* missing, or null */
    VALUE_TEXT,    /* text */
    VALUE_NUMBER,  /* text: a number of JSON as it was written */
    VALUE_INTEGER, /* integer */
    VALUE_DECIMAL, /* digits, scale */
    VALUE_REAL,    /* real; single: it was a float */
    VALUE_INSTANT, /* integer: ms UTC */
    VALUE_OTHER,   /* what: "an array", "a boolean", ... */
};

struct field_value {
    enum value_type type;
    bool untyped; /* VALUE_TEXT from a key or header: digits may be an epoch */
    bool single;
    int scale;
    size_t offset; /* in the record's value; NO_OFFSET: not known */
    struct slice text;
    const char *what;
    union {
        int64_t integer;
        double real;
        __int128 digits;
    };
};

struct order_fields {
    struct field_value values[FIELD_COUNT]; /* of the categories: the first that is no category */
    bool category_numbers;                  /* the path was configured: whole numbers are categories too */
    size_t n_categories;
    uint32_t categories[ORDER_CATEGORIES_MAX]; /* codes, distinct */
};

/* What judging needs beside the fields. */
struct order_context {
    const struct currency_table *currencies;
    char *const *offline_channels;
    size_t n_offline_channels;
    const struct feed *feed;
    const struct raw_record *record;
    int64_t wall_now;
    struct arena *arena; /* for texts that are in no record */
};

void order_fields_init(struct order_fields *fields, const struct feed *feed);
/* Stores a value; of two for one field (a path with "[]") neither is taken, but categories are collected. */
void order_fields_put(struct order_fields *fields, enum feed_field field, const struct field_value *value);
/* Sets what comes from the key, a header or the Kafka timestamp. */
void order_fields_from_envelope(struct order_fields *fields, const struct feed *feed, const struct raw_record *record);
/* Sets order->customer_id, or says why it cannot. */
bool order_customer(struct order *order, const struct order_fields *fields, const struct order_context *context,
                    struct decode_failure *failure);
/* Sets all of the order, or says why it is none. */
bool order_from_fields(struct order *order, const struct order_fields *fields, const struct order_context *context,
                       struct decode_failure *failure);

/* An optional minus sign and digits. */
bool text_is_whole_number(struct slice text);
/* Fills the failure; returns false. */
bool decode_fail(struct decode_failure *failure, const char *reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
