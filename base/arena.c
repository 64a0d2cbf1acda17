#include "obek/arena.h"
#include "obek/buffer.h"
#include "obek/digits.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK_BYTES_MIN ((size_t)64 * 1024)
#define ALIGNMENT 16

struct arena_chunk {
    struct arena_chunk *next;
    size_t capacity;
    char bytes[] __attribute__((aligned(ALIGNMENT)));
};

void *arena_alloc(struct arena *arena, size_t size) {
    size_t aligned = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (arena->chunks == NULL || arena->chunks->capacity - arena->used < aligned) {
        size_t capacity = arena->chunks == NULL ? CHUNK_BYTES_MIN : arena->chunks->capacity * 2;
        while (capacity < aligned)
            capacity *= 2;
        struct arena_chunk *chunk = xmalloc(sizeof *chunk + capacity);
        *chunk = (struct arena_chunk){ .next = arena->chunks, .capacity = capacity };
        arena->chunks = chunk;
        arena->used = 0;
    }
    void *memory = arena->chunks->bytes + arena->used;
    arena->used += aligned;
    return memory;
}

struct slice arena_copy(struct arena *arena, struct slice slice) {
    char *copy = arena_alloc(arena, slice.len + 1);
    if (slice.len > 0)
        memcpy(copy, slice.data, slice.len);
    copy[slice.len] = '\0';
    return (struct slice){ copy, slice.len };
}

struct slice arena_number(struct arena *arena, int64_t number) {
    char *text = arena_alloc(arena, DIGITS_MAX + 1);
    size_t len = digits_write(text, number);
    text[len] = '\0';
    return (struct slice){ text, len };
}

struct slice arena_join(struct arena *arena, const char *head, struct slice tail) {
    size_t len = strlen(head);
    char *text = arena_alloc(arena, len + tail.len + 1);
    memcpy(text, head, len);
    memcpy(text + len, tail.data, tail.len);
    text[len + tail.len] = '\0';
    return (struct slice){ text, len + tail.len };
}

struct slice arena_printf(struct arena *arena, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    size_t size = len < 0 ? 0 : (size_t)len;
    char *text = arena_alloc(arena, size + 1);
    vsnprintf(text, size + 1, format, again);
    va_end(again);
    return (struct slice){ text, size };
}

static void free_chunks(struct arena_chunk *chunk) {
    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

void arena_reset(struct arena *arena) {
    if (arena->chunks == NULL)
        return;
    free_chunks(arena->chunks->next); /* chunks grow: the first is the largest */
    arena->chunks->next = NULL;
    arena->used = 0;
}

void arena_free(struct arena *arena) {
    free_chunks(arena->chunks);
    *arena = (struct arena){ 0 };
}
