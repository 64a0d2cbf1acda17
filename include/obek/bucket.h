/* The bucket of a customer: CRC16 (XMODEM, as in Redis Cluster) of the id, mod B (design, section 5). */
#ifndef OBEK_BUCKET_H
#define OBEK_BUCKET_H

#include "obek/slice.h"

#include <stdint.h>

uint16_t crc16(struct slice text);
static inline uint16_t bucket_of(struct slice id, int64_t buckets) {
    return (uint16_t)(crc16(id) & (uint64_t)(buckets - 1));
}

#endif
