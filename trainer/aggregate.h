/* Orders -> customers, by the ledger that obek run keeps. */
#ifndef OBEK_TRAINER_AGGREGATE_H
#define OBEK_TRAINER_AGGREGATE_H

#include "frame.h"

struct listed_order {
    int64_t at;     /* ms UTC */
    int64_t amount; /* minor units, net of returns */
    uint64_t hash;  /* of the order's id */
    bool voided;
};

/* The orders themselves, customer by customer in time order; those after as_of too. */
struct order_lists {
    size_t n;      /* customers: the numbers of their ids */
    size_t *start; /* n + 1 places in items; nothing for a customer without a live order */
    struct listed_order *items;
};

struct aggregation {
    int64_t as_of;
    double minor_per_major;
    char *const *offline; /* channels that are */
    size_t n_offline;
    struct rejects *rejects;
    /* counted */
    size_t orders, later, duplicates, left; /* rows applied, rows after as_of, repeated ids, customers without a live order */
};

/* Makes the customers' columns (orders_online, ..., last_offline_at; customer_id; channel: that of the last order) of the orders
   at or before as_of. Rows keep the order in which customers first appear. Takes the ids from `orders`, whose other columns may
   be freed then. */
bool aggregate(struct frame *orders, struct aggregation *aggregation, struct frame *customers, struct order_lists *purchases,
               struct error *error);
void order_lists_free(struct order_lists *purchases);

/* The rows of an order frame by customer, then time, then line: places of rows; *starts: of customer c in them. Both owned by the
   caller. */
size_t *orders_by_customer(const struct frame *orders, size_t **starts);
/* A row as an order of the core. ids are hashes only. */
struct order;
bool order_of_row(const struct frame *orders, const struct aggregation *aggregation, size_t row, struct order *order,
                  struct error *error);

#endif
