#include "obek/words.h"

#include <ctype.h>
#include <string.h>

#define WORD_LENGTH_MAX 100

/* Levenshtein's distance, of words of at most WORD_LENGTH_MAX bytes; capitals count as small letters. */
static size_t distance(const char *a, const char *b) {
    size_t row[WORD_LENGTH_MAX + 1], len = strlen(b);
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < len; j++) {
            size_t least = row[j] < row[j + 1] ? row[j] : row[j + 1];
            size_t changed = diagonal + (tolower((unsigned char)a[i]) != tolower((unsigned char)b[j]));
            diagonal = row[j + 1];
            row[j + 1] = changed < least + 1 ? changed : least + 1;
        }
    }
    return row[len];
}

const char *nearest_word(const char *word, const char *const *candidates, size_t n) {
    size_t len = strlen(word), best = 1 + (len < 6 ? 1 : len / 3);
    const char *nearest = NULL;
    for (size_t i = 0; i < n && len <= WORD_LENGTH_MAX; i++) {
        if (strlen(candidates[i]) > WORD_LENGTH_MAX)
            continue;
        size_t d = distance(word, candidates[i]);
        if (d < best) {
            best = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}
