#include "obek/utf8.h"

#include <stdint.h>

static bool continues(const unsigned char *at, size_t n) {
    for (size_t i = 1; i <= n; i++)
        if ((at[i] & 0xc0) != 0x80)
            return false;
    return true;
}

/* length of the sequence at `at`, 0: none (RFC 3629, section 4) */
static size_t sequence(const unsigned char *at, size_t left) {
    unsigned char first = at[0];
    if (first < 0x80)
        return 1;
    size_t n = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || left <= n || !continues(at, n))
        return 0;
    bool overlong = (first == 0xe0 && at[1] < 0xa0) || (first == 0xf0 && at[1] < 0x90);
    bool beyond = (first == 0xed && at[1] > 0x9f) || (first == 0xf4 && at[1] > 0x8f);
    return overlong || beyond ? 0 : n + 1;
}

bool utf8_valid(struct slice text) {
    const unsigned char *at = (const unsigned char *)text.data;
    for (size_t left = text.len; left > 0;) {
        uint64_t eight;
        if (left >= sizeof eight && (memcpy(&eight, at, sizeof eight), (eight & UINT64_C(0x8080808080808080)) == 0)) {
            at += sizeof eight;
            left -= sizeof eight;
            continue;
        }
        size_t n = sequence(at, left);
        if (n == 0)
            return false;
        at += n;
        left -= n;
    }
    return true;
}

struct slice utf8_cut(struct slice text, size_t bytes_max) {
    if (text.len <= bytes_max)
        return text;
    while (bytes_max > 0 && ((unsigned char)text.data[bytes_max] & 0xC0) == 0x80) /* a character goes on here */
        bytes_max--;
    return (struct slice){ text.data, bytes_max };
}
