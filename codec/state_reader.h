/* The primitives of the state record, read from hostile bytes: nothing is read past the end, the first problem sticks. */
#ifndef CODEC_STATE_READER_H
#define CODEC_STATE_READER_H

#include "state_format.h"

struct reader {
    const unsigned char *start, *at, *end;
    const char *problem; /* the first one; everything read after it is 0 */
    size_t problem_at;
    int n_names, n_categories;
    struct name names[STATE_NAMES_MAX];
    uint32_t categories[STATE_CATEGORIES_MAX];
};

static inline void fail(struct reader *r, const char *problem) {
    if (r->problem != NULL)
        return;
    r->problem = problem;
    r->problem_at = (size_t)(r->at - r->start);
    r->at = r->end;
}

static inline void demand(struct reader *r, bool condition, const char *problem) {
    if (!condition)
        fail(r, problem);
}

static inline const unsigned char *take(struct reader *r, size_t len) {
    static const unsigned char zeros[NAME_LENGTH_MAX];
    if ((size_t)(r->end - r->at) < len) {
        fail(r, "cut short");
        return zeros;
    }
    const unsigned char *taken = r->at;
    r->at += len;
    return taken;
}

static inline unsigned get_byte(struct reader *r) {
    return *take(r, 1);
}

static inline uint64_t get_fixed(struct reader *r, size_t size) {
    const unsigned char *bytes = take(r, size);
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static inline uint64_t get_varint(struct reader *r) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        unsigned byte = get_byte(r);
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            demand(r, byte != 0 || shift == 0, "overlong number");
            return r->problem == NULL ? value : 0;
        }
    }
    fail(r, "number of more than 64 bits");
    return 0;
}

static inline int64_t get_zigzag(struct reader *r) {
    uint64_t value = get_varint(r);
    return (int64_t)((value >> 1) ^ (~(value & 1) + 1));
}

/* A number in 0..most. */
static inline int64_t get_count(struct reader *r, int64_t most, const char *problem) {
    uint64_t value = get_varint(r);
    if (value <= (uint64_t)most)
        return (int64_t)value;
    fail(r, problem);
    return 0;
}

#endif
