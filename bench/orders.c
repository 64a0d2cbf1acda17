#include "orders.h"
#include "obek/buffer.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* FLO's own names. */
static const char *const channels[] = { "Android App", "Desktop", "Ios App", "Mobile", "Offline" };
static const char *const categories[] = { "AKTIFCOCUK", "AKTIFSPOR", "COCUK", "ERKEK", "KADIN" };
#define COUNT(array) (sizeof(array) / sizeof *(array))

#define AMOUNT_MIN_CENTS 2000.0
#define AMOUNT_DOUBLINGS 5.0 /* amounts spread evenly over as many doublings of the smallest */
#define SKEW 1.5
#define MAIN_CHANNEL_SHARE 0.8

/* splitmix64 (Steele, Lea, Flood 2014) of the position `number` of the stream `seed`. */
static uint64_t mixed(uint64_t seed, uint64_t number) {
    uint64_t z = seed + (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double share_of(uint64_t seed, uint64_t number) {
    return (double)(mixed(seed, number) >> 11) * 0x1p-53;
}

static int by_time(const void *left, const void *right) {
    const struct purchase *a = left, *b = right;
    if (a->occurred_at_ms != b->occurred_at_ms)
        return a->occurred_at_ms < b->occurred_at_ms ? -1 : 1;
    return (a->customer > b->customer) - (a->customer < b->customer);
}

struct purchase *purchases_new(uint64_t seed, uint32_t n, uint32_t customers, int64_t from_ms, int64_t to_ms) {
    assert(customers > 0 && customers <= n && from_ms < to_ms);
    struct purchase *purchases = xcalloc(n, sizeof *purchases);
    for (uint32_t i = 0; i < n; i++) {
        bool first = i < customers;
        uint32_t customer = first ? i : (uint32_t)(customers * pow(share_of(seed ^ 1, i), SKEW));
        int64_t start_ms = first ? from_ms : purchases[customer].occurred_at_ms;
        int64_t after_ms = (int64_t)((double)(to_ms - start_ms) * share_of(seed, i));
        purchases[i] = (struct purchase){ .occurred_at_ms = start_ms + after_ms, .customer = customer };
    }
    qsort(purchases, n, sizeof *purchases, by_time);
    return purchases;
}

/* An id as long as FLO's (a UUID). */
static void write_customer_id(uint64_t seed, uint32_t customer, char *out, size_t size) {
    uint64_t a = mixed(seed ^ 9, customer), b = mixed(seed ^ 2, customer);
    snprintf(out, size, "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64, a >> 32, (a >> 16) & 0xffff,
             a & 0xffff, b >> 48, b & UINT64_C(0xffffffffffff));
}

void order_of_purchase(uint64_t seed, uint64_t number, struct purchase purchase, struct bench_order *order) {
    uint64_t person = mixed(seed ^ 3, purchase.customer), chance = mixed(seed ^ 4, number);
    snprintf(order->order_id, sizeof order->order_id, "o-%010" PRIu64, number);
    write_customer_id(seed, purchase.customer, order->customer_id, sizeof order->customer_id);
    order->occurred_at_ms = purchase.occurred_at_ms;
    uint64_t taste = share_of(seed ^ 5, number) < MAIN_CHANNEL_SHARE ? person : chance;
    order->channel = channels[taste % COUNT(channels)];
    order->amount_cents = (int64_t)(AMOUNT_MIN_CENTS * exp2(AMOUNT_DOUBLINGS * share_of(seed ^ 6, number)));
    order->n_categories = 1 + (chance >> 40) % BENCH_CATEGORIES_MAX;
    for (size_t i = 0; i < order->n_categories; i++)
        order->categories[i] = categories[((person >> 20) + i) % COUNT(categories)];
}
