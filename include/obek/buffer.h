/* Bytes that grow. Memory that runs out ends the program with a message (there is nothing sensible left to do). */
#ifndef OBEK_BUFFER_H
#define OBEK_BUFFER_H

#include "obek/slice.h"

#include <stdint.h>

struct buffer {
    char *data;
    size_t len;
    size_t capacity;
};

void buffer_append(struct buffer *buffer, const void *data, size_t len);
void buffer_append_slice(struct buffer *buffer, struct slice slice);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Makes room for `len` more bytes and returns where they go; the caller then adds to `len` what it wrote. */
char *buffer_reserve(struct buffer *buffer, size_t len);
void buffer_clear(struct buffer *buffer); /* keeps the memory */
void buffer_free(struct buffer *buffer);  /* leaves an empty buffer behind */

static inline struct slice buffer_slice(const struct buffer *buffer) {
    return (struct slice){ buffer->data, buffer->len };
}

/* malloc, calloc, realloc, strdup that end the program with a message instead of returning NULL. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);

#endif
