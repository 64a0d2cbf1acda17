/* What writing and reading of the state record (docs/formats.md, "State record") have in common. */
#ifndef CODEC_STATE_FORMAT_H
#define CODEC_STATE_FORMAT_H

#include "obek/state_record.h"

#define STATE_VERSION 2 /* 1: knew neither imports nor erasures */
#define STATE_REVISION_SIZE 8

enum {
    STATE_HAS_AS_OF = 1,
    STATE_HAS_DUE = 2,
    STATE_HAS_BASE = 4,
    STATE_FLAGS_1 = 7,
    STATE_IMPORTED = 8,
    STATE_ERASED = 16,
    STATE_FLAGS = 31
};
enum {
    ENTRY_VOIDED = 1,
    ENTRY_OFFLINE = 2,
    ENTRY_WHOLE = 4,
    ENTRY_HAS_RETURNS = 8,
    ENTRY_FLAGS = 15,
    ENTRY_CATEGORIES_SHIFT = 4
};

#define STATE_NAMES_MAX (2 * MODEL_SCHEMES_MAX + 3 * CUSTOMER_HISTORY_MAX)
#define STATE_CATEGORIES_MAX (LEDGER_BASE_CATEGORIES_MAX + LEDGER_ORDERS_MAX * ORDER_CATEGORIES_MAX)

/* Differences of instants wrap, so that any two int64 have one. */
static inline int64_t wrapping_minus(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static inline int64_t wrapping_plus(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* What times are told relative to. */
static inline int64_t state_epoch(const struct customer *customer) {
    return customer->as_of == TIME_NONE ? 0 : customer->as_of;
}

#endif
