/* A validated order record (design, sections 1 and 3): what the codecs hand to the core. */
#ifndef OBEK_ORDER_H
#define OBEK_ORDER_H

#include "obek/slice.h"

#include <stdint.h>

#define ORDER_ID_LENGTH_MAX 255
#define ORDER_CATEGORIES_MAX 8
/* decimal(18,2): the largest amount, in minor units; eight returns of this size still fit into an int64 */
#define ORDER_AMOUNT_MAX INT64_C(999999999999999999)
/* Years 0000 to 9999, ms UTC: decoding refuses instants outside, so that W stays inside too. */
#define ORDER_TIME_MIN INT64_C(-62167219200000)
#define ORDER_TIME_MAX INT64_C(253402300799999)

enum order_kind { KIND_ORDER, KIND_CANCELLATION, KIND_RETURN };

struct order {
    enum order_kind kind;
    struct slice customer_id;                  /* 1..255 bytes, valid UTF-8; borrowed from the record */
    struct slice order_id;                     /* 1..255 bytes, valid UTF-8; borrowed from the record */
    uint64_t order_hash;                       /* order_hash(order_id) */
    uint64_t return_hash;                      /* KIND_RETURN: hash of return_id, or of occurred_at and amount without one */
    int64_t occurred_at;                       /* ms UTC, ORDER_TIME_MIN..ORDER_TIME_MAX */
    int64_t amount;                            /* minor units of the base currency, 0..ORDER_AMOUNT_MAX; 0 for a cancellation */
    bool whole;                                /* KIND_RETURN without an amount: all of the order is taken back */
    bool offline;                              /* channel class */
    uint8_t n_categories;                      /* distinct, ascending */
    uint32_t categories[ORDER_CATEGORIES_MAX]; /* category codes: order_category_code(name) */
};

/* 64-bit FNV-1a. */
uint64_t order_hash(struct slice text);
/* The hash by which a return without return_id is told apart. */
uint64_t order_return_hash(int64_t occurred_at, int64_t amount, bool whole);
/* A category's code: its FNV-1a hash folded to 32 bits (xor of the halves). */
uint32_t order_category_code(struct slice name);
/* Sets categories from codes as they were given: distinct, the first ORDER_CATEGORIES_MAX of them, ascending. */
void order_set_categories(struct order *order, const uint32_t *codes, size_t n);

#endif
