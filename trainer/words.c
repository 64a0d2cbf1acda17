#include "words.h"
#include "obek/order.h"

#include <stdlib.h>

#define SLOTS_MIN 64

struct slice words_text(const struct words *words, uint32_t word) {
    return (struct slice){ words->text.data + words->at[word], words->at[word + 1] - words->at[word] - 1 };
}

/* FNV-1a's low bits are its weaker ones */
static size_t slot_of(const struct words *words, struct slice text) {
    uint64_t hash = order_hash(text);
    size_t slot = (size_t)(hash ^ hash >> 32) & (words->n_slots - 1);
    while (words->slots[slot] != WORD_NONE && !slice_equal(words_text(words, words->slots[slot]), text))
        slot = (slot + 1) & (words->n_slots - 1);
    return slot;
}

static void rehash(struct words *words) {
    words->n_slots = words->n_slots == 0 ? SLOTS_MIN : words->n_slots * 2;
    free(words->slots);
    words->slots = xmalloc(words->n_slots * sizeof *words->slots);
    memset(words->slots, 0xff, words->n_slots * sizeof *words->slots); /* WORD_NONE */
    for (uint32_t word = 0; word < words->n; word++)
        words->slots[slot_of(words, words_text(words, word))] = word;
}

static void append(struct words *words, struct slice text) {
    if (words->n + (size_t)2 > words->capacity) {
        words->capacity = words->capacity == 0 ? SLOTS_MIN : words->capacity * 2;
        words->at = xrealloc(words->at, words->capacity * sizeof *words->at);
        words->at[words->n] = words->text.len;
    }
    buffer_append(&words->text, text.data, text.len);
    buffer_append(&words->text, "", 1);
    words->at[++words->n] = words->text.len;
}

uint32_t words_add(struct words *words, struct slice text) {
    if ((size_t)words->n * 2 >= words->n_slots)
        rehash(words);
    size_t slot = slot_of(words, text);
    if (words->slots[slot] == WORD_NONE && words->n < WORD_NONE - 1) {
        words->slots[slot] = words->n;
        append(words, text);
    }
    return words->slots[slot];
}

uint32_t words_find(const struct words *words, struct slice text) {
    return words->n == 0 ? WORD_NONE : words->slots[slot_of(words, text)];
}

void words_free(struct words *words) {
    buffer_free(&words->text);
    free(words->at);
    free(words->slots);
    *words = (struct words){ 0 };
}
