#include "obek/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void *or_die(void *memory) {
    if (memory == NULL) {
        fputs("obek: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *xmalloc(size_t size) {
    return or_die(malloc(size == 0 ? 1 : size));
}

void *xcalloc(size_t count, size_t size) {
    return or_die(calloc(count == 0 ? 1 : count, size == 0 ? 1 : size));
}

void *xrealloc(void *old, size_t size) {
    return or_die(realloc(old, size == 0 ? 1 : size));
}

char *xstrndup(const char *text, size_t len) {
    char *copy = xmalloc(len + 1);
    if (len > 0)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *xstrdup(const char *text) {
    return xstrndup(text, strlen(text));
}

char *buffer_reserve(struct buffer *buffer, size_t len) {
    if (buffer->capacity - buffer->len < len) {
        size_t wanted = buffer->len + len;
        size_t capacity = buffer->capacity < 64 ? 64 : buffer->capacity;
        while (capacity < wanted)
            capacity *= 2;
        buffer->data = xrealloc(buffer->data, capacity);
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->len;
}

void buffer_append(struct buffer *buffer, const void *data, size_t len) {
    if (len == 0)
        return;
    memcpy(buffer_reserve(buffer, len), data, len);
    buffer->len += len;
}

void buffer_append_slice(struct buffer *buffer, struct slice slice) {
    buffer_append(buffer, slice.data, slice.len);
}

void buffer_append_text(struct buffer *buffer, const char *text) {
    buffer_append(buffer, text, strlen(text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (len > 0) {
        char *at = buffer_reserve(buffer, (size_t)len + 1);
        vsnprintf(at, (size_t)len + 1, format, again);
        buffer->len += (size_t)len;
    }
    va_end(again);
}

void buffer_clear(struct buffer *buffer) {
    buffer->len = 0;
}

void buffer_free(struct buffer *buffer) {
    free(buffer->data);
    *buffer = (struct buffer){ 0 };
}
