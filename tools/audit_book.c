#include "audit_book.h"
#include "obek/buffer.h"
#include "obek/order.h"

#include <stdlib.h>

#define SLOTS_FIRST 1024

void book_init(struct book *book) {
    *book = (struct book){ .n_slots = SLOTS_FIRST, .slots = xcalloc(SLOTS_FIRST, sizeof *book->slots) };
}

void book_free(struct book *book) {
    for (size_t i = 0; i < book->n_slots; i++)
        free(book->slots[i]);
    free(book->slots);
    *book = (struct book){ 0 };
}

/* The customer's slot, or the empty one where they belong. */
static struct audited **find(const struct book *book, struct slice id) {
    uint64_t hash = order_hash(id);
    size_t at = (hash ^ hash >> 29) & (book->n_slots - 1);
    while (book->slots[at] != NULL && !slice_equal(audited_id(book->slots[at]), id))
        at = (at + 1) & (book->n_slots - 1);
    return &book->slots[at];
}

const struct audited *book_find(const struct book *book, struct slice id) {
    const struct audited *found = *find(book, id);
    return found == NULL || found->record_len == 0 ? NULL : found;
}

static void grow(struct book *book) {
    struct book larger = { .n = book->n, .n_slots = 2 * book->n_slots };
    larger.slots = xcalloc(larger.n_slots, sizeof *larger.slots);
    for (size_t i = 0; i < book->n_slots; i++)
        if (book->slots[i] != NULL)
            *find(&larger, audited_id(book->slots[i])) = book->slots[i];
    free(book->slots);
    *book = larger;
}

struct audited **book_take(struct book *book, struct slice id, uint16_t bucket, uint16_t source) {
    if (3 * book->n >= 2 * book->n_slots)
        grow(book);
    struct audited **slot = find(book, id);
    if (*slot != NULL)
        return slot;
    struct audited *audited = xmalloc(sizeof *audited + id.len);
    *audited = (struct audited){ .bucket = bucket, .source = source, .id_len = (uint8_t)id.len };
    memcpy(audited->bytes, id.data, id.len);
    *slot = audited;
    book->n++;
    return slot;
}

void book_set(struct audited **slot, struct slice record) {
    struct audited *audited = *slot;
    if (audited->record_len != record.len)
        audited = xrealloc(audited, sizeof *audited + audited->id_len + record.len);
    memcpy(audited->bytes + audited->id_len, record.data, record.len);
    audited->record_len = (uint32_t)record.len;
    *slot = audited;
}

static int by_bucket(const void *left, const void *right) {
    const struct audited *a = *(struct audited *const *)left, *b = *(struct audited *const *)right;
    return (a->bucket > b->bucket) - (a->bucket < b->bucket);
}

struct audited **book_by_bucket(const struct book *book, size_t *n) {
    struct audited **list = xmalloc((book->n + 1) * sizeof *list);
    *n = 0;
    for (size_t i = 0; i < book->n_slots; i++)
        if (book->slots[i] != NULL && book->slots[i]->record_len > 0)
            list[(*n)++] = book->slots[i];
    qsort(list, *n, sizeof *list, by_bucket);
    return list;
}
