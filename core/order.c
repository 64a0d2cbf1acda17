#include "obek/order.h"

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t fnv1a(uint64_t hash, const void *data, size_t len) {
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ bytes[i]) * FNV_PRIME;
    return hash;
}

uint64_t order_hash(struct slice text) {
    return fnv1a(FNV_OFFSET, text.data, text.len);
}

static void put_little_endian(unsigned char *out, uint64_t value) {
    for (int i = 0; i < 8; i++)
        out[i] = (unsigned char)(value >> (8 * i));
}

uint64_t order_return_hash(int64_t occurred_at, int64_t amount, bool whole) {
    unsigned char bytes[17];
    put_little_endian(bytes, (uint64_t)occurred_at);
    put_little_endian(bytes + 8, whole ? 0 : (uint64_t)amount);
    bytes[16] = whole;
    return fnv1a(FNV_OFFSET, bytes, sizeof bytes);
}

uint32_t order_category_code(struct slice name) {
    uint64_t hash = order_hash(name);
    return (uint32_t)(hash ^ (hash >> 32));
}

static bool has_category(const struct order *order, uint32_t code) {
    for (int i = 0; i < order->n_categories; i++)
        if (order->categories[i] == code)
            return true;
    return false;
}

static void insert_category(struct order *order, uint32_t code) {
    int at = order->n_categories++;
    for (; at > 0 && order->categories[at - 1] > code; at--)
        order->categories[at] = order->categories[at - 1];
    order->categories[at] = code;
}

void order_set_categories(struct order *order, const uint32_t *codes, size_t n) {
    order->n_categories = 0;
    for (size_t i = 0; i < n && order->n_categories < ORDER_CATEGORIES_MAX; i++)
        if (!has_category(order, codes[i]))
            insert_category(order, codes[i]);
}
