#include "random.h"

#include <assert.h>

static uint64_t splitmix(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void random_init(struct random *random, uint64_t seed, uint64_t stream) {
    uint64_t mixed = stream, state = seed ^ splitmix(&mixed);
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix(&state);
}

static uint64_t rotated(uint64_t x, int by) {
    return (x << by) | (x >> (64 - by));
}

uint64_t random_next(struct random *random) {
    uint64_t *s = random->state, result = rotated(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotated(s[3], 45);
    return result;
}

double random_unit(struct random *random) {
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

uint64_t random_below(struct random *random, uint64_t bound) {
    assert(bound > 0);
    uint64_t limit = UINT64_MAX - UINT64_MAX % bound, x; /* whole multiples of the bound */
    do
        x = random_next(random);
    while (x >= limit);
    return x % bound;
}
