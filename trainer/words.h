/* Distinct texts, numbered from 0 in the order in which they came. */
#ifndef OBEK_TRAINER_WORDS_H
#define OBEK_TRAINER_WORDS_H

#include "obek/buffer.h"

#define WORD_NONE UINT32_MAX

struct words { /* zero: empty */
    uint32_t n;
    struct buffer text; /* each with a NUL */
    uint64_t *at;       /* where in text; n + 1 */
    size_t capacity;
    uint32_t *slots; /* open addressing; a power of two */
    size_t n_slots;
};

/* The number of the text; WORD_NONE when there are 2^32 - 2 others already. */
uint32_t words_add(struct words *words, struct slice text);
/* WORD_NONE: not among them. */
uint32_t words_find(const struct words *words, struct slice text);
struct slice words_text(const struct words *words, uint32_t word);
void words_free(struct words *words);

#endif
