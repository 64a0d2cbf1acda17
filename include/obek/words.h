/* Words that a person types: a slip of the finger gets a suggestion. */
#ifndef OBEK_WORDS_H
#define OBEK_WORDS_H

#include <stddef.h>

/* The candidate nearest to the word (Levenshtein), if near enough to be what was meant; else NULL. */
const char *nearest_word(const char *word, const char *const *candidates, size_t n);

#endif
