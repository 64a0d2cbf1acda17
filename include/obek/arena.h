/* Memory that is given back all at once: what a batch allocates lives until the batch is done. */
#ifndef OBEK_ARENA_H
#define OBEK_ARENA_H

#include "obek/slice.h"

#include <stdint.h>

struct arena_chunk;
struct arena {
    struct arena_chunk *chunks;
    size_t used; /* of the first chunk */
};

/* Aligned for any object; never NULL (see buffer.h). */
void *arena_alloc(struct arena *arena, size_t size);
/* Texts have a NUL behind their length. */
struct slice arena_copy(struct arena *arena, struct slice slice);
/* Decimal digits. */
struct slice arena_number(struct arena *arena, int64_t number);
/* One text behind the other. */
struct slice arena_join(struct arena *arena, const char *head, struct slice tail);
struct slice arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_reset(struct arena *arena); /* keeps the largest chunk */
void arena_free(struct arena *arena);

#endif
