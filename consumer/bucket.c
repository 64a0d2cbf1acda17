#include "obek/bucket.h"

static uint16_t table[256];

__attribute__((constructor)) static void fill_table(void) {
    for (unsigned byte = 0; byte < 256; byte++) {
        unsigned crc = byte << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
        table[byte] = (uint16_t)crc;
    }
}

uint16_t crc16(struct slice text) {
    unsigned crc = 0;
    for (size_t i = 0; i < text.len; i++)
        crc = (crc << 8 ^ table[(crc >> 8 ^ (unsigned char)text.data[i]) & 255]) & 0xffff;
    return (uint16_t)crc;
}
