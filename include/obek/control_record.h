/* Records of the control topic (design, sections 4 and 8; schemas/control.schema.json): JSON objects with a `type`. */
#ifndef OBEK_CONTROL_RECORD_H
#define OBEK_CONTROL_RECORD_H

#include "obek/arena.h"
#include "obek/buffer.h"
#include "obek/customer.h"
#include "obek/error.h"
#include "obek/ledger.h"
#include "obek/slice.h"

#include <stdint.h>

#define CONTROL_RECORD_BYTES_MAX (900 * 1024)

#define CONTROL_IMPORT_CUSTOMERS_MAX 5000 /* in one record */

enum control_type { CONTROL_MODEL, CONTROL_TICK, CONTROL_IMPORT, CONTROL_ERASE };

/* A place in the index of due times (design, section 4): entries are ordered by score, then by the bytes of the customer's id. */
struct due_place {
    int64_t score;   /* due time in ms; never: 2^52 and more; INT64_MIN, INT64_MAX: before, behind all */
    struct slice id; /* of the customer */
    bool whole;      /* all customers of that score; `id` says nothing */
};

/* The mark of a source that a bucket must have reached. */
struct tick_after {
    struct slice source; /* "<topic>/<partition>" */
    int64_t position;
};

/* Time reaches the customers whose index entries lie behind `from`, up to and with `to`: they live through what is due up to
   `up_to`. TIME_NONE: nothing is due; they meet the model in force (a walk after a new model). */
struct tick {
    struct due_place from, to;
    int64_t up_to;
    int64_t model; /* of a walk: the number of the model for which it is made; -1 */
    size_t n_after;
    struct tick_after *after;
};

/* What an import says of one customer. */
struct import_customer {
    struct slice id;
    struct ledger_base base;
    uint16_t n_orders;
    struct ledger_entry *orders; /* ascending by (time, id_hash), distinct ids */
    int n_came_to;
    struct came_to *came_to; /* distinct schemes */
};

/* The ledger that it says. */
void import_customer_ledger(struct ledger *ledger, const struct import_customer *said);

/* Sets the ledgers of customers up to an instant (obek/customer.h, customer_import). */
struct import_terms {
    int64_t until; /* ms; no order of the record is later */
    int64_t time;  /* customers are evaluated no earlier; TIME_NONE */
    bool publish;
};

struct control_record {
    enum control_type type;
    /* CONTROL_MODEL: puts a model in force from this record's offset on */
    int64_t time;       /* T, the time reached; TIME_NONE: minus infinity. CONTROL_ERASE: until when */
    char sha256[65];    /* of the file */
    struct buffer file; /* the model file's bytes; owned */
    /* CONTROL_TICK */
    struct tick tick;
    /* CONTROL_IMPORT */
    struct import_terms import;
    size_t n_customers;
    struct import_customer *customers;
    /* CONTROL_ERASE: all that the customer did until `time` is forgotten */
    struct slice erased;
    struct arena memory; /* of all of them but the file */
};

/* Appends the record's value. False: larger than CONTROL_RECORD_BYTES_MAX even when compressed. */
bool control_record_write_model(struct buffer *out, struct slice file, const char *sha256, int64_t time, struct error *error);
/* Appends the record's value. False: an id is not UTF-8. */
bool control_record_write_tick(struct buffer *out, const struct tick *tick, struct error *error);
/* What is told of a customer. */
struct import_history {
    const struct ledger *ledger; /* without placeholders */
    int n_came_to;
    struct came_to came_to[MODEL_SCHEMES_MAX];
};
/* Appends a customer of an import record: a JSON object. False: the id is not UTF-8. */
bool control_record_write_customer(struct buffer *out, struct slice id, const struct import_history *history,
                                   struct error *error);
/* Appends the value of an import record around its customers: what was written of each, with commas between them. It takes at
   most CONTROL_IMPORT_FRAME_MAX bytes beyond those. */
#define CONTROL_IMPORT_FRAME_MAX 200
void control_record_write_import(struct buffer *out, const struct import_terms *terms, struct slice customers);
/* Appends the value of an erasure. False: the id is not UTF-8. */
bool control_record_write_erase(struct buffer *out, struct slice customer, int64_t at, struct error *error);
/* Reads and checks a record, unpacks its file and holds it against its sha256. Bytes are hostile. */
bool control_record_read(struct control_record *record, struct slice value, struct error *error);
void control_record_free(struct control_record *record);

/* The order of the index: negative, 0, positive. */
int due_place_compare(const struct due_place *a, const struct due_place *b);

#endif
