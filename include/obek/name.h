/* The id of a scheme or a segment: 1..63 bytes of [A-Za-z0-9_.-], held by value. Length 0 means "none". */
#ifndef OBEK_NAME_H
#define OBEK_NAME_H

#include "obek/slice.h"

#include <stdint.h>

#define NAME_LENGTH_MAX 63

struct name {
    uint8_t len;
    char text[NAME_LENGTH_MAX + 1]; /* always NUL-terminated */
};

static inline bool name_equal(const struct name *a, const struct name *b) {
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static inline struct slice name_slice(const struct name *name) {
    return (struct slice){ name->text, name->len };
}

/* Takes the text as a name; false (and name untouched) when it is no valid id. */
bool name_set(struct name *name, struct slice text);

#endif
