/* What the logs make of every customer: id -> packed state record (codec/state_write.c), in memory. A customer takes their id and
   record, 12 bytes beside them, one slot of 8 bytes in a table that is a third to two thirds full, and what malloc rounds up:
   docs/operations.md says how much that is. */
#ifndef OBEK_AUDIT_BOOK_H
#define OBEK_AUDIT_BOOK_H

#include "obek/slice.h"

#include <stdint.h>

struct audited {
    uint32_t record_len;
    uint16_t bucket;
    uint16_t source; /* of the first record about them */
    uint8_t id_len;
    bool several; /* records of several sources are about them */
    bool set;     /* one set or forgot what others said, or was refused */
    bool mixed;   /* not all of them were orders that were new */
    char bytes[]; /* id, record */
};

struct book {
    size_t n, n_slots; /* n_slots: a power of two */
    struct audited **slots;
};

void book_init(struct book *book);
void book_free(struct book *book);
/* NULL: unknown, or nothing was ever applied (the record is empty). */
const struct audited *book_find(const struct book *book, struct slice id);
/* The customer's slot; a new one has an empty record. Valid until the next call. */
struct audited **book_take(struct book *book, struct slice id, uint16_t bucket, uint16_t source);
void book_set(struct audited **slot, struct slice record);
/* All who have a record, by bucket: n of them. The caller frees the list. */
struct audited **book_by_bucket(const struct book *book, size_t *n);

static inline struct slice audited_id(const struct audited *audited) {
    return (struct slice){ audited->bytes, audited->id_len };
}
static inline struct slice audited_record(const struct audited *audited) {
    return (struct slice){ audited->bytes + audited->id_len, audited->record_len };
}

#endif
