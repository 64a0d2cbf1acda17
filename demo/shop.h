/* A made-up shop: customers of several kinds and everything they bought in three years, the same for the same seed. */
#ifndef OBEK_DEMO_SHOP_H
#define OBEK_DEMO_SHOP_H

#include <stddef.h>
#include <stdint.h>

#define SHOP_DAY_MS INT64_C(86400000)

enum shop_kind { SHOP_SALE, SHOP_RETURN, SHOP_CANCELLATION };

struct shop_record {
    int64_t at_ms;
    enum shop_kind kind;
    uint32_t order; /* number of the order that is sold, returned or cancelled */
    uint32_t customer;
    int64_t amount_cents; /* what is paid, or taken back; 0 for a cancellation */
    int in_store;
};

struct shop {
    struct shop_record *records; /* by time */
    size_t n, capacity;
    uint64_t random;
    uint32_t orders;
};

/* Three years of records, all before now_ms. */
void shop_make(struct shop *shop, uint32_t customers, int64_t now_ms, uint64_t seed);
void shop_free(struct shop *shop);
/* "ayse-0381" into out (at least 32 bytes). */
void shop_customer_id(uint32_t customer, char *out, size_t size);

#endif
