/* A feed: how records of one order topic become orders (contract: "An order"). Made from the configuration. */
#ifndef OBEK_FEED_H
#define OBEK_FEED_H

#include "obek/error.h"
#include "obek/order.h"

enum feed_format { FEED_AUTO, FEED_JSON, FEED_CONFLUENT_AVRO, FEED_AVRO_SINGLE_OBJECT };
enum feed_field {
    FIELD_ORDER_ID,
    FIELD_CUSTOMER_ID,
    FIELD_KIND,
    FIELD_RETURN_ID,
    FIELD_OCCURRED_AT,
    FIELD_CHANNEL,
    FIELD_AMOUNT,
    FIELD_CURRENCY,
    FIELD_CATEGORIES,
    FIELD_COUNT
};
enum time_unit { TIME_UNIT_MS, TIME_UNIT_S, TIME_UNIT_US };

/* One step of a path: a name, an index, or every element. */
struct path_step {
    enum { STEP_NAME, STEP_INDEX, STEP_EVERY } kind;
    char *name;
    size_t index;
};
/* Where a field comes from: the record's key, a header, its Kafka timestamp, or a path into the value. */
struct field_path {
    enum { PATH_VALUE, PATH_KEY, PATH_HEADER, PATH_TIMESTAMP } root;
    char *header; /* PATH_HEADER */
    size_t n_steps;
    struct path_step *steps;
};
struct kind_mapping {
    char *text;
    enum order_kind kind;
};

struct feed {
    char *name, *topic;
    enum feed_format format;
    char *channel;            /* constant; NULL: from the record, else the feed's name */
    bool mapped[FIELD_COUNT]; /* the path was configured */
    struct field_path paths[FIELD_COUNT];
    size_t n_kinds;
    struct kind_mapping *kinds; /* beside ORDER, CANCELLATION, RETURN */
    bool amount_in_minor;
    enum time_unit time_unit;
    int64_t idle_after_ms; /* feed.F.idle.after: a partition at its end for so long has ended (design, section 4); 0: never */
    char *schema_file;     /* feed.F.schema.file: a writer's schema for avro-single-object beside obek.v1.Order; NULL: none */
};

/* Parses "buyer.id", "lines[].category", "$header.trace", ... (contract). */
bool field_path_parse(struct field_path *path, const char *text, struct error *error);
void field_path_free(struct field_path *path);
/* A feed with the default paths (the contract's field names). */
struct feed *feed_new(const char *name, const char *topic);
void feed_free(struct feed *feed);
enum feed_field feed_field_from_name(struct slice name); /* FIELD_COUNT: no such field */
const char *feed_field_name(enum feed_field field);

#endif
