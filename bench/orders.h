/* The orders of the benches, shaped like FLO's: the same seed gives the same orders, byte for byte. */
#ifndef BENCH_ORDERS_H
#define BENCH_ORDERS_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_CATEGORIES_MAX 2

struct bench_order {
    char order_id[24];
    char customer_id[37];
    int64_t occurred_at_ms;
    const char *channel;
    int64_t amount_cents;
    const char *categories[BENCH_CATEGORIES_MAX];
    size_t n_categories;
};

struct purchase {
    int64_t occurred_at_ms;
    uint32_t customer;
};

/* `n` purchases in time order, in [from_ms, to_ms). Each of the `customers` (at most n) has one at least; the rest is skewed: a
   few customers have a hundred and more. The caller frees it. */
struct purchase *purchases_new(uint64_t seed, uint32_t n, uint32_t customers, int64_t from_ms, int64_t to_ms);

/* The whole order of a purchase; `number` is unique within the bench and names the order. */
void order_of_purchase(uint64_t seed, uint64_t number, struct purchase purchase, struct bench_order *order);

/* A number in [0, 1) that depends on nothing but seed and number. */
double share_of(uint64_t seed, uint64_t number);

#endif
