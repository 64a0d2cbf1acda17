/* Random numbers that a seed determines: xoshiro256++ (Blackman, Vigna: Scrambled Linear Pseudorandom Number Generators, ACM TOMS
   47, 2021), its state filled by splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014). */
#ifndef OBEK_TRAINER_RANDOM_H
#define OBEK_TRAINER_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state[4];
};

/* Each (seed, stream) is a sequence of its own. */
void random_init(struct random *random, uint64_t seed, uint64_t stream);
uint64_t random_next(struct random *random);
/* Uniform in [0, 1), a multiple of 2^-53. */
double random_unit(struct random *random);
/* Uniform in [0, bound), without bias; bound > 0. */
uint64_t random_below(struct random *random, uint64_t bound);

#endif
